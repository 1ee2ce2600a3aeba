import type { Json } from '../translated.ts';

/** A delivery: its topic and its body. */
export type Delivery = { readonly topic: string; readonly body: Json };

type Changes = { readonly [field: string]: unknown };

/** A time of 2026 as Shopify writes it, in the zone of the shop. */
export const shopTime = (short: string): string =>
  `2026-${short}${short.includes('T') ? '' : 'T00:00'}:00-05:00`;

/** A checkout of two things. */
export const checkout = (token: string, at: string, total: string, changes: Changes = {}): Json => ({
  id: 901_414_060,
  token,
  cart_token: `cart-${token}`,
  created_at: shopTime(at),
  updated_at: shopTime(at),
  completed_at: null,
  currency: 'USD',
  presentment_currency: 'USD',
  total_price: total,
  source_name: 'web',
  customer: null,
  line_items: [{ quantity: 1 }, { quantity: 1 }],
  ...changes,
});

/** An order that is not paid yet. */
export const order = (id: number, at: string, total: string, changes: Changes = {}): Json => ({
  id,
  order_number: id,
  created_at: shopTime(at),
  processed_at: shopTime(at),
  updated_at: shopTime(at),
  cancelled_at: null,
  test: false,
  currency: 'USD',
  presentment_currency: 'USD',
  total_price: total,
  total_price_set: {
    shop_money: { amount: total, currency_code: 'USD' },
    presentment_money: { amount: total, currency_code: 'USD' },
  },
  financial_status: 'pending',
  checkout_token: `t${id}`,
  source_name: 'web',
  customer: { id: 700 + id },
  line_items: [{ quantity: 1 }],
  refunds: [],
  ...changes,
});

/** A refund with the payments that it gives back. */
export const refund = (id: number, at: string, ...amounts: readonly string[]): Json => ({
  id,
  created_at: shopTime(at),
  transactions: amounts.map((amount, index) => ({
    id: 10 * id + index,
    kind: 'refund',
    status: 'success',
    amount,
    currency: 'USD',
    created_at: shopTime(at),
  })),
});

/** A spring of a shop in which all happens that is translated. */
export function spring(): readonly Delivery[] {
  const all: Delivery[] = [];
  const send = (topic: string, body: Json): void => void all.push({ topic, body });
  // A checkout that grows, is paid at once, and is given back in two parts.
  send('checkouts/create', checkout('t1', '03-01T10:00', '10.00'));
  send('checkouts/update', checkout('t1', '03-01T10:05', '30.00', { customer: { id: 701 } }));
  // Two versions within a second.
  send('checkouts/update', checkout('t1', '03-01T10:05', '25.00', { customer: { id: 701 } }));
  const bought = { financial_status: 'paid', updated_at: shopTime('03-01T10:10') };
  send('orders/create', order(1, '03-01T10:09', '30.00', bought));
  send('orders/paid', order(1, '03-01T10:09', '30.00', bought));
  const done = { completed_at: shopTime('03-01T10:09'), customer: { id: 701 } };
  send('checkouts/update', checkout('t1', '03-01T10:11', '30.00', done));
  const [first, second] = [refund(1, '03-05', '10.00'), refund(2, '04-02', '15.00', '5.00')];
  send('refunds/create', { ...first, order_id: 1 });
  const partly = { ...bought, financial_status: 'partially_refunded', refunds: [first] };
  send('orders/updated', order(1, '03-01T10:09', '30.00', partly));
  const wholly = { ...bought, financial_status: 'refunded', refunds: [first, second] };
  send('orders/cancelled', order(1, '03-01T10:09', '30.00', wholly));
  // Abandoned, and bought after all two days later, by bank transfer.
  send('checkouts/create', checkout('t2', '03-10T08:00', '99.90', { customer: { id: 702 } }));
  send('orders/create', order(2, '03-12T09:00', '99.90'));
  send('orders/paid', order(2, '03-12T09:00', '99.90', { ...bought, updated_at: shopTime('03-14') }));
  // Edited afterwards and paid once more: the earliest payment counts.
  send('orders/paid', order(2, '03-12T09:00', '120.00', { ...bought, updated_at: shopTime('03-20') }));
  // Abandoned for good.
  send('checkouts/create', checkout('t3', '04-01T08:00', '5.00'));
  // Paid in yen, at the till, by nobody known; and a test.
  const yen = { presentment_money: { amount: '1200', currency_code: 'JPY' } };
  const till = { checkout_token: null, customer: null, source_name: 'pos', total_price_set: yen };
  send('orders/paid', order(4, '04-05', '8.00', { ...till, financial_status: 'paid' }));
  send('orders/paid', order(5, '04-06', '8.00', { test: true, financial_status: 'paid' }));
  return all;
}
