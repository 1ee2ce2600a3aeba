import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitPace } from './commit-pace.ts';

function paceOf(tasks: number, tookMs: number, intervalMsMax = 250): CommitPace {
  const pace = new CommitPace(intervalMsMax);
  for (let task = 0; task < tasks; task++) pace.join();
  for (let n = 0; n < 100; n++) pace.committed(tookMs);
  return pace;
}

test('the tasks of an instance commit for a quarter of the time, within bounds', () => {
  const intervals = [1, 4, 8, 32].map((tasks) => Math.round(paceOf(tasks, 6).intervalMs));
  assert.deepEqual(intervals, [50, 96, 192, 250]);
});

test('while the broker is slow, less is asked of it, but counters are not late without end', () => {
  const pace = paceOf(4, 6);
  pace.committed(30);
  assert.ok(pace.intervalMs > 96 && pace.intervalMs < 250, String(pace.intervalMs));
  for (let n = 0; n < 20; n++) pace.committed(500);
  assert.equal(pace.intervalMs, 250);
});

test('a task that has ended leaves its share to the others', () => {
  const pace = new CommitPace(10_000);
  const leave = [1, 2, 3, 4].map(() => pace.join());
  for (let n = 0; n < 100; n++) pace.committed(100);
  assert.equal(Math.round(pace.intervalMs), 1_600);
  leave[0]!();
  assert.equal(Math.round(pace.intervalMs), 1_200);
});

test('an interval that is asked for and shorter than the least one is kept', () => {
  assert.equal(paceOf(4, 100, 10).intervalMs, 10);
});
