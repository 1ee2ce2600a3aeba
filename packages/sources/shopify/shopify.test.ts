import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from '@tidemark/metrics/oracle/events.fixtures';
import { accepted, translatedAll } from '../deliveries.fixtures.ts';
import type { Json } from '../translated.ts';
import { shopifyEvents } from './index.ts';
import { checkout, order, refund, spring } from './shop.fixtures.ts';

const now = '2026-05-01';
const history = translatedAll(spring(), ({ topic, body }) => shopifyEvents(topic, body));

/** The fields of the events of a delivery, each of which is accepted. */
function shown(topic: string, body: Json, ...fields: string[]): unknown[] {
  return shopifyEvents(topic, body).events.map((event) => {
    accepted(event, Date.parse(now));
    return [event['type'], ...fields.map((field) => event[field])];
  });
}

const reasons = (topic: string, body: unknown): readonly string[] => shopifyEvents(topic, body).passedOver;

test('paid orders are sales in the currency of the payment, and refunds count by what each payment gives back', () => {
  assert.deepEqual(view('sales_monthly', history, now, 'month currency purchases revenue refunds buyers'), [
    '2026-03-01 USD 2 129.900000 10.000000 2',
    '2026-04-01 JPY 1 1200.000000 0.000000 1',
    '2026-04-01 USD 0 0.000000 20.000000 0',
  ]);
});

test('checkouts are carts: converted, recovered after days, or abandoned', () => {
  const columns = 'date carts converted recovered abandoned open';
  assert.deepEqual(view('cart_abandonment_daily', history, now, columns), [
    '2026-03-01 1 1 0 0 0',
    '2026-03-10 1 1 1 0 0',
    '2026-04-01 1 0 0 1 0',
  ]);
  assert.deepEqual(view('cart_value_daily', history, now, 'date currency abandoned_value recovered_value'), [
    '2026-03-01 USD 0.000000 0.000000',
    '2026-03-10 USD 0.000000 99.900000',
    '2026-04-01 USD 5.000000 0.000000',
  ]);
});

test('a checkout has value, things and customer; times of the shop become UTC', () => {
  const body = checkout('t', '03-01T10:00', '19.99', { customer: { id: 7 } });
  const fields = ['occurred_at', 'cart_id', 'value', 'currency', 'items', 'customer_id', 'channel'];
  assert.deepEqual(shown('checkouts/create', body, ...fields), [
    ['cart.checkout_started', '2026-03-01T15:00:00.000Z', 't', 1_999, 'USD', 2, '7', 'web'],
  ]);
});

test('an order that is not paid checks out and is no sale', () => {
  const pending = order(1, '03-01', '5.00');
  assert.deepEqual(shown('orders/create', pending, 'cart_id'), [['cart.checked_out', 't1']]);
  assert.deepEqual(reasons('orders/paid', pending), ['order_not_paid']);
});

test('a payment back that has not succeeded gives nothing yet, and each that has gives one refund', () => {
  const open = refund(1, '03-02', '5.00', '2.50');
  const [one, other] = open['transactions'] as Json[];
  const failed = { ...open, transactions: [{ ...one, status: 'failure' }, other] };
  const refunded = order(1, '03-01', '9.00', { refunds: [failed] });
  assert.deepEqual(shown('orders/updated', refunded, 'amount', 'customer_id', 'purchase_id'), [
    ['purchase.refunded', 250, '701', '1'],
  ]);
});

test('what cannot be known is passed over with its reason', () => {
  assert.deepEqual(reasons('refunds/create', refund(1, '03-02', '5.00')), ['refund_without_customer']);
  assert.deepEqual(reasons('orders/create', order(1, '03-01', '5.00', { checkout_token: null })), ['order_without_checkout']); // prettier-ignore
  assert.deepEqual(reasons('orders/updated', order(1, '03-01', '5.00')), ['order_without_refund']);
  assert.deepEqual(reasons('orders/paid', order(1, '03-01', '5.00', { test: true })), ['test_order']);
  for (const topic of ['customers/create', 'toString'])
    assert.deepEqual(reasons(topic, { id: 1 }), ['unmapped'], topic);
});

test('what is not the object of its topic is a fault', () => {
  const { id: _, ...nameless } = order(1, '03-01', '5.00');
  const without: [string | undefined, unknown][] = [
    [undefined, order(1, '03-01', '5.00')],
    ['orders/paid', []],
    ['orders/paid', nameless],
    ['orders/paid', order(1, '03-01', '5.00', { financial_status: 'paid', updated_at: null })],
    ['orders/paid', checkout('t', '03-01', '5.00', { id: undefined })],
    ['checkouts/create', order(1, '03-01', '5.00')],
    ['orders/updated', order(1, '03-01', '5.00', { refunds: [refund(1, '03-02', 'five')] })],
  ];
  for (const [topic, body] of without)
    assert.match(shopifyEvents(topic, body).fault ?? '', /Shopify/, JSON.stringify([topic, body]));
});
