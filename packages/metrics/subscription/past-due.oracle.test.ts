import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../oracle/base.oracle.ts';
import { eventAt, plan, started, view } from '../oracle/events.fixtures.ts';

const of = (verb: string, customer: string, at: string, fields: Record<string, Json> = {}) =>
  eventAt(`subscription.${verb}`, at, { customer_id: customer, subscription_id: 's', ...fields });
const columns =
  'date currency entered recovered ended past_due_subscriptions past_due_customers past_due_mrr';

test('past due by day, with what stands at its end; quiet days too while something is past due (rule 57)', () => {
  const events = [
    started('a', '2026-05-01'),
    started('b', '2026-05-01', { unit_amount: 1000 }),
    of('past_due', 'a', '2026-05-02'),
    of('past_due', 'b', '2026-05-02'),
    of('payment_recovered', 'a', '2026-05-04'),
    of('canceled', 'b', '2026-05-05'),
    of('past_due', 'a', '2026-05-07'),
    eventAt('subscription.renewed', '2026-05-07T12', plan({ customer_id: 'a' })),
  ];
  const expected = [
    '2026-05-02 USD 2 0 0 2 2 69.000000',
    '2026-05-03 USD 0 0 0 2 2 69.000000',
    '2026-05-04 USD 0 1 0 1 1 10.000000',
    '2026-05-05 USD 0 0 1 0 0 0.000000',
    '2026-05-07 USD 1 1 0 0 0 0.000000',
  ];
  assert.deepEqual(view('past_due_daily', events, '2026-05-09', columns), expected);
  assert.deepEqual(view('past_due_daily_reporting', events, '2026-05-09', columns), expected);
  const lost = view('churn_daily', events, '2026-05-09', 'date customers_lost lost_involuntary');
  assert.ok(lost.includes('2026-05-05 1 1'), 'a cancellation without a reason is involuntary');
});

test('with PAST_DUE_ENDS_AFTER the subscription ends by itself (rule 57)', () => {
  const events = [started('a', '2026-05-01'), of('past_due', 'a', '2026-05-02')];
  const ends = { pastDueEndsAfterMs: 86_400_000 };
  assert.deepEqual(view('past_due_daily', events, '2026-05-09', columns, ends), [
    '2026-05-02 USD 1 0 0 1 1 59.000000',
    '2026-05-03 USD 0 0 1 0 0 0.000000',
  ]);
});

test('over all currencies a customer counts once, and money without a rate is null', () => {
  const events = [
    started('a', '2026-05-01'),
    started('a', '2026-05-01', { subscription_id: 't', currency: 'EUR' }),
    of('past_due', 'a', '2026-05-02'),
    of('past_due', 'a', '2026-05-02', { subscription_id: 't' }),
  ];
  assert.deepEqual(view('past_due_daily_reporting', events, '2026-05-02T12', columns), [
    '2026-05-02 USD 2 0 0 2 1 null',
  ]);
});
