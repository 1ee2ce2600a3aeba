import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../oracle/base.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';

const cart = (verb: string, at: string, id = 'k', fields: Record<string, Json> = {}) =>
  eventAt(`cart.${verb}`, `2026-05-10T${at}`, { cart_id: id, value: 2000, currency: 'USD', ...fields });
const purchase = (at: string, fields: Record<string, Json> = {}) =>
  eventAt('purchase.completed', `2026-05-10T${at}`, {
    customer_id: 'c',
    purchase_id: 'p',
    amount: 1500,
    currency: 'USD',
    kind: 'product',
    cart_id: 'k',
    ...fields,
  });
const standing = 'carts converted recovered abandoned open abandonment_rate';
const outcomes = 'hour created converted abandoned recovered';

test('10 carts, 3 checked out in time, 1 two hours later, 6 left: converted 4, recovered 1, abandoned 6, rate 0.6 (rule 18)', () => {
  const events = Array.from({ length: 10 }, (_, i) => cart('created', '10:00', `k${i}`));
  for (const i of [0, 1, 2]) events.push(cart('checked_out', '10:20', `k${i}`));
  events.push(cart('checked_out', '12:20', 'k3'));
  assert.deepEqual(view('cart_abandonment_daily', events, '2026-05-11', `date ${standing}`), [
    '2026-05-10 10 4 1 6 0 0.6',
  ]);
  assert.deepEqual(view('cart_outcomes_hourly', events, '2026-05-11', outcomes), [
    '2026-05-10T10:00:00.000Z 10 3 7 0',
    '2026-05-10T12:00:00.000Z 0 1 0 1',
  ]);
  assert.deepEqual(
    view(
      'cart_value_daily',
      events,
      '2026-05-11',
      'date currency abandoned_value recovered_value converted_value',
    ),
    ['2026-05-10 USD 120.000000 20.000000 80.000000'],
  );
});

test('checked out exactly 30 minutes after the last activity is in time, a millisecond later recovered', () => {
  const given = (at: string): string[] =>
    view(
      'cart_abandonment_daily',
      [cart('created', '10:00'), cart('checked_out', at)],
      '2026-05-11',
      standing,
    );
  assert.deepEqual(given('10:30'), ['1 1 0 0 0 0']);
  assert.deepEqual(given('10:30:00.001'), ['1 1 1 0 0 0']);
});

test('activity after abandonment reopens a cart; each abandonment counts when it happened', () => {
  const events = [cart('created', '10:00'), cart('item_added', '11:10', 'k', { value: 5000 })];
  assert.deepEqual(view('cart_abandonment_hourly', events, '2026-05-10T11:40', `hour ${standing}`), [
    '2026-05-10T10:00:00.000Z 1 0 0 0 1 null',
  ]);
  assert.deepEqual(view('cart_abandonment_hourly', events, '2026-05-10T11:40:00.001', standing), [
    '1 0 0 1 0 1',
  ]);
  assert.deepEqual(view('cart_value_daily', events, '2026-05-11', 'abandoned_value'), ['50.000000']);
  assert.deepEqual(view('cart_outcomes_hourly', events, '2026-05-11', outcomes), [
    '2026-05-10T10:00:00.000Z 1 0 1 0',
    '2026-05-10T11:00:00.000Z 0 0 1 0',
  ]);
});

test('a purchase checks its cart out with its own amount, after what the cart did in that millisecond', () => {
  const events = [
    cart('created', '10:00'),
    purchase('10:10'),
    cart('item_added', '10:10', 'k', { sequence: 9 }),
  ];
  assert.deepEqual(view('cart_value_daily', events, '2026-05-11', 'converted_value'), ['15.000000']);
  const own = [...events, cart('checked_out', '10:10')];
  assert.deepEqual(view('cart_value_daily', own, '2026-05-11', 'converted_value'), ['20.000000']);
});

test('a purchase creates a cart unknown till then; voiding it takes the checkout back, a refund does not', () => {
  const sale = purchase('10:10');
  const refund = eventAt('purchase.refunded', '2026-05-10T10:11', {
    customer_id: 'c',
    purchase_id: 'p',
    amount: 1500,
    currency: 'USD',
  });
  const voids = eventAt('purchase.voided', '2026-05-10T10:12', { customer_id: 'c', voids: sale.event_id });
  assert.deepEqual(view('cart_abandonment_daily', [sale, refund], '2026-05-11', standing), ['1 1 0 0 0 0']);
  assert.deepEqual(view('cart_abandonment_daily', [sale, refund, voids], '2026-05-11', standing), []);
});

test('the first checkout closes the cart for good', () => {
  const events = [
    cart('checked_out', '10:00'),
    cart('item_added', '11:00', 'k', { value: 1 }),
    cart('checked_out', '12:00', 'k', { value: 2 }),
  ];
  assert.deepEqual(view('cart_outcomes_hourly', events, '2026-05-11', outcomes), [
    '2026-05-10T10:00:00.000Z 1 1 0 0',
  ]);
  assert.deepEqual(view('cart_value_daily', events, '2026-05-11', 'converted_value'), ['20.000000']);
});

test('a customer who leaves two carts and buys a third has not abandoned (rule 59)', () => {
  const cart = (customer: string | null, id: string, verb: string, at: string) =>
    eventAt(`cart.${verb}`, `2026-05-10T${at}`, {
      cart_id: id,
      value: 100,
      currency: 'USD',
      customer_id: customer,
    });
  const events = [
    ...['a1', 'a2', 'a3'].map((id) => cart('a', id, 'created', '10:00')),
    cart('a', 'a3', 'checked_out', '10:05'),
    cart('b', 'b1', 'created', '10:00'),
    cart(null, 'c1', 'created', '10:00'),
    cart('c', 'c1', 'item_added', '10:01'),
    cart('d', 'd1', 'created', '10:00'),
    cart('d', 'd2', 'created', '11:50'),
    cart(null, 'e1', 'created', '10:00'),
  ];
  const columns = 'date shoppers converted abandoned open abandonment_rate';
  assert.deepEqual(view('cart_abandonment_by_customer_daily', events, '2026-05-10T12', columns), [
    '2026-05-10 4 1 2 1 0.6666666666666666',
  ]);
});
