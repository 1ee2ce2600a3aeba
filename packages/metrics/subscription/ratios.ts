import type { Ratio } from '../sql/ratio.ts';

/** Customers lost of those at the start of the period. */
export const churnRate: Ratio = { numerator: { customers_lost: 1 }, denominator: { customers_at_start: 1 } };

/** Customers at the end, without the new ones, of those at the start of the period. */
export const retentionRate: Ratio = {
  numerator: { customers_at_end: 1, customers_new: -1 },
  denominator: { customers_at_start: 1 },
};

/** Of the customers at the start, those not active at the end: never above 1 (rule 8). */
export const churnRateOfStart: Ratio = {
  numerator: { lost_of_start: 1 },
  denominator: { customers_at_start: 1 },
};

/** Of the customers of a cohort, those active. */
export const logoRetention: Ratio = { numerator: { active: 1 }, denominator: { customers: 1 } };
