import assert from 'node:assert/strict';
import { test } from 'node:test';
import { throttle } from './throttle.ts';

test('so many pass in a second, whoever asks, and a pause gives nothing to catch up with', async () => {
  let now = 0;
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    now += ms;
  };
  const { take } = throttle(100, { now: () => now, sleep });
  await take(50);
  await take(25);
  await take(1);
  assert.deepEqual(slept, [500, 250]);
  now += 60_000;
  await take(100);
  await take(1);
  assert.deepEqual(slept, [500, 250, 1_000]);
});
