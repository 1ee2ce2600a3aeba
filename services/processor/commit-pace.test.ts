import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitPace } from './commit-pace.ts';

const trickle = 99;
const load = 100;

function paceOf(tasks: number, tookMs: number, intervalMsMax = 600): CommitPace {
  const pace = new CommitPace(intervalMsMax);
  for (let task = 0; task < tasks; task++) pace.join();
  for (let n = 0; n < 100; n++) pace.committed(tookMs);
  return pace;
}

const busyInterval = (pace: CommitPace): number => Math.round(pace.nextAt(10_000, load) - 10_000);

test('a trickle is committed at ticks of the clock, the same for all tasks', () => {
  const pace = paceOf(4, 6);
  assert.deepEqual(
    [12_000, 12_001, 12_599].map((lastAt) => pace.nextAt(lastAt, trickle)),
    [12_600, 12_600, 12_600],
  );
});

test('what comes after a pause is committed at once', () => {
  assert.ok(paceOf(4, 6).nextAt(12_000, 1) <= 12_600);
  assert.ok(paceOf(4, 6).nextAt(0, 1) <= 601);
});

test('under load the tasks of an instance commit for a quarter of the time, within bounds', () => {
  assert.deepEqual(
    [1, 4, 8, 32].map((tasks) => busyInterval(paceOf(tasks, 6))),
    [50, 96, 192, 200],
  );
});

test('while the broker is slow, less is asked of it, but counters are not late without end', () => {
  const pace = paceOf(4, 6);
  pace.committed(30);
  assert.ok(busyInterval(pace) > 96 && busyInterval(pace) < 200, String(busyInterval(pace)));
  for (let n = 0; n < 20; n++) pace.committed(500);
  assert.equal(busyInterval(pace), 200);
});

test('a task that has ended leaves its share to the others', () => {
  const pace = new CommitPace(30_000);
  const leave = [1, 2, 3, 4].map(() => pace.join());
  for (let n = 0; n < 100; n++) pace.committed(100);
  assert.equal(busyInterval(pace), 1_600);
  leave[0]!();
  assert.equal(busyInterval(pace), 1_200);
});

test('an interval that is asked for and shorter than the least one is kept, and so is none', () => {
  assert.equal(paceOf(4, 100, 12).nextAt(10_000, load), 10_004);
  assert.equal(paceOf(4, 100, 0).nextAt(10_001, trickle), 10_001);
});
