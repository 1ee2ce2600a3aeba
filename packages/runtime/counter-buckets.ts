import type { Instant } from '@tidemark/metrics/definition/definition';
import { addTo, baseBucket, bucketKey, bucketOfKey, type CounterBucket } from './counters.ts';
import { needed, type KeyedRecord, type Store } from './record-store.ts';
import { reading } from './state-error.ts';

/** Quarter hours that one batch adds to the base at most. */
const summedMax = 1_000;
/** Buckets kept in memory. */
const cachedMax = 2_000;

/** What buckets of counters need of the shell. */
export type CounterCodec = {
  readonly encodeCounters: (bucket: CounterBucket) => Uint8Array;
  readonly decodeCounters: (bytes: Uint8Array) => CounterBucket;
};

/** The buckets of live counters of one task: quarter hours, and the base of each definition. */
export class CounterBuckets {
  readonly #store: Store;
  readonly #codec: CounterCodec;
  /** Map order is age of use. */
  readonly #cached = new Map<string, CounterBucket>();
  /** Keys of all stored buckets by their start, the base apart. */
  readonly #stored = new Map<Instant, Set<string>>();
  readonly #changed = new Set<string>();
  /** What each definition changed last: mostly it is what it changes next. */
  readonly #latest = new Map<string, CounterBucket>();
  /** Quarter hours before this are in the bases. */
  #summedUpTo: Instant = -Infinity;

  constructor(store: Store, codec: CounterCodec) {
    this.#store = store;
    this.#codec = codec;
  }

  /** Makes a stored bucket known, by its key. */
  know(key: string): void {
    const { bucket } = bucketOfKey(key);
    if (bucket === baseBucket) return;
    const known = this.#stored.get(bucket);
    if (known === undefined) this.#stored.set(bucket, new Set([key]));
    else known.add(key);
  }

  /**
   * A bucket that is about to change.
   *
   * @throws StateError when it is damaged.
   */
  change(definition: string, bucket: Instant): CounterBucket {
    const latest = this.#latest.get(definition);
    if (latest?.bucket === bucket) return latest;
    const key = bucketKey(definition, bucket);
    this.#changed.add(key);
    const found = this.#bucket(key);
    this.#latest.set(definition, found);
    return found;
  }

  /**
   * The records of what changed; those of quarter hours before `from`, some at a time, deleted and added to the base of
   * their definition.
   */
  take(from: Instant): { readonly records: KeyedRecord[]; readonly more: boolean } {
    const records: KeyedRecord[] = [];
    this.#latest.clear();
    const old = from === this.#summedUpTo ? [] : this.#keysBefore(from);
    for (const key of old.slice(0, summedMax)) {
      this.#sumUp(key);
      records.push({ id: key, value: null });
    }
    if (old.length <= summedMax) this.#summedUpTo = from;
    for (const id of this.#changed)
      records.push({ id, value: this.#codec.encodeCounters(this.#cached.get(id)!) });
    this.#changed.clear();
    this.#latest.clear();
    for (const key of this.#cached.keys()) {
      if (this.#cached.size <= cachedMax) break;
      this.#cached.delete(key);
    }
    return { records, more: old.length > summedMax };
  }

  #bucket(key: string): CounterBucket {
    const bucket = this.#cached.get(key) ?? this.#read(key);
    this.#cached.delete(key);
    this.#cached.set(key, bucket);
    return bucket;
  }

  #read(key: string): CounterBucket {
    const { definition, bucket } = bucketOfKey(key);
    const isStored = this.#stored.get(bucket)?.has(key) === true;
    const value = isStored ? needed(this.#store, key) : this.#store.get(key);
    this.know(key);
    if (value === undefined) return { definition, bucket, values: {} };
    return reading(key, () => this.#codec.decodeCounters(value));
  }

  #keysBefore(from: Instant): string[] {
    return [...this.#stored].flatMap(([bucket, keys]) => (bucket < from ? [...keys] : []));
  }

  #sumUp(key: string): void {
    const { definition, bucket } = bucketOfKey(key);
    const { values } = this.#bucket(key);
    const base = this.change(definition, baseBucket);
    for (const series in values) addTo(base, series, values[series]!);
    this.#cached.delete(key);
    this.#changed.delete(key);
    const ofBucket = this.#stored.get(bucket);
    ofBucket?.delete(key);
    if (ofBucket?.size === 0) this.#stored.delete(bucket);
  }
}
