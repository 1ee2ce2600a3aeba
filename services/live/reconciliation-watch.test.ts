import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createLog } from '@tidemark/service/log';
import { nextLookMs, watchReconciliation } from './reconciliation-watch.ts';
import { noHistory } from './history-reader.ts';

const minute = 60_000;

test('without imbalances the reconciliation counts every quarter of an hour, and never for more than a sixtieth of the time', () => {
  assert.equal(nextLookMs({ imbalances: 0, tookMs: 200 }), 15 * minute);
  assert.equal(nextLookMs({ imbalances: 0, tookMs: 50_000 }), 50 * minute);
});

test('what is wrong or unknown is looked at again a minute later, and never for more than a fifteenth of the time', () => {
  for (const imbalances of [3, undefined]) {
    assert.equal(nextLookMs({ imbalances, tookMs: 200 }), minute);
    assert.equal(nextLookMs({ imbalances, tookMs: 60_000 }), 15 * minute);
  }
});

test('without a ClickHouse the reconciliation reports nothing', async () => {
  const registry = new Registry();
  const reconciliation = watchReconciliation({
    history: noHistory,
    registry,
    log: createLog('test', 'silent'),
  });
  assert.doesNotMatch(await registry.metrics(), /^tidemark_audit_(imbalances|seconds)/m);
  await reconciliation.stop();
});
