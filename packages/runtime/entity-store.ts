import { compareEvents } from '@tidemark/events/order';
import type { Family } from '@tidemark/events/families';
import { familyOfId, keyOfId } from './entity-id.ts';
import type { AnyEvent, Definition, Instant } from '@tidemark/metrics/definition/definition';
import {
  emptyEntity,
  isVoided,
  learn,
  targetIn,
  weigh,
  type Entity,
  type Entry,
  type Older,
  type Past,
} from './entity.ts';
import { fingerprintOf, fingerprintsOf, formOf } from './fingerprint.ts';
import { advance, beginAt, startFold, type Fold } from './fold.ts';
import {
  decodeHead,
  decodeLegacyHead,
  isLegacy,
  pageId,
  pieceId,
  segmentId,
  type StoredHead,
} from './head.ts';
import { scanPage } from './identities.ts';
import { takeInLegacy } from './legacy-entity.ts';
import { identityOf, isDerived, scan, unpack, type PackedEntry } from './packed.ts';
import { needed, type Store } from './record-store.ts';
import type { StateCodec } from './state-codec.ts';
import { reading, StateError } from './state-error.ts';

/** What a byte of states weighs in memory, about: the names of its fields are not in it. */
const weightOfState = 16;

/** What reading entities out of a store needs of the shell. */
export type EntityCodec = {
  readonly decodeEvent: (family: Family, bytes: Uint8Array) => AnyEvent;
};

/** What reading entities needs. */
export type ReaderOptions = {
  readonly store: Store;
  readonly codec: EntityCodec;
  readonly states: StateCodec;
  readonly definitionsOn: (family: Family) => readonly Definition[];
  /** Bytes of entries that fill a segment. */
  readonly segmentBytes: number;
};

/** A void whose target has not come. */
export type WaitingVoid = Entry & { readonly family: Family; readonly key: string };

/**
 * Reads entities out of a store, as little of them as will do: the head and the states for what comes in order, the tail
 * for what is a little late, the whole history for what is not.
 */
export class EntityReader implements Past {
  readonly #store: Store;
  readonly #codec: EntityCodec;
  readonly #states: StateCodec;
  readonly #definitionsOn: (family: Family) => readonly Definition[];
  readonly #segmentBytes: number;

  constructor({ store, codec, states, definitionsOn, segmentBytes }: ReaderOptions) {
    this.#states = states;
    this.#segmentBytes = segmentBytes;
    this.#store = store;
    this.#codec = codec;
    this.#definitionsOn = definitionsOn;
  }

  /**
   * An entity as it is stored; an empty one when it is not.
   *
   * @throws StateError when it is damaged, or counted by definitions that are not here any more.
   */
  load(id: string): Entity {
    const family = familyOfId(id);
    const entity = emptyEntity(id, family, this.#definitionsOn(family));
    const value = this.#store.get(id);
    if (value === undefined) return entity;
    if (isLegacy(value)) return reading(id, () => this.#loadLegacy(entity, value));
    return reading(id, () => this.#loadHead(entity, decodeHead(value)));
  }

  /** An entity's head record; `undefined` when it is not stored. */
  head(id: string): Uint8Array | undefined {
    return this.#store.get(id);
  }

  /**
   * Whether all of today's definitions have published what a stored entity gives.
   *
   * @throws StateError when others have.
   */
  isPublished(family: Family, published: readonly number[]): boolean {
    const fingerprints = fingerprintsOf(this.#definitionsOn(family));
    if (
      published.length === fingerprints.length &&
      published.every((one, index) => one === fingerprints[index])
    )
      return true;
    const present = new Set(fingerprints);
    if (published.some((fingerprint) => !present.has(fingerprint)))
      throw new StateError('definitions', `${family} was counted by other definitions than today's`);
    return published.length === present.size;
  }

  find(
    entity: Entity,
    segment: number,
    kind: 'own' | 'target',
    hash: number,
    isIt: (event: AnyEvent) => boolean,
  ): AnyEvent | undefined {
    for (const entry of entity.fresh)
      if (entry.segment === segment && hashIn(entry, kind) === hash && isIt(entry.event)) return entry.event;
    return reading(entity.id, () => {
      for (const entry of this.#entries(entity, segment)) {
        if (hashIn(entry, kind) !== hash) continue;
        const event = this.#codec.decodeEvent(entity.family, entry.bytes);
        if (isIt(event)) return event;
      }
      return undefined;
    });
  }

  before(entity: Entity, at: Instant): Older {
    return reading(entity.id, () => {
      const { stored } = entity;
      const base = stored?.base;
      const starts =
        base !== undefined && base.at <= at && base.at < entity.from ? this.#startsAtBase(entity) : undefined;
      const [from, segment] = starts === undefined ? [-Infinity, 0] : [base!.at, base!.segment];
      const events = this.#live(entity, segment, from, entity.from);
      return { from, events, starts: starts ?? entity.folds.map(({ definition }) => startFold(definition)) };
    });
  }

  /** Voids of a stored entity that wait for their target, those that the pipeline derived apart. */
  waitingVoids(entity: Entity): WaitingVoid[] {
    const { id, family } = entity;
    const waiting: WaitingVoid[] = [];
    return reading(id, () => {
      for (let segment = 0; segment <= (entity.stored?.segments ?? -1); segment++)
        for (const { at, target, bytes } of this.#entries(entity, segment)) {
          if (target === 0) continue;
          const event = this.#codec.decodeEvent(family, bytes);
          if (!isDerived(event) && targetIn(entity, event, this) === undefined)
            waiting.push({ family, key: keyOfId(id), event, bytes, receivedAt: at });
        }
      return waiting;
    });
  }

  #loadHead(entity: Entity, head: StoredHead): Entity {
    const { open, now, segments, pages, form, base } = head;
    entity.stored = { segments, pages, form, base };
    entity.open = open;
    entity.through = head.through;
    entity.wake = head.wake;
    entity.storedWake = head.wake;
    entity.latest = head.latest;
    entity.openSegment = head.segments;
    entity.openBytes = open.length;
    for (let page = 0; page < head.pages; page++)
      scanPage(
        needed(this.#store, pageId(entity.id, page)),
        (hash, segment) => entity.own.add(hash, segment),
        (hash, segment) => entity.targets.add(hash, segment),
      );
    scan(open, (hash, target) => learn(entity, hash, target, head.segments));
    entity.weight += 76 * (entity.own.size + entity.targets.size);
    const isOurForm = form === formOf(this.#definitionsOn(entity.family));
    entity.isBaseStale = base !== undefined && !isOurForm;
    if (!this.isPublished(entity.family, head.published)) return this.#foldWhole(entity, head.published);
    const states = isOurForm && now && this.#states.decode(now);
    if (states) {
      entity.weight += weightOfState * now.length;
      this.#goOn(entity, head, states);
      return entity;
    }
    const starts = this.#startsAtBase(entity);
    if (starts === undefined) return this.#foldWhole(entity, head.published);
    // States that were once too large for the head are so still.
    entity.isLarge = now === undefined;
    this.#foldOn(entity, base!.at, base!.segment, starts);
    return entity;
  }

  /** Goes on from the states of a head; of its entries only those not folded in are read. */
  #goOn(entity: Entity, { through, segments, latest }: StoredHead, states: readonly unknown[]): void {
    entity.from = through;
    if (latest >= through) entity.history = this.#live(entity, segments, through, Infinity);
    entity.folds.forEach((fold, index) => {
      beginAt(fold, through, states[index]);
      fold.published = true;
    });
  }

  #foldWhole(entity: Entity, published: readonly number[]): Entity {
    const known = new Set(published);
    this.#foldOn(
      entity,
      -Infinity,
      0,
      entity.folds.map(({ definition }) => startFold(definition)),
      (fold) => known.has(fingerprintOf(fold.definition)),
    );
    return entity;
  }

  /** Folds what is stored at and after `from` to where the entity stood; the facts are out. */
  #foldOn(
    entity: Entity,
    from: Instant,
    segment: number,
    starts: readonly Fold[],
    isPublished: (fold: Fold) => boolean = () => true,
  ): void {
    entity.from = from;
    entity.history = this.#live(entity, segment, from, Infinity);
    entity.folds.forEach((fold, index) => {
      const start = starts[index]!;
      beginAt(fold, start.checkpoints[0]!.before, start.state);
      if (!isPublished(fold)) return;
      advance(fold, entity.history, entity.through, []);
      fold.published = true;
    });
  }

  #startsAt(entity: Entity, at: Instant, states: readonly unknown[]): readonly Fold[] {
    return entity.folds.map(({ definition }, index) => startFold(definition, at, states[index]));
  }

  /** Folds at the stored base; `undefined` when there is none that can be read. */
  #startsAtBase(entity: Entity): readonly Fold[] | undefined {
    const { stored } = entity;
    const base = stored?.base;
    if (base === undefined || entity.isBaseStale) return undefined;
    const pieces = Array.from({ length: base.pieces }, (_, piece) =>
      needed(this.#store, pieceId(entity.id, piece)),
    );
    const states = this.#states.decode(pieces.length === 0 ? base.states : joined(pieces));
    entity.isBaseStale = states === undefined;
    if (states === undefined) return undefined;
    entity.weight += weightOfState * base.bytes;
    return this.#startsAt(entity, base.at, states);
  }

  /** The stored events from a segment on that happened in `[from, to)`, in order, voided ones gone. */
  #live(entity: Entity, segment: number, from: Instant, to: Instant): AnyEvent[] {
    const { family, stored } = entity;
    const events: AnyEvent[] = [];
    for (let index = segment; index <= (stored?.segments ?? -1); index++)
      for (const { at, hash, target, bytes } of this.#entries(entity, index)) {
        if (target !== 0 || at < from || !(at < to)) continue;
        const event = this.#codec.decodeEvent(family, bytes);
        if (isVoided(entity, identityOf(event), hash, this)) continue;
        weigh(entity, bytes.length);
        events.push(event);
      }
    return events.sort(compareEvents);
  }

  /** The stored entries of a segment, sealed or open. */
  #entries({ id, stored, open }: Entity, segment: number): PackedEntry[] {
    if (stored === undefined || segment > stored.segments) return [];
    return unpack(segment < stored.segments ? needed(this.#store, segmentId(id, segment)) : open);
  }

  #loadLegacy(entity: Entity, value: Uint8Array): Entity {
    const head = decodeLegacyHead(value);
    this.isPublished(entity.family, head.published);
    takeInLegacy(entity, head, {
      store: this.#store,
      decode: (bytes) => this.#codec.decodeEvent(entity.family, bytes),
      past: this,
      segmentBytes: this.#segmentBytes,
    });
    return entity;
  }
}

function hashIn(entry: PackedEntry, kind: 'own' | 'target'): number {
  return kind === 'own' ? entry.hash : entry.target;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let position = 0;
  for (const piece of pieces) {
    whole.set(piece, position);
    position += piece.length;
  }
  return whole;
}
