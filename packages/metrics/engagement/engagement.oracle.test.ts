import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContractEvent, Json } from '../oracle/base.oracle.ts';
import { eventAt, view } from '../oracle/events.fixtures.ts';

test('engagement: visitors of visits, durations of those that carry one', () => {
  const engaged = (id: string, fields: Record<string, Json>): ContractEvent =>
    eventAt('engagement.recorded', '2026-05-10', { engagement_id: id, channel: 'web', ...fields });
  const events = [
    engaged('1', { kind: 'visit', visitor_id: 'v', duration_ms: 1500, clicks: 2 }),
    engaged('2', { kind: 'visit', visitor_id: 'v', page_views: 3 }),
    engaged('3', { kind: 'visit', customer_id: 'c' }),
    engaged('4', { kind: 'login', customer_id: 'd', duration_ms: 500 }),
  ];
  const columns = 'visits visitors total_duration_seconds average_duration_seconds clicks page_views logins';
  assert.deepEqual(view('engagement_daily', events, '2026-06-01', columns), ['3 2 2 1 2 3 1']);
});
