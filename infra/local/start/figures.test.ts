import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Summary } from '@tidemark/live/summary';
import { count, figuresLine } from './figures.ts';

test('the figures fit one line, and what is not known is a dash', () => {
  const churn = {
    customers_at_start: 200,
    customers_lost: 3,
    customers_new: 5,
    customers_reactivated: 1,
    churn_rate: 0.015,
    cancellations_scheduled: 0,
    cancellations_taken_back: 0,
    mrr_lost: [],
  };
  const summary: Summary = {
    as_of: '2026-05-01T00:00:00.000Z',
    zone: 'UTC',
    customers: 1203,
    recurring: ['EUR', 'USD', 'AUD', 'DKK'].map((currency) => ({
      currency,
      mrr: '12345.600000',
      customers: 1203,
      arpa: null,
    })),
    churn: { today: churn, month: churn },
    carts: {
      last_hour: { created: 0, converted: 0, recovered: 0, abandoned: 0, outcome_abandonment_rate: null },
    },
    contacts: [
      { channel: 'chat', opened_today: 2, resolved_today: 1, backlog: 4 },
      { channel: 'email', opened_today: 1, resolved_today: 1, backlog: 0 },
    ],
    sales_today: [{ currency: 'EUR', purchases: 1_005, revenue: '9.000000', refunds: '0.000000' }],
    mentions_today: [],
  };
  assert.equal(
    figuresLine(summary).replaceAll('\u00a0', ' '),
    '1 203 customers · MRR €12 346 US$12 346 A$12 346 DKK 12 346 · today +6 −3 (churn 1.50 %) · 1 005 sales · carts 0/h, – of outcomes abandoned · contacts 3 today, 4 open',
  );
  assert.equal(count(1_234_567), '1 234 567');
});
