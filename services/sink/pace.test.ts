import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

const limits = { blockBytesMax: 1_000_000, blockIntervalMsMax: 1_200 };
const trickle = 1;
const load = 64 * 1024;

test('facts that come after a pause are inserted as soon as those of all tasks are there', () => {
  const pace = new Pace(limits);
  assert.equal(pace.waitMs(0, 0), 0, 'nothing');
  assert.equal(pace.waitMs(5, trickle), 100, 'the first');
  assert.equal(pace.waitMs(25, trickle), 80);
  assert.equal(pace.waitMs(105, trickle), 0);
  pace.inserted(105, 110);
  assert.equal(pace.waitMs(2_000, trickle), 100);
  assert.equal(pace.waitMs(2_100, trickle), 0);
});

test('a trickle is inserted as seldom as was asked for, however quick ClickHouse is', () => {
  const pace = new Pace(limits);
  pace.inserted(1_000, 1_001);
  assert.equal(pace.waitMs(1_000, trickle), 1_200);
  assert.equal(pace.waitMs(1_000, load - 1), 1_200);
});

test('under load, the slower ClickHouse, the further apart are blocks, within bounds', () => {
  const intervalAfter = (tookMs: number): number => {
    const pace = new Pace(limits);
    pace.inserted(1_000, 1_000 + tookMs);
    return pace.waitMs(1_000, load);
  };
  assert.deepEqual([1, 20, 35, 60, 5_000].map(intervalAfter), [200, 200, 350, 600, 600]);
});

test('an interval that is asked for and shorter than the least one is kept, and so is none', () => {
  assert.equal(new Pace({ ...limits, blockIntervalMsMax: 0 }).waitMs(0, trickle), 0);
  const pace = new Pace({ ...limits, blockIntervalMsMax: 10 });
  pace.inserted(0, 1);
  assert.equal(pace.waitMs(0, trickle), 10);
  assert.equal(pace.waitMs(0, load), 5);
});

test('a block that is full does not wait: in a backlog time is worth more than parts', () => {
  const pace = new Pace(limits);
  pace.inserted(0, 100);
  assert.equal(pace.waitMs(100, 999_999), 500);
  assert.equal(pace.waitMs(100, 1_000_000), 0);
});
