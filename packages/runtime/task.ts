import type { Family, Retention } from '@tidemark/events/families';
import type { CartEvent } from '@tidemark/events/types';
import type { Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { Audit } from './audit.ts';
import { clockAfter } from './clock.ts';
import type { Batch, Output, Received, WakeChange } from './batch.ts';
import { CounterBuckets, type CounterCodec } from './counter-buckets.ts';
import { countFacts, keptFrom } from './counters.ts';
import { derivedCartEvent } from './derive.ts';
import type { SignedFact } from './difference.ts';
import { accept, type Entity } from './entity.ts';
import { EntityCache } from './entity-cache.ts';
import { EntityReader, type EntityCodec, type WaitingVoid } from './entity-store.ts';
import { EntityWriter, recordLimits, type RecordLimits } from './entity-writer.ts';
import { familyOfId } from './entity-id.ts';
import { ingest } from './ingest-counters.ts';
import { publishUpTo } from './publish.ts';
import type { KeyedRecord, Store } from './record-store.ts';
import { shapesId, StateCodec } from './state-codec.ts';
import { Things } from './things.ts';
import { Walk, type WalkPart } from './walk.ts';

export type { Batch, Hop, Output, Received, WakeChange, Walked } from './batch.ts';
export type { KeyedRecord } from './record-store.ts';
export type { WaitingVoid } from './entity-store.ts';
export type { WalkPart } from './walk.ts';

/** How states and counters become bytes. */
export type Codec = EntityCodec &
  CounterCodec & {
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
  /** How old events may be when they are received; that of the contract by default. */
  readonly retention?: Retention;
  /** The limit of the memory of entities, in bytes, as far as it can be estimated. */
  readonly cacheBytes: number;
  /** Entities woken by time alone in one batch at most, so that no transaction grows without bound. */
  readonly wakesPerBatchMax: number;
  /** Other limits of records than `recordLimits`, for tests. */
  readonly limits?: RecordLimits;
};

type Changes = {
  readonly entities: KeyedRecord[];
  readonly wakes: WakeChange[];
  readonly archive: readonly KeyedRecord[];
  readonly voidsForgotten: readonly WaitingVoid[];
};

const none: readonly Definition[] = [];

/** A fact of the runtime's own: it says when something was received, so it is never late. */
const ofReceipt = (fact: Fact): SignedFact => ({ sign: 1, cause: 'arrived', fact });

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
  readonly #states: StateCodec;
  readonly #cache: EntityCache;
  readonly #things: Things;
  readonly #walk: Walk;
  readonly #counters: CounterBuckets;
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
    this.#states = new StateCodec(store.get(shapesId));
    this.#reader = new EntityReader({
      store,
      codec,
      states: this.#states,
      definitionsOn,
      segmentBytes: this.#limits.segmentBytes,
    });
    const { allocate } = codec;
    this.#writer = new EntityWriter({
      store,
      allocate,
      states: this.#states,
      definitionsOn,
      limits: this.#limits,
    });
    this.#cache = new EntityCache(options.cacheBytes, (id) => this.#reader.load(id));
    this.#things = new Things({ store, read: (id) => this.#cache.get(id), past: this.#reader });
    this.#walk = new Walk(options.definitions, store, options.retention);
    this.#counters = new CounterBuckets(options.counters, codec);
  }

  /** Makes a stored bucket of counters known to a restored task, by its key. */
  restoreBucket(key: string): void {
    this.#counters.know(key);
  }

  /** The part of the walk over all stored records that the next batch is to be handed; `undefined` while there is none. */
  walk(wallClock: Instant): WalkPart | undefined {
    return this.#walk.next(wallClock);
  }

  /** Records of a batch that are not in memory: they are going to be read from the store. */
  cold(received: readonly Received[]): string[] {
    const ids = new Set<string>();
    for (const one of received) this.#things.addIds(one, ids);
    return [...ids].filter((id) => !this.#cache.has(id));
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
    const published = this.#publish(touched, walked, notes, from);
    const { records: counters, more } = this.#counters.take(from);
    return { ...published, counters, derived, more: behind.size > 0 || more };
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
        this.#things.forget(entity);
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
    const isReceipt = hop !== 'derived' && hop !== 'recounted';
    if (isReceipt)
      this.#lastReceivedAt.set(family, Math.max(this.#lastReceivedAt.get(family) ?? -Infinity, receivedAt));
    const entity = this.#cache.get(this.#things.entityOf(received));
    const acceptance = accept(entity, received, this.#reader, this.#limits.segmentBytes);
    if (acceptance.outcome === 'duplicate') {
      if (hop === 'first' || hop === 'stray') this.audit.add('duplicates', family, source, receivedAt);
      return undefined;
    }
    this.#things.accepted(entity, received);
    const tookBack = acceptance.outcome === 'void' || acceptance.outcome === 'voided-already';
    if (tookBack && isReceipt) this.audit.add('voided', family, source, receivedAt);
    if (family === 'purchase') {
      const event_ = derivedCartEvent(event, acceptance);
      if (event_ !== undefined) derived.push(event_);
    }
    return entity;
  }

  #publish(
    touched: ReadonlySet<Entity>,
    { entities, wakes, archive, voidsForgotten }: Changes,
    notes: readonly Fact[],
    countersFrom: Instant,
  ): Omit<Output, 'counters' | 'derived' | 'more'> {
    const facts = new Map<string, SignedFact[]>();
    let others = 0;
    const add = (signed: SignedFact): void => {
      const known = facts.get(signed.fact.kind);
      if (known === undefined) facts.set(signed.fact.kind, [signed]);
      else known.push(signed);
    };
    const bucketOf = (name: string, bucket: Instant) => this.#counters.change(name, bucket);
    const publish = (definition: Definition, signed: readonly SignedFact[]): void => {
      signed.forEach(add);
      others += countFacts(definition, signed, bucketOf, countersFrom);
    };
    for (const entity of touched) {
      publishUpTo(entity, this.#clocks.get(entity.family) ?? -Infinity, publish);
      if (entity.wake !== entity.storedWake)
        wakes.push({ id: entity.id, was: entity.storedWake, is: entity.wake });
      this.#writer.write(entity, entities);
    }
    entities.push(...this.#things.takeChanged(), ...this.#states.takeGrown());
    const audit = this.audit.take().map(ofReceipt);
    audit.forEach(add);
    others += countFacts(ingest, audit, bucketOf, countersFrom);
    notes.map(ofReceipt).forEach(add);
    this.#cache.evict();
    return { facts, entities, wakes, archive, voidsForgotten, others };
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
