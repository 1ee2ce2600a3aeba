import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../oracle/base.oracle.ts';
import { plan, eventAt, view } from '../oracle/events.fixtures.ts';

const bought = (at: string, id: string, fields: Record<string, Json> = {}) =>
  eventAt('purchase.completed', at, {
    customer_id: 'c',
    purchase_id: id,
    amount: 10_000,
    currency: 'USD',
    kind: 'product',
    ...fields,
  });
const refunded = (at: string, id: string, amount: number, fields: Record<string, Json> = {}) =>
  eventAt('purchase.refunded', at, { customer_id: 'c', purchase_id: id, amount, currency: 'USD', ...fields });
const sales = 'purchases revenue refunds net_revenue buyers first_time_buyers average_purchase_value';

test('refunds count in their own period, up to what is left, under the kind of the purchase (rule 14)', () => {
  const events = [
    bought('2026-05-10', 'p', { kind: 'upsell' }),
    refunded('2026-05-20', 'p', 4000),
    refunded('2026-06-01', 'p', 9000),
    refunded('2026-06-02', 'p', 1),
    refunded('2026-06-03', 'unknown', 500),
    refunded('2026-05-21', 'p', 500, { currency: 'EUR' }),
  ];
  assert.deepEqual(view('sales_by_kind_monthly', events, '2026-07-01', `month kind ${sales}`), [
    '2026-05-01 upsell 1 100.000000 40.000000 60.000000 1 1 100.000000',
    '2026-06-01 upsell 0 0.000000 60.000000 -60.000000 0 0 null',
  ]);
});

test('a refund that is published before its purchase counts when the purchase does', () => {
  const events = [refunded('2026-04-30', 'p', 4000), bought('2026-05-10', 'p')];
  assert.deepEqual(view('sales_daily', events, '2026-07-01', `date ${sales}`), [
    '2026-05-10 1 100.000000 40.000000 60.000000 1 1 100.000000',
  ]);
});

test('of two purchases under one id the first that is not voided counts', () => {
  const first = bought('2026-05-10', 'p');
  const second = bought('2026-05-11', 'p', { amount: 2000 });
  const voids = eventAt('purchase.voided', '2026-05-01', { customer_id: 'c', voids: first.event_id });
  assert.deepEqual(view('sales_daily', [second, first], '2026-07-01', 'date revenue'), [
    '2026-05-10 100.000000',
  ]);
  assert.deepEqual(view('sales_daily', [second, first, voids], '2026-07-01', 'date revenue'), [
    '2026-05-11 20.000000',
  ]);
});

test('growth is against the calendar month before, null when that has no purchases (rule 17)', () => {
  const events = [
    bought('2026-01-10', 'a'),
    bought('2026-02-10', 'b'),
    bought('2026-02-11', 'c'),
    bought('2026-04-11', 'd'),
  ];
  assert.deepEqual(view('sales_monthly', events, '2026-05-01', 'month purchases_growth revenue_growth'), [
    '2026-01-01 null null',
    '2026-02-01 1 1',
    '2026-04-01 null null',
  ]);
});

test('averages are rounded half to even (rule 17)', () => {
  const events = [
    bought('2026-01-10', 'a', { amount: 1, currency: 'JPY' }),
    bought('2026-01-10', 'b', { amount: 1, currency: 'JPY' }),
    bought('2026-01-10', 'c', { amount: 0, currency: 'JPY' }),
  ];
  assert.deepEqual(view('sales_daily', events, '2026-05-01', 'average_purchase_value'), ['0.666667']);
});

test('the second purchase, ever, belongs to the month of the first', () => {
  const events = [
    bought('2026-01-10', 'a'),
    bought('2026-03-11T12', 'b'),
    bought('2026-03-12', 'c'),
    bought('2026-01-20', 'd', { customer_id: 'other' }),
  ];
  const columns = 'month customers returned repeat_rate average_days_to_second';
  assert.deepEqual(view('repeat_purchase_monthly', events, '2026-05-01', columns), [
    '2026-01-01 2 1 0.5 60.5',
  ]);
});

test('loyalty looks at twelve calendar months; a lapse is a flow that buying again does not undo (rule 16)', () => {
  const events = [
    bought('2025-01-01', 'a'),
    bought('2025-01-11', 'b'),
    bought('2025-02-10', 'c'),
    bought('2026-01-05', 'd'),
  ];
  const columns = 'month active_buyers loyal_buyers purchase_frequency average_days_between_purchases lapsed';
  const rows = view('loyalty_monthly', events, '2026-02-01', columns);
  assert.equal(rows.length, 14);
  assert.equal(rows[0], '2025-01-01 1 0 2 10 0');
  assert.equal(rows[1], '2025-02-01 1 1 3 20 0');
  assert.equal(rows[7], '2025-08-01 1 1 3 20 1', 'lapsed 180 days after 10 February, on 9 August');
  assert.equal(rows[12], '2026-01-01 1 0 2 329 0', 'the pair a–b is out of the window');
  assert.equal(rows[13], '2026-02-01 1 0 1 null 0');
});

test('bought again at the very instant of lapsing is in time', () => {
  const events = [bought('2026-01-01', 'a'), bought('2026-01-11', 'b')];
  const lapsed = (days: number): string[] =>
    view('loyalty_monthly', events, '2026-01-12', 'lapsed', { lapseAfterMs: days * 86_400_000 });
  assert.deepEqual(lapsed(10), ['0']);
  assert.deepEqual(lapsed(9), ['1']);
});

test('a customer is worth what was bought less refunds, and what was paid by the month so far (rule 17)', () => {
  const events = [
    bought('2026-01-10', 'a'),
    refunded('2026-01-12', 'a', 2500),
    eventAt('subscription.started', '2026-01-01', plan({ unit_amount: 36_500 })),
    eventAt('subscription.canceled', '2026-01-13', { customer_id: 'c', subscription_id: 's' }),
  ];
  const columns = 'customer_id currency purchases revenue mrr recurring_revenue_to_date value_to_date';
  assert.deepEqual(view('customer_value', events, '2026-05-01', columns), [
    'c USD 1 100.000000 0.000000 144.000000 219.000000',
  ]);
});

test('recurring and other revenue of a month are shown together', () => {
  const events = [bought('2026-01-10', 'a'), eventAt('subscription.started', '2026-02-01', plan())];
  const columns = 'month mrr non_recurring_revenue total';
  assert.deepEqual(view('mrr_with_non_recurring_monthly', events, '2026-02-15', columns), [
    '2026-01-01 0.000000 100.000000 100.000000',
    '2026-02-01 59.000000 0.000000 59.000000',
  ]);
});
