import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMetricSettings } from './settings.ts';

test('by default a cart is abandoned after 30 minutes, a first contact settled after 7 days, a buyer lapsed after 180, what is past due stays, a pause is churn, and a switch takes no time', () => {
  const day = 86_400_000;
  assert.deepEqual(defaultMetricSettings, {
    cartAbandonAfterMs: 1_800_000,
    fcrWindowMs: 7 * day,
    supportHours: null,
    lapseAfterMs: 180 * day,
    pastDueEndsAfterMs: null,
    pauseCountsAs: 'churn',
    replacementWindowMs: 0,
  });
});
