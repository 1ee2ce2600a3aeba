import type { Counters } from '@tidemark/events/counter-codec';
import { bucketMs } from '@tidemark/runtime/counters';
import { SeriesLimit } from '@tidemark/runtime/series-limit';

/** Milliseconds since the epoch, UTC. */
type Instant = number;

type Values = Counters['values'];

/** Values of one dimension of a name with series of their own, over all buckets; in one bucket the processor keeps fewer. */
const dimensionValuesMax = 2_000;
/** Bytes of all names of series; beyond, those of a new series are counted as `other`. */
const seriesBytesMax = 16 * 1024 * 1024;

/**
 * The newest counters of all tasks: absolute values by task, bucket and series. Applying the same record again changes
 * nothing, and a task's newer record of a bucket replaces the older one. Live figures come from these, so that figures
 * that are shown every few seconds read no facts (rule 45). The processor deletes old buckets once they are in its base,
 * so this store has the buckets of a window and the sum of all buckets before it.
 */
export class CounterStore {
  #buckets = new Map<Instant, Map<string, Values>>();
  #totals = new Map<string, bigint>();
  #limit = new SeriesLimit({ perDimension: dimensionValuesMax, bytes: seriesBytesMax });
  #changes = 0;

  /** Grows with every record that is applied. */
  get changes(): number {
    return this.#changes;
  }

  /** Applies a record of the counters topic. */
  apply(partition: number, { definition, bucket, values: given }: Counters): void {
    const values = this.#limited(given);
    const writer = `${partition}|${definition}`;
    const ofBucket = this.#buckets.get(bucket) ?? new Map<string, Values>();
    this.#buckets.set(bucket, ofBucket);
    const before = ofBucket.get(writer);
    for (const series in before) this.#add(series, -before[series]!);
    for (const series in values) this.#add(series, values[series]!);
    ofBucket.set(writer, values);
    this.#changes++;
  }

  /** Deletes a bucket: its values are in the base. */
  remove(partition: number, { definition, bucket }: Pick<Counters, 'definition' | 'bucket'>): void {
    const ofBucket = this.#buckets.get(bucket);
    const writer = `${partition}|${definition}`;
    const before = ofBucket?.get(writer);
    for (const series in before) this.#add(series, -before[series]!);
    ofBucket?.delete(writer);
    if (ofBucket?.size === 0) this.#buckets.delete(bucket);
    this.#changes++;
  }

  /** Takes all that another store has in place of its own, at once; the other one is not to be used any more. */
  become(other: CounterStore): void {
    this.#buckets = other.#buckets;
    this.#totals = other.#totals;
    this.#limit = other.#limit;
    this.#changes++;
  }

  #limited(given: Values): Values {
    const values: Values = {};
    for (const series in given) {
      const name = this.#limit.nameFor(series);
      values[name] = (values[name] ?? 0n) + given[series]!;
    }
    return values;
  }

  #add(series: string, by: bigint): void {
    const total = (this.#totals.get(series) ?? 0n) + by;
    if (total === 0n) this.#totals.delete(series);
    else this.#totals.set(series, total);
  }

  /** The sum over all time of every series of a name that is not 0, by the values of its dimensions. */
  totals(name: string): Map<readonly string[], bigint> {
    const totals = new Map<readonly string[], bigint>();
    for (const [series, value] of this.#totals) {
      const [seriesName, ...dimensions] = JSON.parse(series) as [string, ...string[]];
      if (seriesName === name) totals.set(dimensions, value);
    }
    return totals;
  }

  /** The sum over all time of one series. */
  total(name: string, ...dimensions: readonly string[]): bigint {
    return this.#totals.get(JSON.stringify([name, ...dimensions])) ?? 0n;
  }

  /**
   * Sums by series over the buckets that start in `[from, to)`, of all names or of one.
   *
   * @returns Sums by the series' JSON array, without those that are 0.
   */
  sums(from: Instant, to: Instant, name?: string): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    const prefix = name === undefined ? '' : JSON.stringify([name]).slice(0, -1);
    for (const bucket of this.#bucketsIn(from, to)) {
      for (const values of this.#buckets.get(bucket)!.values()) {
        for (const series in values)
          if (series.startsWith(prefix)) sums.set(series, (sums.get(series) ?? 0n) + values[series]!);
      }
    }
    for (const [series, sum] of sums) if (sum === 0n) sums.delete(series);
    return sums;
  }

  /** The starts of the buckets within `[from, to)` that have values, in no order. */
  #bucketsIn(from: Instant, to: Instant): Instant[] {
    if ((to - from) / bucketMs > this.#buckets.size)
      return [...this.#buckets.keys()].filter((bucket) => bucket >= from && bucket < to);
    const found: Instant[] = [];
    for (let bucket = Math.ceil(from / bucketMs) * bucketMs; bucket < to; bucket += bucketMs)
      if (this.#buckets.has(bucket)) found.push(bucket);
    return found;
  }
}
