import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
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

test('sums that disagree once may be between two blocks, and twice are an error', async () => {
  const levels: number[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void levels.push(levelOf(line)) });
  const found = [4, 4, 0, 2];
  const reconciliation = watchReconciliation({
    history: { ...noHistory, slowRows: async () => [{ imbalances: found.shift()! }] as never },
    registry: new Registry(),
    log,
  });
  for (let look = 0; look < 4; look++) await reconciliation.look();
  await reconciliation.stop();
  const { info, error } = pino.levels.values;
  assert.deepEqual(levels, [info, error, info]);
});

const levelOf = (line: string): number => (JSON.parse(line) as { level: number }).level;
