import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

const limits = { blockBytesMax: 1_000, blockIntervalMsMax: 600 };

test('facts that come after a pause are inserted at once', () => {
  const pace = new Pace(limits);
  assert.equal(pace.waitMs(5, 1), 0, 'the first');
  pace.inserted(10, 60);
  assert.equal(pace.waitMs(10 + 600, 1), 0);
});

test('the slower ClickHouse, the further apart are blocks, within bounds', () => {
  const intervalAfter = (tookMs: number): number => {
    const pace = new Pace(limits);
    pace.inserted(1_000, 1_000 + tookMs);
    return pace.waitMs(1_000, 1);
  };
  assert.deepEqual([1, 20, 35, 60, 5_000].map(intervalAfter), [200, 200, 350, 600, 600]);
});

test('an interval that is asked for and shorter than the least one is kept', () => {
  const pace = new Pace({ ...limits, blockIntervalMsMax: 10 });
  pace.inserted(0, 1);
  assert.equal(pace.waitMs(0, 1), 10);
});

test('a block that is full does not wait: in a backlog time is worth more than parts', () => {
  const pace = new Pace(limits);
  pace.inserted(0, 100);
  assert.equal(pace.waitMs(100, 999), 500);
  assert.equal(pace.waitMs(100, 1_000), 0);
});
