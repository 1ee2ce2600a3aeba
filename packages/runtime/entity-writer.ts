import { retentionMs, type Family, type Retention } from '@tidemark/events/families';
import type { AnyEvent, Definition, Instant } from '@tidemark/metrics/definition/definition';
import type { Entity, FreshEntry } from './entity.ts';
import { fingerprintsOf, formOf } from './fingerprint.ts';
import { raise, stateBefore } from './fold.ts';
import { encodeHead, legacySegmentId, pageId, pieceId, segmentId, type StoredBase } from './head.ts';
import { addToPage } from './identities.ts';
import { hashOf, identityOf, pack, packedBytes, unpack } from './packed.ts';
import { needed, type KeyedRecord, type Store } from './record-store.ts';
import type { StateCodec } from './state-codec.ts';

/** How large records may become. A record is at most one of these and an event larger than the broker takes. */
export type RecordLimits = {
  /** Entries that fill a segment, in bytes; the head holds at most as many, and is written with every change. */
  readonly segmentBytes: number;
  /** Encoded states up to so many bytes are in the head; larger ones in pieces, and not written with every change. */
  readonly inlineBytes: number;
  readonly pieceBytes: number;
  /** Identities on one page, in bytes. */
  readonly pageBytes: number;
  /** Events in memory beyond which those that the base covers are forgotten. */
  readonly historyMax: number;
};

/** As measured: a head is rewritten with every event, a piece seldom, and neither comes near what a broker takes. */
export const recordLimits: RecordLimits = {
  segmentBytes: 2_048,
  inlineBytes: 2_048,
  pieceBytes: 128 * 1024,
  pageBytes: 8_192,
  historyMax: 256,
};

/**
 * With fewer entries than this no states are stored: most entities of one event are never met again, nor are those that ended.
 * Of others the states are read four times as fast as events are folded.
 */
const entriesWithoutStates = { open: 2, ended: 4 };
/** Segments after the base, at least, before it moves on. */
const tailSegmentsMin = 4;
const nothing = new Uint8Array(0);

/** What writing entities needs of the shell. */
export type WriterOptions = {
  readonly store: Store;
  readonly allocate: (size: number) => Uint8Array;
  readonly states: StateCodec;
  readonly definitionsOn: (family: Family) => readonly Definition[];
  readonly limits: RecordLimits;
};

/** Writes entities as records: no more of them than what changed. */
export class EntityWriter {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Adds the records that store an entity as it is now, all of whose definitions have published, to `records`. */
  write(entity: Entity, records: KeyedRecord[]): void {
    const { allocate, definitionsOn, limits } = this.#options;
    for (let index = 0; index < entity.legacySegments; index++)
      records.push({ id: legacySegmentId(entity.id, index), value: null });
    entity.legacySegments = 0;
    const { open, added } = this.#sealFull(entity, records);
    const base = this.#writeBase(entity, records);
    const ended = isEnded(entity);
    const now = this.#now(entity, ended ? entriesWithoutStates.ended : entriesWithoutStates.open);
    if (now !== undefined && now.length > limits.inlineBytes) entity.isLarge = true;
    const definitions = definitionsOn(entity.family);
    const form = formOf(definitions);
    const pages = entity.stored?.pages ?? 0;
    const value = encodeHead(
      {
        through: entity.through,
        wake: entity.wake,
        latest: entity.latest,
        ended,
        segments: entity.openSegment,
        pages,
        published: fingerprintsOf(definitions),
        form,
        now: entity.isLarge ? undefined : now,
        base,
        open,
      },
      added,
      allocate,
    );
    records.push({ id: entity.id, value });
    entity.stored = { segments: entity.openSegment, pages, form, base };
    // The entries are the end of the record, which is in memory anyway until it is on disk.
    entity.open = value.subarray(value.length - open.length - packedBytes(added));
    entity.storedWake = entity.wake;
    entity.fresh = [];
  }

  /** The deletions of all records of an entity. */
  erase({ id, stored, legacySegments }: Entity): KeyedRecord[] {
    const ids = [id];
    for (let index = 0; index < (stored?.segments ?? 0); index++) ids.push(segmentId(id, index));
    for (let index = 0; index < (stored?.pages ?? 0); index++) ids.push(pageId(id, index));
    for (let index = 0; index < (stored?.base?.pieces ?? 0); index++) ids.push(pieceId(id, index));
    for (let index = 0; index < legacySegments; index++) ids.push(legacySegmentId(id, index));
    return ids.map((one) => ({ id: one, value: null }));
  }

  /**
   * The accepted events of a stored entity as records of an archive, under keys of their own: an entity that was forgotten
   * may begin anew.
   */
  archive({ id, stored, open, latest }: Entity): KeyedRecord[] {
    const segments = Array.from({ length: stored?.segments ?? 0 }, (_, index) =>
      needed(this.#options.store, segmentId(id, index)),
    );
    return [...segments, open].map((value, part) => ({ id: `${id}\u0000a${latest}\u0000${part}`, value }));
  }

  /** Seals the segments that became full, with their identities. @returns The entries of the open one: packed, and added. */
  #sealFull(entity: Entity, records: KeyedRecord[]): { open: Uint8Array; added: readonly FreshEntry[] } {
    const { allocate } = this.#options;
    let open = entity.stored === undefined ? nothing : entity.open;
    let segment = entity.stored?.segments ?? 0;
    if (entity.openSegment === segment) return { open, added: entity.fresh };
    let group: FreshEntry[] = [];
    for (const entry of entity.fresh) {
      if (entry.segment > segment) {
        const sealed = pack(open, group, allocate);
        records.push({ id: segmentId(entity.id, segment), value: sealed });
        this.#list(entity, segment, sealed, records);
        segment = entry.segment;
        group = [];
        open = nothing;
      }
      group.push(entry);
    }
    return { open, added: group };
  }

  #list(entity: Entity, segment: number, sealed: Uint8Array, records: KeyedRecord[]): void {
    const { store, allocate, limits } = this.#options;
    const entries = unpack(sealed);
    const own = entries.map(({ hash }) => hash);
    const targets = entries.flatMap(({ target }) => (target === 0 ? [] : [target]));
    let pages = entity.stored?.pages ?? 0;
    const last = pages === 0 ? undefined : pageId(entity.id, pages - 1);
    const listed = records.find(({ id }) => id === last);
    let page = last === undefined ? nothing : (listed?.value ?? needed(store, last));
    if (last === undefined || page.length >= limits.pageBytes) {
      pages++;
      page = nothing;
    }
    const value = addToPage(page, { segment, own, targets }, allocate);
    const id = pageId(entity.id, pages - 1);
    const index = records.findIndex((record) => record.id === id);
    if (index === -1) records.push({ id, value });
    else records[index] = { id, value };
    entity.stored = { form: 0, base: undefined, ...entity.stored, segments: segment, pages };
  }

  /** The base as it is to be stored, and its pieces where it changes. */
  #writeBase(entity: Entity, records: KeyedRecord[]): StoredBase | undefined {
    const { limits } = this.#options;
    const base = entity.stored?.base;
    const moved = baseDue(entity, limits.segmentBytes) ? movedBase(entity) : undefined;
    const place = moved ?? (entity.isBaseStale ? base : undefined);
    if (place === undefined) return base;
    const states = entity.folds.map((fold) => stateBefore(fold, entity.history, place.at));
    const encoded = new Uint8Array(this.#options.states.encode(states));
    const isInline = encoded.length <= limits.inlineBytes;
    const pieces = isInline ? 0 : Math.ceil(encoded.length / limits.pieceBytes);
    for (let piece = 0; piece < pieces; piece++) {
      const value = encoded.subarray(piece * limits.pieceBytes, (piece + 1) * limits.pieceBytes);
      records.push({ id: pieceId(entity.id, piece), value });
    }
    for (let piece = pieces; piece < (base?.pieces ?? 0); piece++)
      records.push({ id: pieceId(entity.id, piece), value: null });
    if (moved !== undefined) this.#trim(entity, moved, states);
    entity.isBaseStale = false;
    entity.isLarge = !isInline;
    const { at, segment } = place;
    return { at, segment, pieces, bytes: encoded.length, states: isInline ? encoded : nothing };
  }

  /** Forgets the events in memory that a new base covers, when they are many. */
  #trim(entity: Entity, { at, index }: MovedBase, states: readonly unknown[]): void {
    if (index < this.#options.limits.historyMax) return;
    entity.folds.forEach((fold, place) => raise(fold, index, at, states[place]));
    entity.weight -= (entity.weight * index) / (entity.history.length + 1);
    entity.history = entity.history.slice(index);
    entity.from = at;
  }

  /** The states as they are now; `undefined` where they are not worth storing or could not be gone on from. */
  #now(entity: Entity, entriesMin: number): Uint8Array | undefined {
    if (entity.isLarge) return undefined;
    if (entity.openSegment === 0 && entity.own.size < entriesMin) return undefined;
    // What waits to be folded has to be in the head.
    if (entity.openSegment > 0)
      for (let index = entity.folds[0]?.index ?? 0; index < entity.history.length; index++)
        if (segmentOf(entity, entity.history[index]!) < entity.openSegment) return undefined;
    return this.#options.states.encode(entity.folds.map(({ state }) => state));
  }
}

/** When an entity is forgotten that ended: the events that could still be for it are refused by then. `Infinity` for never. */
export function forgottenAt(
  family: Family,
  { latest, ended }: { latest: Instant; ended: boolean },
  retention: Retention = retentionMs,
): Instant {
  const ageMax = retention[family];
  return ended && ageMax !== undefined ? latest + ageMax + slackMs : Infinity;
}

/** An event that was received in time may wait in its topic for as long as topics keep it, and a day more. */
const slackMs = 31 * 86_400_000;

function isEnded({ folds, wake }: Entity): boolean {
  return wake === Infinity && folds.every(({ definition, state }) => definition.ended?.(state) === true);
}

/** Moves on once the tail is as large as the states, so that writing them costs an event no more than itself. */
function baseDue({ openSegment, stored, isLarge }: Entity, segmentBytes: number): boolean {
  if (openSegment === 0) return false;
  const base = stored?.base;
  const tail = openSegment - (base?.segment ?? 0);
  return tail >= Math.max(tailSegmentsMin, Math.ceil((isLarge ? (base?.bytes ?? 0) : 0) / segmentBytes));
}

type MovedBase = { readonly at: Instant; readonly segment: number; readonly index: number };

/**
 * The earliest place for a base that leaves half of the tail behind it, so that what is a little late need not reach
 * behind it; `undefined` when there is none.
 */
function movedBase(entity: Entity): MovedBase | undefined {
  const { history, openSegment, stored, through } = entity;
  const least = (stored?.base?.segment ?? 0) + Math.ceil((openSegment - (stored?.base?.segment ?? 0)) / 2);
  let index = history.length;
  let segment = openSegment;
  while (index > 0) {
    const before = segmentOf(entity, history[index - 1]!);
    if (before < least) break;
    segment = Math.min(segment, before);
    index--;
  }
  // An instant is folded whole: the base stands at the first event of one.
  while (
    index > 0 &&
    index < history.length &&
    history[index - 1]!.occurred_at === history[index]!.occurred_at
  )
    index++;
  // With nothing after it that is stored, it stands where the folds do; what waits to be folded would be after it.
  if (index === history.length && entity.folds[0]?.index !== index) return undefined;
  const at = history[index]?.occurred_at ?? through;
  if (at > through || at < entity.from || at === -Infinity) return undefined;
  return { at, segment, index };
}

/** The first segment that an event may be in. */
function segmentOf({ own }: Entity, event: AnyEvent): number {
  return Math.min(...own.segmentsOf(hashOf(identityOf(event))));
}
