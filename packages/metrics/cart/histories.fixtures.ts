import { between, chance, maybe, pick } from '../histories/draw.fixtures.ts';
import {
  type FamilyHistories,
  type Life,
  price,
  someAmount,
  someCustomer,
  someTime,
} from '../histories/family.fixtures.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Carts in the histories of tests. */
export const histories: FamilyHistories = {
  random: (draw) => ({
    type: `cart.${pick(draw, ['created', 'item_added', 'item_removed', 'checkout_started', 'checked_out'])}`,
    cart_id: pick(draw, ['k1', 'k2', 'k3']),
    value: someAmount(draw),
    currency: pick(draw, ['USD', 'USD', 'USD', 'JPY', 'KWD']),
    customer_id: maybe(draw, 50, () => someCustomer(draw)),
    channel: maybe(draw, 30, () => 'web'),
    items: maybe(draw, 30, () => draw.below(9)),
  }),
  customer(life) {
    for (let n = life.draw.below(5); n > 0; n--) shop(life, `${life.number}-${n}`);
  },
};

/** Fills a cart, and buys it or leaves it; some of what is bought is given back. */
function shop(life: Life, name: string): void {
  const { draw, range, customer, currency, publish } = life;
  const about = { customer_id: customer, currency };
  let at = someTime(draw, range);
  const cart = `cart-${name}`;
  let value = price(between(draw, 5, 90), currency);
  publish('cart.created', at, { ...about, cart_id: cart, value });
  for (let items = draw.below(4); items > 0; items--) {
    at += chance(draw, 15) ? between(draw, 31, 300) * minute : between(draw, 1, 20) * minute;
    value += price(between(draw, 1, 40), currency);
    publish(chance(draw, 20) ? 'cart.item_removed' : 'cart.item_added', at, {
      ...about,
      cart_id: cart,
      value,
    });
  }
  if (chance(draw, 50)) return;
  at += chance(draw, 20) ? 2 * hour : 10 * minute;
  if (chance(draw, 40)) publish('cart.checked_out', at, { ...about, cart_id: cart, value });
  const kind = pick(draw, ['product', 'product', 'service', 'upsell', 'cross_sell', 'add_on', 'loyalty']);
  const sale = { ...about, purchase_id: `sale-${name}`, amount: value };
  publish('purchase.completed', at, { ...sale, kind, ...(chance(draw, 70) ? { cart_id: cart } : {}) });
  if (!chance(draw, 12)) return;
  const part = Math.ceil((value * between(draw, 20, 100)) / 100);
  publish('purchase.refunded', at + between(draw, 1, 30) * day, { ...sale, amount: part });
  if (chance(draw, 30)) publish('purchase.refunded', at + 31 * day, { ...sale, amount: part });
}
