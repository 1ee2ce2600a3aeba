import { between, pick } from '../histories/draw.fixtures.ts';
import { currencies, type FamilyHistories, someCurrency, someSegment } from '../histories/family.fixtures.ts';

const day = 86_400_000;
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Costs in the histories of tests. */
export const histories: FamilyHistories = {
  /** Costs of a day, of odd numbers of days, over the end of a month and of a year; yen that do not divide. */
  random(draw, range) {
    const start = range.from + draw.below(200) * day;
    return {
      type: 'cost.incurred',
      cost_id: `o${draw.below(6)}`,
      category: pick(draw, ['marketing', 'sales', 'service', 'retention']),
      amount: pick(draw, [10_000, 1, 7, 0, 999_999_999, 1_000_000_000_000_000]),
      currency: someCurrency(draw),
      period_start: dateOf(start),
      period_end: dateOf(start + pick(draw, [0, 2, 30, 6, 365]) * day),
      segment: someSegment(draw),
    };
  },
  /** A month's costs of each category and currency. */
  company({ draw, range, publish }) {
    let n = 0;
    for (let at = range.from; at < range.to; at += 30 * day)
      for (const currency of currencies)
        for (const category of ['marketing', 'sales', 'service', 'retention'])
          publish('cost.incurred', at, {
            cost_id: `cost-${n++}`,
            category,
            amount: between(draw, 10_000, 900_000),
            currency,
            period_start: dateOf(at),
            period_end: dateOf(at + 29 * day),
            segment: pick(draw, ['smb', 'mid', 'enterprise']),
          });
  },
};
