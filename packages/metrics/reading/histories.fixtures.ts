import { between, maybe, pick } from '../histories/draw.fixtures.ts';
import { type FamilyHistories, someCustomer, someTime } from '../histories/family.fixtures.ts';

const hour = 3_600_000;

/** Readings in the histories of tests; exchange rates come from a feed of their own. */
export const histories: FamilyHistories = {
  random: (draw) => ({
    type: 'reading.observed',
    name: pick(draw, ['stock_price', 'headcount']),
    reading_id: `d${draw.below(12)}`,
    value: pick(draw, [1, -2.5, 0, 1e9, 0.1]),
    unit: maybe(draw, 30, () => 'USD'),
    customer_id: maybe(draw, 40, () => someCustomer(draw)),
  }),
  /** The price of the share, some times a day, and the headcount of some customers. */
  company({ draw, range, publish }) {
    let n = 0;
    let value = 100;
    for (let at = range.from; at < range.to; at += between(draw, 1, 40) * hour) {
      value = Math.max(1, value + between(draw, -300, 310) / 100);
      publish('reading.observed', at, {
        name: 'stock_price',
        reading_id: `price-${n++}`,
        value,
        unit: 'USD',
      });
    }
    for (let i = 0; i < 20; i++)
      publish('reading.observed', someTime(draw, range), {
        name: 'headcount',
        reading_id: `headcount-${n++}`,
        value: between(draw, 1, 500),
        customer_id: `customer-${i}`,
      });
  },
};
