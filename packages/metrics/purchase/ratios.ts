import type { Ratio } from '../sql/ratio.ts';

/** Of the customers whose first purchase was in a month, those who made a second one, ever. */
export const repeatRate: Ratio = { numerator: { returned: 1 }, denominator: { customers: 1 } };
