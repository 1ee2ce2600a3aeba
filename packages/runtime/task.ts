import type { Family } from '@tidemark/events/families';
import type { CartEvent } from '@tidemark/events/types';
import type { AnyEvent, Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { Audit } from './audit.ts';
import { clockAfter } from './clock.ts';
import {
  addTo,
  baseBucket,
  bucketKey,
  bucketOfKey,
  countFacts,
  keptFrom,
  type CounterBucket,
} from './counters.ts';
import { derivedCartEvent } from './derive.ts';
import type { SignedFact } from './difference.ts';
import { accept, publishUpTo, type Entity } from './entity.ts';
import { EntityCache } from './entity-cache.ts';
import { EntityReader, type EntityCodec, type WaitingVoid } from './entity-store.ts';
import { EntityWriter, recordLimits, type KeyedRecord, type RecordLimits } from './entity-writer.ts';
import { ingest } from './ingest-counters.ts';
import type { Store } from './record-store.ts';
import { Walk, type WalkPart } from './walk.ts';

export type { KeyedRecord } from './entity-writer.ts';
export type { WaitingVoid } from './entity-store.ts';
export type { WalkPart } from './walk.ts';

/**
 * How a record came to the task: at its first receipt, moved from another partition, derived from a purchase, or
 * re-published from the dead letters.
 */
export type Hop = 'first' | 'stray' | 'derived' | 'again';

/** A valid event in the partition it belongs to. */
export type Received = {
  readonly family: Family;
  /** The entity key. */
  readonly key: string;
  readonly event: AnyEvent;
  /** The event as framed on the wire; kept as it is. */
  readonly bytes: Uint8Array;
  readonly receivedAt: Instant;
  readonly hop: Hop;
};

/** How states and counters become bytes. */
export type Codec = EntityCodec & {
  readonly encodeCounters: (bucket: CounterBucket) => Uint8Array;
  readonly decodeCounters: (bytes: Uint8Array) => CounterBucket;
  /** Gives so many bytes, whatever is in them: records are many and small, and a shell can do better than one by one. */
  readonly allocate: (size: number) => Uint8Array;
};

/** What a task runs on, and its limits. */
export type TaskOptions = {
  readonly definitions: readonly Definition[];
  readonly partition: number;
  readonly codec: Codec;
  /** Entities by id (`<family>\0<entity key>`, their other records beneath). */
  readonly entities: Store;
  /** Counter buckets by key. */
  readonly counters: Store;
  /** How long counters are kept by quarter hours, in milliseconds, older ones summed up in the base; by default for ever. */
  readonly countersKeptMs?: number;
  /** The limit of the memory of entities, in bytes, as far as it can be estimated. */
  readonly cacheBytes: number;
  /** Entities woken by time alone in one batch at most, so that no transaction grows without bound. */
  readonly wakesPerBatchMax: number;
  /** Other limits of records than `recordLimits`, for tests. */
  readonly limits?: RecordLimits;
};

/** What a task processes in one transaction. */
export type Batch = {
  readonly received: readonly Received[];
  readonly wallClock: Instant;
  /** Families of which everything received is in this batch or before it. */
  readonly caughtUp: ReadonlySet<Family>;
  /** How far the clocks of some families may go, which wait for others. */
  readonly ceilings?: ReadonlyMap<Family, Instant>;
  /** Whether to publish how far each family is counted. */
  readonly progress: boolean;
  /** Entities that want waking before the clocks that `clocksAfter` gives, earliest first. */
  readonly due: readonly string[];
  /** What the walk over all that is stored came to, where `walk` asked for it. */
  readonly walked?: Walked | undefined;
};

/** A part of the walk over all records stored: keys in their order. */
export type Walked = { readonly ids: readonly string[]; readonly isEnd: boolean };

/** When an entity wanted waking, and when it does now; `Infinity` for never. */
export type WakeChange = { readonly id: string; readonly was: Instant; readonly is: Instant };

/** What one batch changes. All of it is committed together, or none. */
export type Output = {
  readonly facts: ReadonlyMap<string, readonly SignedFact[]>;
  readonly entities: readonly KeyedRecord[];
  readonly wakes: readonly WakeChange[];
  /** The accepted events of entities that leave the state, as they were stored. */
  readonly archive: readonly KeyedRecord[];
  /** Voids that leave the state with their entity and whose target never came; each is counted as set aside (rule 25). */
  readonly voidsForgotten: readonly WaitingVoid[];
  readonly counters: readonly KeyedRecord[];
  readonly derived: readonly CartEvent[];
  /** Changes of counters that were counted as `other`, since there were too many values of a dimension. */
  readonly others: number;
  /** Entities are due that this batch had no room for. */
  readonly more: boolean;
};

/** Quarter hours that one batch adds to the base at most. */
const bucketsSummedMax = 1_000;

/** The id of an entity in the store and the changelog. */
export function entityId(family: Family, key: string): string {
  return `${family}\u0000${key}`;
}

type Changes = {
  readonly entities: KeyedRecord[];
  readonly wakes: WakeChange[];
  readonly archive: readonly KeyedRecord[];
  readonly voidsForgotten: readonly WaitingVoid[];
};

const none: readonly Definition[] = [];

/** Buckets of counters kept in memory. */
const cachedBucketsMax = 2_000;

/**
 * The work of one partition number over all families: keeps the entities, folds what changed and what fell due, and says
 * what is to be published. Pure but for its own memory: it does no I/O and reads no clock. After a batch whose output
 * could not be committed it must be thrown away and made anew.
 */
export class Task {
  /** Counts records that never reach an entity (strays on their way, dead letters) as well. */
  readonly audit = new Audit();
  readonly #options: TaskOptions;
  readonly #limits: RecordLimits;
  readonly #definitionsOn = new Map<Family, readonly Definition[]>();
  readonly #reader: EntityReader;
  readonly #writer: EntityWriter;
  readonly #cache: EntityCache;
  readonly #walk: Walk;
  readonly #buckets = new Map<string, CounterBucket>();
  /** Keys of all stored buckets by their start, the base apart. */
  readonly #bucketKeys = new Map<Instant, Set<string>>();
  /** Quarter hours before this are in the bases. */
  #summedUpTo: Instant = -Infinity;
  readonly #clocks = new Map<Family, Instant>();
  readonly #lastReceivedAt = new Map<Family, Instant>();

  /**
   * @throws StateError when what is stored was counted by a definition, or a version of one, that is not here any more.
   */
  constructor(options: TaskOptions) {
    this.#options = options;
    this.#limits = options.limits ?? recordLimits;
    for (const definition of options.definitions) {
      const others = this.#definitionsOn.get(definition.on) ?? none;
      this.#definitionsOn.set(definition.on, [...others, definition]);
      this.#clocks.set(definition.on, -Infinity);
    }
    const definitionsOn = (family: Family): readonly Definition[] => this.#definitionsOn.get(family) ?? none;
    const { entities: store, codec } = options;
    this.#reader = new EntityReader(store, codec, definitionsOn, this.#limits.segmentBytes);
    this.#writer = new EntityWriter({ store, allocate: codec.allocate, definitionsOn, limits: this.#limits });
    this.#cache = new EntityCache(options.cacheBytes, (id) => this.#reader.load(id));
    this.#walk = new Walk(options.definitions, store);
  }

  /** Makes a stored bucket of counters known to a restored task, by its key. */
  restoreBucket(key: string): void {
    const { bucket } = bucketOfKey(key);
    if (bucket === baseBucket) return;
    const known = this.#bucketKeys.get(bucket);
    if (known === undefined) this.#bucketKeys.set(bucket, new Set([key]));
    else known.add(key);
  }

  /** The part of the walk over all stored records that the next batch is to be handed; `undefined` while there is none. */
  walk(wallClock: Instant): WalkPart | undefined {
    return this.#walk.next(wallClock);
  }

  /** Where the clocks stand after a batch; entities due before them go into it. */
  clocksAfter({
    received,
    wallClock,
    caughtUp,
    ceilings,
  }: Pick<Batch, 'received' | 'wallClock' | 'caughtUp' | 'ceilings'>): ReadonlyMap<Family, Instant> {
    const greatest = new Map<Family, Instant>();
    for (const { family, event } of received)
      greatest.set(family, Math.max(greatest.get(family) ?? -Infinity, event.occurred_at));
    const clocks = new Map<Family, Instant>();
    for (const [family, clock] of this.#clocks) {
      const seen = greatest.get(family) ?? -Infinity;
      const reached = clockAfter(clock, seen, caughtUp.has(family), wallClock);
      clocks.set(family, Math.max(clock, Math.min(reached, ceilings?.get(family) ?? Infinity)));
    }
    return clocks;
  }

  /** Counts a batch in and returns what follows from it. */
  process(batch: Batch): Output {
    const touched = new Set<Entity>();
    const derived: CartEvent[] = [];
    for (const received of batch.received) {
      const entity = this.#take(received, derived);
      if (entity !== undefined) touched.add(entity);
    }
    for (const [family, clock] of this.clocksAfter(batch)) this.#clocks.set(family, clock);
    const due = new Map<Family, number>();
    for (const id of batch.due) {
      touched.add(this.#cache.get(id));
      due.set(familyOfId(id), (due.get(familyOfId(id)) ?? 0) + 1);
    }
    const walked = this.#follow(batch, touched);
    const behind = new Set(this.#walk.behind);
    for (const [family, count] of due) if (count >= this.#options.wakesPerBatchMax) behind.add(family);
    const notes = batch.progress ? this.#progress(batch.wallClock, behind) : [];
    const from = keptFrom(batch.wallClock, this.#options.countersKeptMs ?? Infinity);
    const { counters, ...published } = this.#publish(touched, walked, notes, from);
    const old = this.#sumUp(from);
    return {
      ...published,
      counters: [...counters, ...old.counters],
      derived,
      more: behind.size > 0 || old.more,
    };
  }

  /** Looks at what the walk has come to: brings up to date what is behind, and forgets what has ended long ago. */
  #follow({ walked, wallClock }: Batch, touched: Set<Entity>): Changes {
    const entities: KeyedRecord[] = [...this.#walk.takeDue()];
    const archive: KeyedRecord[] = [];
    const voidsForgotten: WaitingVoid[] = [];
    for (const id of walked?.ids ?? []) {
      const finding = this.#walk.look(id, this.#reader, this.#clocks.get(familyOfId(id)) ?? -Infinity);
      if (finding === 'fine') continue;
      const entity = this.#cache.get(id);
      if (finding === 'behind') touched.add(entity);
      else if (!touched.has(entity)) {
        archive.push(...this.#writer.archive(entity));
        voidsForgotten.push(...this.#reader.waitingVoids(entity));
        entities.push(...this.#writer.erase(entity));
        this.#cache.forget(id);
      }
    }
    if (walked !== undefined) entities.push(...this.#walk.walked(walked, wallClock));
    for (const { family, event, receivedAt } of voidsForgotten)
      this.audit.add('dead_lettered', family, event.source, receivedAt);
    return { entities, wakes: [], archive, voidsForgotten };
  }

  #take(received: Received, derived: CartEvent[]): Entity | undefined {
    const { family, event, hop, receivedAt } = received;
    const { source } = event;
    if (hop === 'first') this.audit.receive(family, source, receivedAt, event.occurred_at);
    if (hop !== 'derived')
      this.#lastReceivedAt.set(family, Math.max(this.#lastReceivedAt.get(family) ?? -Infinity, receivedAt));
    const entity = this.#cache.get(entityId(family, received.key));
    const acceptance = accept(entity, received, this.#reader, this.#limits.segmentBytes);
    if (acceptance.outcome === 'duplicate') {
      if (hop === 'first' || hop === 'stray') this.audit.add('duplicates', family, source, receivedAt);
      return undefined;
    }
    const tookBack = acceptance.outcome === 'void' || acceptance.outcome === 'voided-already';
    if (tookBack && hop !== 'derived') this.audit.add('voided', family, source, receivedAt);
    if (family === 'purchase') {
      const event_ = derivedCartEvent(event, acceptance);
      if (event_ !== undefined) derived.push(event_);
    }
    return entity;
  }

  #bucket(definition: string, bucket: Instant, changed: Set<string>): CounterBucket {
    const key = bucketKey(definition, bucket);
    changed.add(key);
    this.restoreBucket(key);
    let known = this.#buckets.get(key);
    if (known === undefined) {
      const value = this.#options.counters.get(key);
      known =
        value === undefined ? { definition, bucket, values: {} } : this.#options.codec.decodeCounters(value);
    } else {
      this.#buckets.delete(key);
    }
    this.#buckets.set(key, known);
    return known;
  }

  #publish(
    touched: ReadonlySet<Entity>,
    { entities, wakes, archive, voidsForgotten }: Changes,
    notes: readonly Fact[],
    countersFrom: Instant,
  ): Omit<Output, 'derived' | 'more'> {
    const facts = new Map<string, SignedFact[]>();
    const changed = new Set<string>();
    let others = 0;
    const add = (signed: SignedFact): void => {
      const known = facts.get(signed.fact.kind);
      if (known === undefined) facts.set(signed.fact.kind, [signed]);
      else known.push(signed);
    };
    const bucketOf = (name: string, bucket: Instant) => this.#bucket(name, bucket, changed);
    const publish = (definition: Definition, signed: readonly SignedFact[]): void => {
      signed.forEach(add);
      others += countFacts(definition, signed, bucketOf, countersFrom);
    };
    for (const entity of touched) {
      publishUpTo(entity, this.#clocks.get(entity.family) ?? -Infinity, publish);
      if (entity.wake !== entity.storedWake)
        wakes.push({ id: entity.id, was: entity.storedWake, is: entity.wake });
      for (const record of this.#writer.write(entity)) entities.push(record);
    }
    const audit = this.audit.take().map((fact): SignedFact => ({ sign: 1, fact }));
    audit.forEach(add);
    others += countFacts(ingest, audit, bucketOf, countersFrom);
    for (const fact of notes) add({ sign: 1, fact });
    const { encodeCounters } = this.#options.codec;
    const counters = [...changed].map((id) => ({ id, value: encodeCounters(this.#buckets.get(id)!) }));
    this.#cache.evict();
    evict(this.#buckets, cachedBucketsMax);
    return { facts, entities, wakes, archive, voidsForgotten, counters, others };
  }

  /** Adds quarter hours before `from` to the base of their definition and deletes them, some at a time. */
  #sumUp(from: Instant): { counters: KeyedRecord[]; more: boolean } {
    if (from === this.#summedUpTo) return { counters: [], more: false };
    const keys = [...this.#bucketKeys].flatMap(([bucket, ofBucket]) => (bucket < from ? [...ofBucket] : []));
    const summed = keys.slice(0, bucketsSummedMax);
    const changed = new Set<string>();
    for (const key of summed) {
      const { definition, bucket } = bucketOfKey(key);
      const { values } = this.#bucket(definition, bucket, new Set());
      const base = this.#bucket(definition, baseBucket, changed);
      for (const series in values) addTo(base, series, values[series]!);
      this.#buckets.delete(key);
      this.#dropKey(key, bucket);
    }
    if (summed.length === keys.length) this.#summedUpTo = from;
    const { encodeCounters } = this.#options.codec;
    const bases = [...changed].map((id) => ({ id, value: encodeCounters(this.#buckets.get(id)!) }));
    return {
      counters: [...bases, ...summed.map((id) => ({ id, value: null }))],
      more: keys.length > summed.length,
    };
  }

  #dropKey(key: string, bucket: Instant): void {
    const ofBucket = this.#bucketKeys.get(bucket);
    ofBucket?.delete(key);
    if (ofBucket?.size === 0) this.#bucketKeys.delete(bucket);
  }

  /** @param behind Families of which not all is out that fell due before their clock. */
  #progress(wallClock: Instant, behind: ReadonlySet<Family>): Fact[] {
    const facts: Fact[] = [];
    for (const [family, clock] of this.#clocks) {
      if (clock === -Infinity || behind.has(family)) continue;
      facts.push({
        kind: 'progress',
        at: wallClock,
        family,
        partition: this.#options.partition,
        data_through: clock,
        last_received_at: this.#lastReceivedAt.get(family) ?? null,
      });
    }
    return facts;
  }
}

function evict(cache: Map<string, unknown>, max: number): void {
  for (const key of cache.keys()) {
    if (cache.size <= max) return;
    cache.delete(key);
  }
}

function familyOfId(id: string): Family {
  return id.slice(0, id.indexOf('\u0000')) as Family;
}
