import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent, Json } from '../oracle/base.oracle.ts';
import { plan, eventAt, view } from '../oracle/events.fixtures.ts';

const started = (at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.started', at, plan(fields));
const canceled = (at: string, fields: Record<string, Json> = {}): ContractEvent =>
  eventAt('subscription.canceled', at, { customer_id: 'c', subscription_id: 's', ...fields });

test('handing over is no loss and no gain, it only moves the counts', () => {
  const events = [
    started('2026-04-01', { owner: 'ann' }),
    eventAt('subscription.renewed', '2026-05-10', plan({ owner: 'bob' })),
    canceled('2026-06-10'),
  ];
  const columns = 'month owner customers_at_start customers_new customers_lost customers_at_end';
  assert.deepEqual(view('churn_by_owner_monthly', events, '2026-06-30', columns), [
    '2026-04-01 ann 0 1 0 1',
    '2026-05-01 ann 1 0 0 0',
    '2026-05-01 bob 0 0 0 1',
    '2026-06-01 ann 0 0 0 0',
    '2026-06-01 bob 1 0 1 0',
  ]);
});

test('the bridge has every day from the first movement to now, in the reporting zone', () => {
  const events = [started('2026-03-28T23:30'), canceled('2026-03-30T22:00')];
  const columns = 'date new churn net mrr customers arpa';
  assert.deepEqual(view('mrr_daily', events, '2026-04-01', columns, { zone: 'Europe/Berlin' }), [
    '2026-03-29 59.000000 0.000000 59.000000 59.000000 1 59.000000',
    '2026-03-30 0.000000 0.000000 0.000000 59.000000 1 59.000000',
    '2026-03-31 0.000000 -59.000000 -59.000000 0.000000 0 null',
    '2026-04-01 0.000000 0.000000 0.000000 0.000000 0 null',
  ]);
});

test('cohorts: how many stay and what they pay, month by month', () => {
  const events = [
    started('2026-01-10', { customer_id: 'a' }),
    started('2026-01-11', { customer_id: 'b', unit_amount: 4100 }),
    eventAt('subscription.changed', '2026-02-05', plan({ customer_id: 'a', unit_amount: 10_900 })),
    canceled('2026-03-01', { customer_id: 'b' }),
  ];
  const columns = 'cohort months_since month customers active logo_retention mrr revenue_retention';
  assert.deepEqual(view('retention_cohorts_monthly', events, '2026-03-15', columns), [
    '2026-01-01 0 2026-01-01 2 2 1 100.000000 1',
    '2026-01-01 1 2026-02-01 2 2 1 150.000000 1.5',
    '2026-01-01 2 2026-03-01 2 1 0.5 109.000000 1.09',
  ]);
});
