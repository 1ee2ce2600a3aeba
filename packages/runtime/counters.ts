import type { Definition, Instant } from '@tidemark/metrics/definition/definition';
import type { SignedFact } from './difference.ts';
import { SeriesLimit } from './series-limit.ts';

/** Counters are kept by quarter of an hour, so that they roll up to days in time zones of half and quarter hours. */
export const bucketMs = 15 * 60_000;

/**
 * The bucket of everything older than counters are kept by quarter hours: their sum. It is the first of all quarter hours,
 * so that sums over all time have it and sums over a period of today's do not.
 */
export const baseBucket = 0;

/** Values of one dimension with series of their own in one bucket of one task; the others are counted as `other`. */
const dimensionValuesMax = 500;
/** With this many bytes of series a bucket gets no new series: it must fit a record. */
const seriesBytesMax = 512 * 1024;

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

/** The bucket that a key names. */
export function bucketOfKey(key: string): { readonly definition: string; readonly bucket: Instant } {
  const at = key.lastIndexOf('|');
  return { definition: key.slice(0, at), bucket: Number(key.slice(at + 1)) };
}

/** The start of the first quarter hour that is kept by itself at `now`: a whole day, so that it moves once a day. */
export function keptFrom(now: Instant, keptMs: number): Instant {
  const day = 86_400_000;
  return Math.max(0, Math.floor((now - keptMs) / day) * day);
}

const limits = new WeakMap<CounterBucket, SeriesLimit>();

/**
 * Adds to a series of a bucket, in place; to the series of `other` when the bucket has no room for it.
 *
 * @returns The series it was added to.
 */
export function addTo(bucket: CounterBucket, series: string, by: bigint): string {
  const { values } = bucket;
  const known = values[series];
  if (known !== undefined) {
    put(values, series, known + by);
    return series;
  }
  let limit = limits.get(bucket);
  if (limit === undefined) {
    limit = new SeriesLimit({ perDimension: dimensionValuesMax, bytes: seriesBytesMax }, Object.keys(values));
    limits.set(bucket, limit);
  }
  // What is taken away is looked for where it was put: among the others, if it has no series of its own.
  const name = limit.nameFor(series, (one) => one in values, by < 0n);
  put(values, name, (values[name] ?? 0n) + by);
  return name;
}

function put(values: CounterBucket['values'], series: string, value: bigint): void {
  if (value === 0n) delete values[series];
  else values[series] = value;
}

/**
 * Adds signed facts to the buckets they belong to.
 *
 * @param bucketOf Gives the bucket of a key as it stands, a new one when there is none yet; it is changed in place.
 * @param from Start of the first quarter hour that is kept by itself; what is older is counted in the base.
 * @returns How many changes were counted as `other`.
 */
export function countFacts(
  definition: Pick<Definition, 'name' | 'count'>,
  signed: readonly SignedFact[],
  bucketOf: (definition: string, bucket: Instant) => CounterBucket,
  from: Instant = baseBucket,
): number {
  let others = 0;
  for (const { sign, fact } of signed) {
    const changes = definition.count(fact);
    if (changes.length === 0) continue;
    const start = fact.at < from ? baseBucket : Math.floor(fact.at / bucketMs) * bucketMs;
    const bucket = bucketOf(definition.name, start);
    for (const { series, by } of changes) {
      const name = JSON.stringify(series);
      if (addTo(bucket, name, sign === 1 ? by : -by) !== name) others++;
    }
  }
  return others;
}
