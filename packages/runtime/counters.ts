import type { Definition, Instant } from '@tidemark/metrics/definition/definition';
import type { SignedFact } from './difference.ts';

/** Counters are kept by quarter of an hour, so that they roll up to days in time zones of half and quarter hours. */
export const bucketMs = 15 * 60_000;

/** All live series of one definition in one bucket, absolute. A series is named by its JSON array. */
export type CounterBucket = {
  readonly definition: string;
  readonly bucket: Instant;
  readonly values: { [series: string]: bigint };
};

/** Key of a bucket's record in the counters topic. */
export function bucketKey(definition: string, bucket: Instant): string {
  return `${definition}|${bucket}`;
}

/**
 * Adds signed facts to the buckets they belong to.
 *
 * @param bucketOf Gives the bucket of a key as it stands, a new one when there is none yet; it is changed in place.
 */
export function countFacts(
  definition: Pick<Definition, 'name' | 'count'>,
  signed: readonly SignedFact[],
  bucketOf: (definition: string, bucket: Instant) => CounterBucket,
): void {
  for (const { sign, fact } of signed) {
    const changes = definition.count(fact);
    if (changes.length === 0) continue;
    const { values } = bucketOf(definition.name, Math.floor(fact.at / bucketMs) * bucketMs);
    for (const { series, by } of changes) {
      const name = JSON.stringify(series);
      const value = (values[name] ?? 0n) + (sign === 1 ? by : -by);
      if (value === 0n) delete values[name];
      else values[name] = value;
    }
  }
}
