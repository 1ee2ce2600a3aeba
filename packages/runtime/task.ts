import type { Family } from '@tidemark/events/families';
import type { CartEvent } from '@tidemark/events/types';
import type { AnyEvent, Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { Audit } from './audit.ts';
import { clockAfter } from './clock.ts';
import { bucketKey, countFacts, type CounterBucket } from './counters.ts';
import { derivedCartEvent } from './derive.ts';
import type { SignedFact } from './difference.ts';
import { accept, emptyEntity, publishUpTo, revive, type Entity } from './entity.ts';
import { decodeHead, decodeRestart, encodeEntity, segmentId, unpack } from './entity-codec.ts';
import { fingerprintOf } from './fingerprint.ts';
import { ingest } from './ingest-counters.ts';
import { reading, StateError } from './state-error.ts';
import { Wakes } from './wakes.ts';

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

/** Where a task keeps what does not fit its cache: what was published last under an id, committed or under way. */
export type Store = {
  readonly get: (id: string) => Uint8Array | undefined;
};

export type Codec = {
  readonly decodeEvent: (family: Family, bytes: Uint8Array) => AnyEvent;
  readonly encodeCounters: (bucket: CounterBucket) => Uint8Array;
  readonly decodeCounters: (bytes: Uint8Array) => CounterBucket;
  /** Gives so many bytes, whatever is in them: records are many and small, and a shell can do better than one by one. */
  readonly allocate: (size: number) => Uint8Array;
};

export type TaskOptions = {
  readonly definitions: readonly Definition[];
  readonly partition: number;
  readonly codec: Codec;
  /** Entities by id (`<family>\0<entity key>`, segments beneath). */
  readonly entities: Store;
  /** Counter buckets by key. */
  readonly counters: Store;
  /** Entities kept in memory. */
  readonly cachedEntitiesMax: number;
  /** Entities woken by time alone in one batch at most, so that no transaction grows without bound. */
  readonly wakesPerBatchMax: number;
};

export type Batch = {
  readonly received: readonly Received[];
  readonly wallClock: Instant;
  /** Families of which everything received is in this batch or before it. */
  readonly caughtUp: ReadonlySet<Family>;
  /** Whether to publish how far each family is counted. */
  readonly progress: boolean;
};

/** A record to store under a key, in the changelog or in the counters; `null` deletes what is stored there. */
export type KeyedRecord = { readonly id: string; readonly value: Uint8Array | null };

/** What one batch changes. All of it is committed together, or none. */
export type Output = {
  readonly facts: ReadonlyMap<string, readonly SignedFact[]>;
  readonly entities: readonly KeyedRecord[];
  readonly counters: readonly KeyedRecord[];
  readonly derived: readonly CartEvent[];
  /** Entities are due that this batch had no room for. */
  readonly more: boolean;
};

/** The id of an entity in the store and the changelog. */
export function entityId(family: Family, key: string): string {
  return `${family}\u0000${key}`;
}

/**
 * The work of one partition number over all families: keeps the entities, folds what changed and what fell due, and says
 * what is to be published. Pure but for its own memory: it does no I/O and reads no clock. After a batch whose output
 * could not be committed it must be thrown away and made anew.
 */
export class Task {
  /** Counts records that never reach an entity (strays on their way, dead letters) as well. */
  readonly audit = new Audit();
  readonly #options: TaskOptions;
  readonly #definitionsOn = new Map<Family, readonly Definition[]>();
  readonly #entities = new Map<string, Entity>();
  readonly #buckets = new Map<string, CounterBucket>();
  readonly #wakes = new Map<Family, Wakes>();
  readonly #clocks = new Map<Family, Instant>();
  readonly #lastReceivedAt = new Map<Family, Instant>();

  constructor(options: TaskOptions) {
    this.#options = options;
    for (const definition of options.definitions) {
      const others = this.#definitionsOn.get(definition.on) ?? [];
      this.#definitionsOn.set(definition.on, [...others, definition]);
      this.#wakes.set(definition.on, new Wakes());
      this.#clocks.set(definition.on, -Infinity);
    }
  }

  /**
   * Makes a stored entity known to a restored task. One that has not met all of today's definitions is woken at once, so
   * that a new metric counts all of the past.
   *
   * @param id The entity's id; segments are passed over.
   * @throws StateError when the entity was counted by a definition, or a version of one, that is not here any more.
   */
  restore(id: string, value: Uint8Array): void {
    if (isSegment(id)) return;
    const family = familyOf(id);
    const definitions = this.#definitionsOn.get(family) ?? [];
    const { wake, published } = reading(id, () => decodeRestart(value));
    const present = new Set(definitions.map(fingerprintOf));
    if (published.some((fingerprint) => !present.has(fingerprint)))
      throw new StateError(
        'definitions',
        `${family} was counted by other definitions than today's: a metric or a setting of one (CART_ABANDON_AFTER, ` +
          'FCR_WINDOW, LAPSE_AFTER) was changed. Start a new application id, which counts anew from the events.',
      );
    this.#wakes.get(family)?.set(id, published.length < present.size ? -Infinity : wake);
  }

  /** Entities that wait for time to pass. */
  get waiting(): number {
    let waiting = 0;
    for (const wakes of this.#wakes.values()) waiting += wakes.size;
    return waiting;
  }

  /** Counts a batch in and returns what follows from it. */
  process(batch: Batch): Output {
    const touched = new Set<Entity>();
    const derived: CartEvent[] = [];
    const greatest = new Map<Family, Instant>();
    for (const received of batch.received) {
      const { family, event } = received;
      greatest.set(family, Math.max(greatest.get(family) ?? -Infinity, event.occurred_at));
      const entity = this.#take(received, derived);
      if (entity !== undefined) touched.add(entity);
    }
    const behind = new Set<Family>();
    for (const [family, clock] of this.#clocks) {
      const seen = greatest.get(family) ?? -Infinity;
      const now = clockAfter(clock, seen, batch.caughtUp.has(family), batch.wallClock);
      this.#clocks.set(family, now);
      const due = this.#wakes.get(family)!.take(now, this.#options.wakesPerBatchMax);
      if (due.length === this.#options.wakesPerBatchMax) behind.add(family);
      for (const id of due) touched.add(this.#entity(id));
    }
    const notes = batch.progress ? this.#progress(batch.wallClock, behind) : [];
    return { ...this.#publish(touched, notes), derived, more: behind.size > 0 };
  }

  #take(received: Received, derived: CartEvent[]): Entity | undefined {
    const { family, event, hop, receivedAt } = received;
    const { source } = event;
    if (hop === 'first') this.audit.receive(family, source, receivedAt, event.occurred_at);
    if (hop !== 'derived')
      this.#lastReceivedAt.set(family, Math.max(this.#lastReceivedAt.get(family) ?? -Infinity, receivedAt));
    const entity = this.#entity(entityId(family, received.key));
    const acceptance = accept(entity, received);
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

  #entity(id: string): Entity {
    let entity = this.#entities.get(id);
    if (entity !== undefined) {
      // Map order is age of use: the entity goes to the young end.
      this.#entities.delete(id);
    } else {
      entity = this.#load(id);
    }
    this.#entities.set(id, entity);
    return entity;
  }

  #load(id: string): Entity {
    const family = familyOf(id);
    const entity = emptyEntity(id, family, this.#definitionsOn.get(family) ?? []);
    const value = this.#options.entities.get(id);
    if (value === undefined) return entity;
    const head = reading(id, () => decodeHead(value));
    const open = reading(id, () => unpack(head.open));
    entity.sealedSegments = head.sealedSegments;
    entity.storedEntries = open.length;
    const sealed: Uint8Array[] = [];
    for (let index = 0; index < head.sealedSegments; index++) {
      const segment = this.#options.entities.get(segmentId(id, index));
      if (segment === undefined)
        throw new StateError('damaged', `segment ${index} of a stored entity is missing`);
      sealed.push(...reading(id, () => unpack(segment)));
    }
    const { decodeEvent } = this.#options.codec;
    const events = [...sealed, ...open].map((bytes) => decodeEvent(family, bytes));
    return revive(entity, events, head.through, head.published);
  }

  /** A cached entity keeps no bytes: its head comes from the store, unless it was never put there. */
  #headOf({ id, storedEntries, sealedSegments }: Entity): Uint8Array | undefined {
    return storedEntries + sealedSegments > 0 ? this.#options.entities.get(id) : undefined;
  }

  #bucket(definition: string, bucket: Instant, changed: Set<string>): CounterBucket {
    const key = bucketKey(definition, bucket);
    changed.add(key);
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

  #publish(touched: ReadonlySet<Entity>, notes: readonly Fact[]): Omit<Output, 'derived' | 'more'> {
    const facts = new Map<string, SignedFact[]>();
    const entities: KeyedRecord[] = [];
    const changed = new Set<string>();
    const add = (signed: SignedFact): void => {
      const known = facts.get(signed.fact.kind);
      if (known === undefined) facts.set(signed.fact.kind, [signed]);
      else known.push(signed);
    };
    const bucketOf = (name: string, bucket: Instant) => this.#bucket(name, bucket, changed);
    const publish = (definition: Definition, signed: readonly SignedFact[]): void => {
      signed.forEach(add);
      countFacts(definition, signed, bucketOf);
    };
    for (const entity of touched) {
      publishUpTo(entity, this.#clocks.get(entity.family) ?? -Infinity, publish);
      this.#wakes.get(entity.family)?.set(entity.id, entity.wake);
      entities.push(...encodeEntity(entity, this.#headOf(entity), this.#options.codec.allocate));
    }
    const audit = this.audit.take().map((fact): SignedFact => ({ sign: 1, fact }));
    audit.forEach(add);
    countFacts(ingest, audit, bucketOf);
    for (const fact of notes) add({ sign: 1, fact });
    const { encodeCounters } = this.#options.codec;
    const counters = [...changed].map((id) => ({ id, value: encodeCounters(this.#buckets.get(id)!) }));
    this.#forget();
    return { facts, entities, counters };
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

  #forget(): void {
    const { cachedEntitiesMax } = this.#options;
    evict(this.#entities, cachedEntitiesMax);
    evict(this.#buckets, cachedEntitiesMax);
  }
}

function evict(cache: Map<string, unknown>, max: number): void {
  for (const key of cache.keys()) {
    if (cache.size <= max) return;
    cache.delete(key);
  }
}

function isSegment(id: string): boolean {
  return id.indexOf('\u0000', id.indexOf('\u0000') + 1) !== -1;
}

function familyOf(id: string): Family {
  return id.slice(0, id.indexOf('\u0000')) as Family;
}
