import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseBucket, bucketMs } from '@tidemark/runtime/counters';
import { bucketOf, loweredOver, SeriesStore, sumOver } from './series-store.ts';

const noon = Date.parse('2026-05-10T12:00:00Z');
const record = (bucket: number, values: Record<string, bigint>) => ({ definition: 'd', bucket, values });

test('a bucket that goes into the base changes no total, and is not counted back', () => {
  const store = new SeriesStore();
  store.apply(0, record(noon, { '["lost","a"]': 5n }));
  store.apply(0, record(noon + bucketMs, { '["lost","a"]': 2n }));
  const moved = store.moved('lost');
  store.apply(0, record(baseBucket, { '["lost","a"]': 5n }));
  store.remove(0, record(noon, {}));
  const series = store.of('lost');
  assert.deepEqual(series.map(({ total }) => total), [7]); // prettier-ignore
  assert.equal(sumOver(series, bucketOf(noon), bucketOf(noon) + 1), 0);
  assert.equal(loweredOver(series, 0, bucketOf(noon) + 9), 0);
  assert.equal(store.moved('lost'), moved, 'nothing is learned anew');
});

test('what was counted before the window is known for as long as anything is', () => {
  const store = new SeriesStore();
  store.apply(0, record(noon, { '["often"]': 1n }));
  store.apply(0, record(noon + 9 * bucketMs, { '["seldom"]': 1n }));
  assert.equal(store.start('seldom'), noon + 9 * bucketMs);
  store.apply(0, record(baseBucket, { '["seldom"]': 1n }));
  assert.equal(store.start('seldom'), noon);
});

test('sources without end, quarter hour by quarter hour, are a bounded number of series', () => {
  const store = new SeriesStore();
  for (let bucket = 0; bucket < 20; bucket++) {
    const values = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [
        JSON.stringify(['events_received', 'cart', `/orders/${bucket}/${n}`]),
        1n,
      ]),
    );
    store.apply(0, record(noon + bucket * bucketMs, values));
  }
  const series = store.of('events_received');
  assert.equal(series.length, 2_001);
  assert.equal(series.reduce((sum, { total }) => sum + total, 0), 10_000); // prettier-ignore
});
