import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent } from '../oracle/base.oracle.ts';
import { eventAt, plan, started, view } from '../oracle/events.fixtures.ts';

// What the views show where an operator has set rule 62 or rule 63 otherwise than by default.

const day = 86_400_000;
const of = (verb: string, at: string): ContractEvent =>
  eventAt(`subscription.${verb}`, at, { customer_id: 'a', subscription_id: 's' });
const kept = { pauseCountsAs: 'kept' } as const;

test('who is kept by a pause counts among customers, and is an existing customer of next month (rule 63)', () => {
  const events = [
    started('a', '2026-05-01'),
    started('b', '2026-05-01', { unit_amount: 4100 }),
    of('paused', '2026-05-10'),
    eventAt('subscription.resumed', '2026-06-10', plan({ customer_id: 'a' })),
  ];
  const monthly = (name: string, columns: string): string[] =>
    view(name, events, '2026-06-30', columns, kept);
  assert.deepEqual(monthly('mrr_monthly', 'month contraction expansion churn mrr customers arpa'), [
    '2026-05-01 -59.000000 0.000000 0.000000 41.000000 2 20.500000',
    '2026-06-01 0.000000 59.000000 0.000000 100.000000 2 50.000000',
  ]);
  assert.deepEqual(monthly('churn_monthly', 'month customers_lost customers_at_end'), [
    '2026-05-01 0 2',
    '2026-06-01 0 2',
  ]);
  assert.deepEqual(
    monthly('revenue_churn_monthly', 'month mrr_at_start grr nrr').at(-1),
    `2026-06-01 41.000000 1 ${100 / 41}`,
  );
  assert.deepEqual(monthly('retention_cohorts_monthly', 'months_since active mrr'), [
    '0 2 41.000000',
    '1 2 100.000000',
  ]);
});

test('a customer who waits for a replacement counts as before, under the owner of before (rule 62)', () => {
  const events = [
    started('a', '2026-05-01', { owner: 'ann' }),
    of('canceled', '2026-05-30'),
    started('a', '2026-06-02', { subscription_id: 't', owner: 'bob', unit_amount: 9900 }),
  ];
  const within = { replacementWindowMs: 7 * day };
  const monthly = (name: string, columns: string, now = '2026-06-30'): string[] =>
    view(name, events, now, columns, within);
  assert.deepEqual(monthly('mrr_movements', 'occurred_at movement amount owner'), [
    '2026-05-01T00:00:00.000Z new 59.000000 ann',
    '2026-06-02T00:00:00.000Z expansion 40.000000 bob',
  ]);
  assert.deepEqual(monthly('churn_by_owner_monthly', 'month owner customers_lost customers_at_end'), [
    '2026-05-01 ann 0 1',
    '2026-06-01 ann 0 0',
    '2026-06-01 bob 0 1',
  ]);
  const alone = events.slice(0, 2);
  const lost = (now: string): string[] =>
    view('churn_daily', alone, now, 'date customers_lost', within).filter((row) => row.endsWith(' 1'));
  assert.deepEqual(lost('2026-06-05'), []);
  assert.deepEqual(lost('2026-06-07'), ['2026-05-30 1']);
});
