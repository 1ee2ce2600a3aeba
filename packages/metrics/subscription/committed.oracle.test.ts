import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventAt, plan, started, view } from '../oracle/events.fixtures.ts';

const columns = 'date currency mrr pending_churn pending_change committed_mrr';

test('committed MRR: less what is canceled ahead, with what the last changes will make of it (rule 56)', () => {
  const events = [
    started('leaves', '2026-05-01'),
    started('grows', '2026-05-01', { unit_amount: 10_000 }),
    eventAt('subscription.canceled', '2026-05-02', {
      customer_id: 'leaves',
      subscription_id: 's',
      effective_at: '2026-05-04T00:00:00Z',
    }),
    eventAt('subscription.changed', '2026-05-02', {
      ...plan({ customer_id: 'grows', unit_amount: 15_000 }),
      effective_at: '2026-05-03T00:00:00Z',
    }),
  ];
  const expected = [
    '2026-05-01 USD 159.000000 0.000000 0.000000 159.000000',
    '2026-05-02 USD 159.000000 59.000000 50.000000 150.000000',
    '2026-05-03 USD 209.000000 59.000000 0.000000 150.000000',
    '2026-05-04 USD 150.000000 0.000000 0.000000 150.000000',
  ];
  assert.deepEqual(view('mrr_committed_daily', events, '2026-05-04T12', columns), expected);
  assert.deepEqual(view('mrr_committed_daily_reporting', events, '2026-05-04T12', columns), expected);
});
