import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from '@tidemark/metrics/oracle/events.fixtures';
import { accepted, translatedAll } from '../deliveries.fixtures.ts';
import { Account, charge, halfAYear, item, price, seconds } from './account.fixtures.ts';
import { stripeEvents } from './index.ts';

const now = '2026-07-01';
const history = translatedAll(halfAYear().events, stripeEvents);

/** Type, time, item and what else is asked for of each event of a delivery. */
function shown(delivery: unknown, ...fields: string[]): unknown[] {
  return stripeEvents(delivery).events.map((event) => {
    accepted(event, Date.parse(now));
    return [event['type'], ...fields.map((field) => event[field])];
  });
}

test('half a year of webhooks gives the MRR that the account has', () => {
  assert.deepEqual(view('mrr_monthly', history, now, 'month currency mrr'), [
    '2026-01-01 USD 59.000000',
    '2026-02-01 USD 129.000000',
    '2026-03-01 USD 60.000000',
    '2026-04-01 USD 8.750000',
    '2026-05-01 USD 0.000000',
    '2026-06-01 USD 8.750000',
    '2026-07-01 USD 8.750000',
  ]);
});

test('a payment that failed is an involuntary loss, a cancellation a voluntary one, and a pause neither', () => {
  const columns = 'month customers_lost lost_voluntary lost_involuntary';
  assert.deepEqual(view('churn_monthly', history, now, columns), [
    '2026-01-01 0 0 0',
    '2026-02-01 0 0 0',
    '2026-03-01 1 0 1',
    '2026-04-01 1 1 0',
    '2026-05-01 1 0 0',
    '2026-06-01 0 0 0',
    '2026-07-01 0 0 0',
  ]);
  const scheduled = view('cancellations_daily', history, now, 'date reason scheduled taken_back');
  assert.deepEqual(scheduled, [
    '2026-03-01  1 0',
    '2026-03-05  0 1',
    '2026-03-10  1 0',
    '2026-03-22 involuntary 1 0',
    '2026-04-02 voluntary 1 0',
  ]);
});

test('sales are counted once, by whichever object reports them, and refunds by what each gives back', () => {
  assert.deepEqual(view('sales_monthly', history, now, 'month currency purchases revenue refunds'), [
    '2026-04-01 USD 2 305.000000 300.000000',
    '2026-05-01 JPY 1 1200.000000 0.000000',
    '2026-05-01 USD 1 75.000000 0.000000',
  ]);
});

test('what an update was is derived from what it changed', () => {
  const account = new Account();
  const one = [item('a', price(1_000))];
  assert.deepEqual(shown(account.subscribe('s', 'c', '01-01', one), 'unit_amount', 'customer_id', 'subscription_id'), [['subscription.started', 1_000, 'cus_c', 'sub_s/si_a']]); // prettier-ignore
  assert.deepEqual(shown(account.update('s', '01-02', { metadata: { x: 'y' } })), [['subscription.changed']]);
  const scheduled = shown(account.update('s', '01-03', { cancel_at: seconds('02-01') }), 'effective_at');
  assert.deepEqual(scheduled, [['subscription.changed', undefined], ['subscription.canceled', '2026-02-01T00:00:00.000Z']]); // prettier-ignore
  assert.deepEqual(shown(account.update('s', '01-04', { default_source: 'x' })), [['subscription.changed']]);
  assert.deepEqual(shown(account.update('s', '01-05', { cancel_at: null })), [['subscription.renewed']]);
  assert.deepEqual(shown(account.update('s', '01-06', { status: 'past_due' })), [['subscription.changed'], ['subscription.past_due']]); // prettier-ignore
  const period = { current_period_start: seconds('01-07') };
  assert.deepEqual(shown(account.update('s', '01-07', period)), [['subscription.changed']]);
  assert.deepEqual(shown(account.update('s', '01-08', { status: 'active' })), [['subscription.changed'], ['subscription.payment_recovered']]); // prettier-ignore
  assert.deepEqual(shown(account.update('s', '01-09', { status: 'paused' })), [['subscription.changed'], ['subscription.paused']]); // prettier-ignore
  const resumed = account.update('s', '01-10', { status: 'active' });
  assert.deepEqual(shown(resumed), [['subscription.resumed']]);
  assert.deepEqual(shown(account.items('s', '01-11', [item('b', price(5))])), [['subscription.started'], ['subscription.canceled']]); // prettier-ignore
  assert.deepEqual(shown(account.end('s', '01-12', 'payment_disputed'), 'reason'), [['subscription.canceled', 'involuntary']]); // prettier-ignore
});

test('a cancellation outlasts what would withdraw it', () => {
  const account = new Account();
  account.subscribe('s', 'c', '01-01', [item('a', price(1_000))]);
  account.update('s', '01-02', { cancel_at: seconds('05-01') });
  const period = account.update('s', '02-01', { current_period_start: seconds('02-01') });
  assert.deepEqual(shown(period), [['subscription.changed']]);
  account.update('s', '02-02', { pause_collection: { behavior: 'void' } });
  const resumed = account.update('s', '02-03', { pause_collection: null });
  assert.deepEqual(shown(resumed), [['subscription.resumed'], ['subscription.canceled']]);
});

test('periods that are kept by the items, as newer versions of the API do, renew as well', () => {
  const account = new Account();
  const in_ = (start: number) => ({ ...item('a', price(1_000)), current_period_start: start });
  account.subscribe('s', 'c', '01-01', [in_(1)]);
  assert.deepEqual(shown(account.items('s', '02-01', [in_(2)])), [['subscription.renewed']]);
});

test('prices are exact: packs, fractions of a cent, discounts, currencies with other units', () => {
  const terms = (of: object, quantity: number, changes: object = {}): unknown[] => {
    const one = [item('a', price(1_000, of as never), quantity)];
    const delivery = new Account().subscribe('s', 'c', '01-01', one, changes as never);
    return shown(delivery, 'unit_amount', 'quantity', 'discount_amount', 'currency')[0] as unknown[];
  };
  const started = (...rest: unknown[]): unknown[] => ['subscription.started', ...rest];
  assert.deepEqual(terms({ transform_quantity: { divide_by: 10, round: 'up' } }, 11), started(1_000, 2, 0, 'USD')); // prettier-ignore
  assert.deepEqual(terms({ unit_amount_decimal: '0.05' }, 250), started(12, 1, 0, 'USD'));
  const percent = { discounts: [{ coupon: { percent_off: 33.333, duration: 'repeating' } }] };
  assert.deepEqual(terms({}, 3, percent), started(1_000, 3, 1_000, 'USD'));
  const newer = { discounts: [{ source: { coupon: { amount_off: 700, duration: 'forever' } } }] };
  assert.deepEqual(terms({}, 1, newer), started(1_000, 1, 700, 'USD'));
  const once = { discounts: [{ coupon: { percent_off: 50, duration: 'once' } }, 'di_1'] };
  assert.deepEqual(terms({}, 1, once), started(1_000, 1, 0, 'USD'));
  assert.deepEqual(terms({ currency: 'jpy' }, 1), started(1_000, 1, 0, 'JPY'));
  assert.deepEqual(terms({ currency: 'isk' }, 1), started(10, 1, 0, 'ISK'));
  assert.deepEqual(terms({ currency: 'kwd' }, 1), started(1_000, 1, 0, 'KWD'));
  assert.deepEqual(terms({ currency: 'mga' }, 1), started(100_000, 1, 0, 'MGA'));
});

test('what cannot be known is passed over with its reason', () => {
  const reasons = (delivery: unknown): readonly string[] => stripeEvents(delivery).passedOver;
  const account = new Account();
  const metered = price(5, { recurring: { interval: 'month', usage_type: 'metered' } });
  assert.deepEqual(reasons(account.subscribe('m', 'c', '01-01', [item('m', metered)])), ['price_unknown']);
  const tiered = price(5, { billing_scheme: 'tiered', unit_amount: null, unit_amount_decimal: null });
  assert.deepEqual(reasons(account.subscribe('t', 'c', '01-01', [item('t', tiered)])), ['price_unknown']);
  const { invoice: _, ...newer } = charge('1', 'cus_c', 5);
  assert.deepEqual(reasons(account.emit('charge.succeeded', '01-01', newer)), ['charge_without_invoice_field']); // prettier-ignore
  assert.deepEqual(reasons(account.emit('customer.created', '01-01', { id: 'cus_c' })), ['unmapped']);
  assert.deepEqual(reasons(account.emit('toString', '01-01', {})), ['unmapped']);
});

test('what is no Event object is a fault', () => {
  for (const body of [null, [], {}, { id: 'evt_1', type: 'x', created: 1 }, { object: 'v2.core.event' }])
    assert.match(stripeEvents(body).fault ?? '', /Event object|snapshot/);
});

test('two Event objects of one happening, which Stripe may send, give the same events', () => {
  const account = new Account();
  const created = account.subscribe('s', 'c', '01-01', [item('a', price(1_000))]);
  assert.deepEqual(stripeEvents({ ...created, id: 'evt_again' }), stripeEvents(created));
});
