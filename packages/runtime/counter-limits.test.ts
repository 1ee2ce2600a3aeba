import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCounters } from '@tidemark/events/counter-codec';
import { countBy, define, to, type AnyEvent, type Fact } from '@tidemark/metrics/definition/definition';
import { baseBucket, bucketKey, bucketMs, bucketOfKey, countFacts, type CounterBucket } from './counters.ts';
import { Driver } from './driver.fixtures.ts';
import type { SignedFact } from './difference.ts';
import { ingest } from './ingest-counters.ts';

const day = 86_400_000;

const sourced = (source: string, at = 0) =>
  ({ kind: 'ingest_audit', at, family: 'cart', source, received: 1 }) as Fact;

const published = (fact: Fact): SignedFact => ({ sign: 1, cause: 'arrived', fact });

function count(...facts: readonly SignedFact[]) {
  const buckets = new Map<string, CounterBucket>();
  const bucketOf = (definition: string, bucket: number): CounterBucket => {
    const known = buckets.get(bucketKey(definition, bucket)) ?? { definition, bucket, values: {} };
    buckets.set(bucketKey(definition, bucket), known);
    return known;
  };
  const others = countFacts(ingest, facts, bucketOf, 0);
  return { buckets: [...buckets.values()], others };
}

const sumOf = ({ values }: CounterBucket): bigint =>
  Object.values(values).reduce((sum, one) => sum + one, 0n);

test('75,000 sources in a quarter of an hour are one small record; the first are named, the rest is other', () => {
  const sources = Array.from({ length: 75_000 }, (_, n) => `/orders/${n}/${'x'.repeat(200)}`);
  const { buckets, others } = count(...sources.map((source) => published(sourced(source))));
  const [bucket, ...more] = buckets;
  assert.deepEqual(more, []);
  assert.equal(sumOf(bucket!), 75_000n);
  assert.equal(Object.keys(bucket!.values).length, 501);
  assert.equal(others, 74_500);
  assert.equal(bucket!.values['["events_received","cart","other"]'], 74_500n);
  assert.ok(encodeCounters(bucket!).length < 1024 * 1024);
});

test('names as long as they may be fit a record too', () => {
  const facts = Array.from({ length: 11 * 600 }, (_, n) => {
    const source = `${n % 600}`.padEnd(256, '😀');
    return published({ ...sourced(source), family: `family ${n % 11}` });
  });
  const { buckets } = count(...facts);
  assert.equal(sumOf(buckets[0]!), BigInt(facts.length));
  assert.ok(encodeCounters(buckets[0]!).length < 2 * 1024 * 1024);
});

test('after any order of counts and retractions the sum is right, and a small bucket is exact', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.boolean()), {
    minLength: 300,
    maxLength: 3_000,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, (given) => {
      const open: number[] = [];
      const facts = given.map(([source, isVoid]) => {
        const taken = isVoid ? open.pop() : undefined;
        if (taken === undefined) open.push(source);
        return {
          sign: taken === undefined ? 1 : -1,
          cause: 'arrived',
          fact: sourced(String(taken ?? source)),
        } as const;
      });
      const { buckets, others } = count(...facts);
      const sum = buckets.reduce((total, bucket) => total + sumOf(bucket), 0n);
      assert.equal(sum, BigInt(open.length));
      if (others > 0) return;
      const named = Object.entries(buckets[0]?.values ?? {});
      for (const [series, value] of named) assert.ok(value > 0n, series);
    }),
    { numRuns: 50 },
  );
});

/** Counts each event by its source. */
const bySource = define<null, AnyEvent & { readonly type: `mention.${string}` }, { readonly heard: { readonly source: 'string' } }>({
  name: 'by-source',
  version: '1',
  on: 'mention',
  facts: { heard: { source: 'string' } },
  initial: null,
  due: () => undefined,
  step: (state, input) =>
    input.type === 'tick' ? to(state) : to(state, { kind: 'heard', at: input.occurred_at, source: input.source }),
  counters: { heard: countBy('source') },
  count: ({ source }) => [{ series: ['heard', source], by: 1n }],
}); // prettier-ignore

test('a year of quarter hours is a window and one base; sums over all time are as if all were kept', () => {
  const driver = new Driver({ definitions: [bySource], keyOf: (event) => (event as { voids?: string }).voids ?? event.event_id, countersKeptMs: 10 * day });
  const start = Date.UTC(2026, 0, 1);
  const heard = (at: number, n: number): AnyEvent =>
    ({ type: 'mention.observed', event_id: `${at} ${n}`, occurred_at: at, sequence: 0, source: n % 2 ? 'a' : 'b' });
  for (let n = 0; n < 365; n++) {
    const at = start + n * day;
    driver.at(at + 2 * bucketMs);
    driver.arrives(heard(at, n), heard(at + bucketMs, n + 1));
    if (n === 200) driver.restart();
  }
  driver.at(start + 365 * day);
  const buckets = driver.storedCounters.map((key) => bucketOfKey(key)).filter(({ definition }) => definition === 'by-source');
  assert.ok(buckets.length <= 2 * 11 + 1, `${buckets.length} buckets`);
  assert.equal(buckets.filter(({ bucket }) => bucket === baseBucket).length, 1);
  assert.deepEqual([...driver.totals], [['["heard","b"]', 365n], ['["heard","a"]', 365n]]);
  const late = heard(start + 5, 0);
  driver.arrives(late);
  driver.arrives({ ...late, type: 'mention.voided', event_id: 'void', voids: late.event_id } as AnyEvent);
  driver.at(start + 366 * day);
  assert.deepEqual([...driver.totals].map(([, total]) => total), [365n, 365n], 'a late event and its void are counted in the base');
  assert.ok(driver.storedCounters.every((key) => !key.includes('|') || bucketOfKey(key).bucket !== start));
}); // prettier-ignore
