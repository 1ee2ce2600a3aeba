import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent } from '../oracle/base.oracle.ts';
import { plan, eventAt, started, view } from '../oracle/events.fixtures.ts';

test('health: parts without data are left out and the rest reweighted', () => {
  const engaged = (id: string, at: string): ContractEvent =>
    eventAt('engagement.recorded', at, { engagement_id: id, kind: 'login', customer_id: 'c' });
  const events = [
    started('c', '2026-01-01'),
    eventAt('subscription.changed', '2026-05-20', plan({ unit_amount: 8850 })),
    ...['1', '2', '3', '4', '5', '6'].map((id) => engaged(id, '2026-04-01')),
    engaged('7', '2026-05-25'),
    eventAt('survey.answered', '2026-05-01', {
      response_id: 'r',
      instrument: 'nps',
      score: 8,
      customer_id: 'c',
    }),
    eventAt('contact.opened', '2026-05-01', { case_id: 'k', channel: 'chat', customer_id: 'c' }),
    started('quiet', '2026-05-30'),
  ];
  const columns = 'customer_id health usage satisfaction support payment growth band';
  // c: 0.30 × 50 + 0.20 × 80 + 0.15 × 80 + 0.20 × 100 + 0.15 × 75
  assert.deepEqual(view('customer_health', events, '2026-06-01', columns), [
    'c 74.25 50 80 80 100 75 healthy',
    'quiet 100 null null null 100 null healthy',
  ]);
});
