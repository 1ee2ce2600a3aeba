import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodiesTo, forgedTo } from '../../deliver/delivery.fixtures.ts';

test('PagerDuty gets a trigger, and a resolution of the same incident', async () => {
  const pager = (await bodiesTo((url) => ({ kind: 'pagerduty', url, routing_key: 'key' }))) as Record<
    string,
    unknown
  >[];
  assert.deepEqual(
    pager.map((one) => one['event_action']),
    ['trigger', 'resolve'],
  );
  assert.deepEqual(
    pager.map((one) => one['dedup_key']),
    ['churn@1', 'churn@1'],
  );
  assert.equal((pager[0]!['payload'] as Record<string, unknown>)['severity'], 'critical');
});

test('nobody writes lines, links or markup into it by an event', async () => {
  const body = await forgedTo((url) => ({ kind: 'pagerduty', url, routing_key: 'key' }));
  assert.doesNotMatch(body, /\\r|\\n\s*runbook: https:\/\/evil/);
  assert.doesNotMatch(body, /https:\/\/evil/);
});
