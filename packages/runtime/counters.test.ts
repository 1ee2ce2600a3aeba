import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '@tidemark/metrics/definition/definition';
import { bucketKey, bucketMs, countFacts, type CounterBucket } from './counters.ts';
import type { SignedFact } from './difference.ts';
import { ingest } from './ingest-counters.ts';

const nine = Date.parse('2026-05-01T09:00:00Z');

const definition = {
  name: 'sales',
  count: ({ kind, amount }: Fact) =>
    kind === 'sale' ? ([{ series: ['revenue', 'EUR'], by: amount as bigint }] as const) : [],
};

const sale = (sign: 1 | -1, at: number, amount: bigint): SignedFact => ({
  sign,
  cause: 'arrived',
  fact: { kind: 'sale', at, amount },
});

/** The buckets once the facts are counted, by the key of their record. */
function counted(...signed: readonly SignedFact[]): { readonly [key: string]: CounterBucket['values'] } {
  const buckets = new Map<string, CounterBucket>();
  countFacts(definition, signed, (name, bucket) => {
    const key = bucketKey(name, bucket);
    const known = buckets.get(key) ?? { definition: name, bucket, values: {} };
    buckets.set(key, known);
    return known;
  });
  return Object.fromEntries([...buckets].map(([key, { values }]) => [key, values]));
}

test('a fact counts in the quarter hour of its time: the first millisecond is in, that of the next is not', () => {
  assert.equal(bucketMs, 900_000);
  const facts = [sale(1, nine, 1n), sale(1, nine + bucketMs - 1, 2n), sale(1, nine + bucketMs, 4n)];
  assert.deepEqual(counted(...facts), {
    [`sales|${nine}`]: { '["revenue","EUR"]': 3n },
    [`sales|${nine + bucketMs}`]: { '["revenue","EUR"]': 4n },
  });
});

test('a retraction takes away what the fact added; a series that comes to 0 is gone', () => {
  const bucket = `sales|${nine}`;
  assert.deepEqual(counted(sale(1, nine, 5n), sale(-1, nine, 2n)), { [bucket]: { '["revenue","EUR"]': 3n } });
  assert.deepEqual(counted(sale(1, nine, 5n), sale(-1, nine, 5n)), { [bucket]: {} });
  assert.deepEqual(counted(sale(-1, nine, 5n)), { [bucket]: { '["revenue","EUR"]': -5n } });
});

test('a fact that counts nothing touches no bucket', () => {
  assert.deepEqual(counted({ sign: 1, cause: 'arrived', fact: { kind: 'refund', at: nine } }), {});
});

test('what was received counts by family and source; a line of repeats alone counts nothing', () => {
  const line = { kind: 'ingest_audit', at: nine, family: 'cart', source: 'shop' };
  assert.deepEqual(ingest.count({ ...line, received: 3 }), [
    { series: ['events_received', 'cart', 'shop'], by: 3n },
  ]);
  assert.deepEqual(ingest.count({ ...line, received: 0 }), []);
});
