import { baseBucket, bucketMs } from '@tidemark/runtime/counters';
import { SeriesLimit } from '@tidemark/runtime/series-limit';
import type { Counters } from '@tidemark/events/counter-codec';

/** Milliseconds since the epoch, UTC. */
export type Instant = number;

/** Values of dimensions by their names. */
export type Labels = { readonly [dimension: string]: string };

/** Values of one dimension of a name with series of their own, over all buckets; the processor has fewer in each. */
const dimensionValuesMax = 2_000;
/** Bytes of all names of series; beyond, those of a new series are counted as `other`. */
const seriesBytesMax = 16 * 1024 * 1024;

/** One live series: its values by bucket number (start ÷ bucket length), and their sum over all time. */
export type Series = {
  readonly dimensions: readonly string[];
  readonly values: Map<number, number>;
  /** By bucket number, how much was retracted since this process started. */
  readonly lowered: Map<number, number>;
  total: number;
};

/**
 * All live series of all tasks, stored so that one series can be read over time. Counters are absolute values, so a
 * repeated record changes nothing. Money is in micros, as it is counted. Old buckets are deleted once they are in the base:
 * a window is stored, and totals.
 */
export class SeriesStore {
  readonly #written = new Map<string, Counters['values']>();
  readonly #series = new Map<string, Map<string, Series & { readonly name: string }>>();
  readonly #starts = new Map<string, Instant>();
  readonly #moved = new Map<string, number>();
  /** Names with anything in the base: their history is older than the window. */
  readonly #old = new Set<string>();
  readonly #limit = new SeriesLimit({ perDimension: dimensionValuesMax, bytes: seriesBytesMax });

  /** Applies a record of the counters topic. */
  apply(partition: number, { definition, bucket, values: given }: Counters): void {
    const key = `${partition}|${definition}|${bucket}`;
    const values = this.#limited(given);
    const before = this.#written.get(key) ?? {};
    for (const series in before) if (!(series in values)) this.#add(series, bucket, -Number(before[series]));
    for (const series in values) {
      const by = values[series]! - (before[series] ?? 0n);
      if (by !== 0n) this.#add(series, bucket, Number(by));
    }
    this.#written.set(key, values);
  }

  /** Deletes a bucket: its values are in the base, and nothing was counted back. */
  remove(partition: number, { definition, bucket }: Pick<Counters, 'definition' | 'bucket'>): void {
    const key = `${partition}|${definition}|${bucket}`;
    const before = this.#written.get(key) ?? {};
    this.#written.delete(key);
    const number = bucketOf(bucket);
    for (const series in before) {
      const known = this.#of(series);
      const value = (known.values.get(number) ?? 0) - Number(before[series]);
      if (value === 0) known.values.delete(number);
      else known.values.set(number, value);
      known.lowered.delete(number);
      known.total -= Number(before[series]);
    }
  }

  #limited(given: Counters['values']): Counters['values'] {
    const values: Counters['values'] = {};
    for (const series in given) {
      const name = this.#limit.nameFor(series);
      values[name] = (values[name] ?? 0n) + given[series]!;
    }
    return values;
  }

  /** The series of a name; empty while nothing was counted under it. */
  of(name: string): readonly Series[] {
    return [...(this.#series.get(name)?.values() ?? [])];
  }

  /** The start of the first bucket of the window with a value of a name; warm-up counts from here. */
  start(name: string): Instant | undefined {
    if (!this.#old.has(name)) return this.#starts.get(name);
    // It was counted before the window: it is known for as long as anything is.
    return Math.min(...this.#starts.values(), this.#starts.get(name) ?? Infinity);
  }

  /** The sum of all changes of a name, up or down, in any bucket. It only grows. */
  moved(name: string): number {
    return this.#moved.get(name) ?? 0;
  }

  #add(series: string, bucket: Instant, by: number): void {
    const known = this.#of(series);
    const { name } = known;
    if (bucket === baseBucket) {
      // Neither in a quarter hour nor counted just now.
      this.#old.add(name);
      known.total += by;
      return;
    }
    const number = bucket / bucketMs;
    const value = (known.values.get(number) ?? 0) + by;
    if (value === 0) known.values.delete(number);
    else known.values.set(number, value);
    if (by < 0) known.lowered.set(number, (known.lowered.get(number) ?? 0) - by);
    known.total += by;
    this.#moved.set(name, this.moved(name) + Math.abs(by));
    const start = this.#starts.get(name);
    if (start === undefined || bucket < start) this.#starts.set(name, bucket);
  }

  #of(series: string): Series & { readonly name: string } {
    const [name, ...dimensions] = JSON.parse(series) as [string, ...string[]];
    let ofName = this.#series.get(name);
    if (ofName === undefined) this.#series.set(name, (ofName = new Map()));
    let known = ofName.get(series);
    if (known === undefined)
      ofName.set(series, (known = { name, dimensions, values: new Map(), lowered: new Map(), total: 0 }));
    return known;
  }
}

/** The number of the bucket that contains an instant. */
export function bucketOf(at: Instant): number {
  return Math.floor(at / bucketMs);
}

/** The sum of some series in one bucket. */
export function valueAt(series: readonly Series[], bucket: number): number {
  let sum = 0;
  for (const { values } of series) sum += values.get(bucket) ?? 0;
  return sum;
}

/** The sum of some series over the buckets `[from, to)`. */
export function sumOver(series: readonly Series[], from: number, to: number): number {
  let sum = 0;
  for (let bucket = from; bucket < to; bucket++) sum += valueAt(series, bucket);
  return sum;
}

/** How much of some series was retracted in the buckets `[from, to)`. */
export function loweredOver(series: readonly Series[], from: number, to: number): number {
  let sum = 0;
  for (const { lowered } of series)
    if (lowered.size > 0) for (let bucket = from; bucket < to; bucket++) sum += lowered.get(bucket) ?? 0;
  return sum;
}
