import { maybe, pick } from '../histories/draw.fixtures.ts';
import {
  type FamilyHistories,
  type Fields,
  someAmount,
  someCustomer,
  someSegment,
} from '../histories/family.fixtures.ts';

/** Sales in the histories of tests; realistic customers buy what is in their carts. */
export const histories: FamilyHistories = {
  random(draw) {
    const type = pick(draw, ['completed', 'completed', 'refunded']);
    const sale = (): Fields => ({
      kind: pick(draw, ['product', 'service', 'upsell', 'cross_sell', 'add_on', 'loyalty']),
      cart_id: maybe(draw, 50, () => pick(draw, ['k1', 'k2', 'k3'])),
      channel: maybe(draw, 20, () => 'web'),
      segment: someSegment(draw),
    });
    return {
      type: `purchase.${type}`,
      customer_id: someCustomer(draw),
      purchase_id: pick(draw, ['p1', 'p2', 'p3', 'p4']),
      amount: someAmount(draw),
      currency: pick(draw, ['USD', 'USD', 'JPY', 'KWD']),
      ...(type === 'completed' ? sale() : {}),
    };
  },
};
