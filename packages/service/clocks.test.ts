import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { differenceMs, watchClocks } from './clocks.ts';

const hour = 3_600_000;
const asked = { server: 'Kafka broker 1', askedAt: 10 * hour, answeredAt: 10 * hour + 400 };

test('a clock within the time of the answer agrees; any other differs by what the answer does not explain', () => {
  // the server's time, the difference
  const cases: readonly [number, number][] = [
    [10 * hour, 0],
    [10 * hour + 400, 0],
    [10 * hour + 500, 100],
    [10 * hour - 1, -1],
    [12 * hour + 400, 2 * hour],
    [8 * hour, -2 * hour],
  ];
  for (const [at, difference] of cases) assert.equal(differenceMs({ ...asked, at }), difference);
});

test('clocks that differ by ten seconds are named with the way out, as a metric, and once in the log', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const registry = new Registry();
  let now = 0;
  const clocks = watchClocks(registry, log, () => now);
  clocks.report({ ...asked, at: asked.answeredAt + 9_999 });
  assert.deepEqual(clocks.warnings(), []);
  for (let n = 0; n < 3; n++) clocks.report({ ...asked, at: asked.askedAt - 2 * hour });
  const [warning, ...more] = clocks.warnings();
  assert.match(warning!, /Kafka broker 1 is 7200 s behind this machine.*runbooks\/clocks-differ\.md/);
  assert.deepEqual(more, []);
  assert.match(
    await registry.metrics(),
    /tidemark_clock_difference_seconds\{server="Kafka broker 1"\} -7200/,
  );
  clocks.report({ ...asked, at: asked.askedAt });
  assert.deepEqual(clocks.warnings(), []);
  assert.equal(lines.length, 2, 'when it begins and when it is over');
  clocks.report({ ...asked, at: 0 });
  now += 10 * 60_000 + 1;
  assert.deepEqual(clocks.warnings(), [], 'of a server that is gone nobody knows the clock');
  assert.doesNotMatch(await registry.metrics(), /Kafka broker 1/);
});
