import type { Ratio } from '../sql/ratio.ts';

/** Of the carts created in a period that are decided by now, those abandoned (rule 54). */
export const abandonmentRate: Ratio = { numerator: { abandoned: 1 }, denominator: { carts: 1, open: -1 } };

/** Of the customers who created carts on a day and are decided by now, those who abandoned (rule 59). */
export const shopperAbandonmentRate: Ratio = {
  numerator: { abandoned: 1 },
  denominator: { shoppers: 1, open: -1 },
};

/**
 * Of what happened in a period, whenever the carts were created, the abandonments (rule 54). Conversions include
 * recovered carts, whose abandonment counts too.
 */
export const outcomeAbandonmentRate: Ratio = {
  numerator: { abandoned: 1 },
  denominator: { abandoned: 1, converted: 1 },
};
