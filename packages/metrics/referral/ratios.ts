import type { Ratio } from '../sql/ratio.ts';

/** Of the customers acquired, those whom others brought. */
export const referralRate: Ratio = { numerator: { converted: 1 }, denominator: { customers_acquired: 1 } };
