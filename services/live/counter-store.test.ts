import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseBucket, bucketMs } from '@tidemark/runtime/counters';
import { CounterStore } from './counter-store.ts';
import { summarize } from './summary.ts';

const noon = Date.parse('2026-05-10T12:00:00Z');

function storeOf(
  ...records: [partition: number, bucket: number, values: Record<string, bigint>][]
): CounterStore {
  const store = new CounterStore();
  for (const [partition, bucket, values] of records)
    store.apply(partition, { definition: 'd', bucket, values });
  return store;
}

test('a record replaces the one its task wrote before, and adds to those of other tasks', () => {
  const store = storeOf([0, noon, { '["customers"]': 3n }], [1, noon, { '["customers"]': 4n }]);
  store.apply(0, { definition: 'd', bucket: noon, values: { '["customers"]': 5n } });
  store.apply(0, { definition: 'd', bucket: noon, values: { '["customers"]': 5n } });
  assert.equal(store.total('customers'), 9n);
});

test('a period takes the buckets that start in it, and of one name alone when asked', () => {
  const store = storeOf(
    [0, noon - bucketMs, { '["lost","a"]': 1n }],
    [0, noon, { '["lost","a"]': 2n, '["lost_more"]': 7n }],
    [0, noon + bucketMs, { '["lost","a"]': 4n }],
  );
  assert.deepEqual(store.sums(noon, noon + bucketMs, 'lost'), new Map([['["lost","a"]', 2n]]));
  assert.deepEqual(store.sums(0, noon + 2 * bucketMs, 'lost'), new Map([['["lost","a"]', 7n]]));
});

test('a series that a newer record leaves out is gone', () => {
  const store = storeOf([0, noon, { '["lost","a"]': 2n }]);
  store.apply(0, { definition: 'd', bucket: noon, values: {} });
  assert.deepEqual([...store.totals('lost')], []);
});

test('the day is that of the reporting zone, and the rate counts from its start (rule 45)', () => {
  const lastNightUtc = Date.parse('2026-05-09T22:30:00Z');
  const store = storeOf(
    [0, lastNightUtc, { '["customers"]': -2n, '["customers_moved","churn"]': 2n }],
    [0, lastNightUtc - bucketMs * 4, { '["customers"]': 10n, '["customers_moved","new"]': 10n }],
  );
  const { churn } = summarize(store, noon, 'Europe/Berlin');
  assert.equal(churn.today.customers_lost, 2);
  assert.equal(churn.today.customers_at_start, 10);
  assert.equal(churn.today.churn_rate, 0.2);
  assert.equal(summarize(store, noon, 'UTC').churn.today.customers_lost, 0);
});

test('ARPA is MRR by paying customers, half to even at the sixth decimal', () => {
  const store = storeOf([0, noon, { '["mrr","USD"]': 10_000_000n, '["paying_customers","USD"]': 3n }]);
  const [usd] = summarize(store, noon, 'UTC').recurring;
  assert.deepEqual(usd, { currency: 'USD', mrr: '10.000000', customers: 3, arpa: '3.333333' });
});

test('the outcome rate of the last hour is abandonments by abandonments and conversions, not by carts created (rule 54)', () => {
  const values = {
    '["carts_abandoned","web"]': 6n,
    '["carts_converted","web"]': 4n,
    '["carts_created","web"]': 12n,
  };
  const { carts } = summarize(storeOf([0, noon, values]), noon + 60_000, 'UTC');
  assert.equal(carts.last_hour.outcome_abandonment_rate, 0.6);
  assert.equal(summarize(storeOf(), noon, 'UTC').carts.last_hour.outcome_abandonment_rate, null);
});

test('a cart abandoned and recovered within the hour counts once as abandoned and once as converted', () => {
  const values = {
    '["carts_created","web"]': 1n,
    '["carts_abandoned","web"]': 1n,
    '["carts_converted","web"]': 1n,
    '["carts_recovered","web"]': 1n,
  };
  const { carts } = summarize(storeOf([0, noon, values]), noon + 60_000, 'UTC');
  assert.equal(carts.last_hour.outcome_abandonment_rate, 0.5);
});

test('a bucket that goes into the base stays in the totals, and leaves the periods', () => {
  const store = storeOf([0, noon, { '["lost","a"]': 2n }], [1, noon, { '["lost","a"]': 1n }]);
  store.apply(0, { definition: 'd', bucket: baseBucket, values: { '["lost","a"]': 2n } });
  store.remove(0, { definition: 'd', bucket: noon });
  assert.equal(store.total('lost', 'a'), 3n);
  assert.deepEqual([...store.sums(noon, noon + bucketMs)], [['["lost","a"]', 1n]], 'of the other task');
  assert.deepEqual([...store.sums(0, noon + bucketMs)], [['["lost","a"]', 3n]], 'over all time');
});

test('series without end are counted as other, and sums stay right', () => {
  const store = new CounterStore();
  for (let bucket = 0; bucket < 30; bucket++) {
    const names = Array.from({ length: 500 }, (_, n) =>
      JSON.stringify(['events_received', `${bucket} ${n}`]),
    );
    const values = Object.fromEntries(names.map((name) => [name, 1n]));
    store.apply(0, { definition: 'ingest', bucket: noon + bucket * bucketMs, values });
  }
  const totals = store.totals('events_received');
  assert.equal(totals.size, 2_001);
  assert.equal([...totals.values()].reduce((sum, one) => sum + one, 0n), 15_000n); // prettier-ignore
});

test('a store becomes another one at once, and goes on from there', () => {
  const store = storeOf([0, noon, { '["customers"]': 3n }], [1, noon, { '["customers"]': 4n }]);
  const before = store.changes;
  store.become(storeOf([0, noon, { '["customers"]': 10n }]));
  assert.equal(store.total('customers'), 10n);
  assert.ok(store.changes > before, 'readers of the stream are shown it');
  store.apply(0, { definition: 'd', bucket: noon, values: { '["customers"]': 11n } });
  assert.equal(store.total('customers'), 11n);
  assert.deepEqual(store.sums(noon, noon + bucketMs, 'customers'), new Map([['["customers"]', 11n]]));
});
