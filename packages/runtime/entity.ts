import { compareEvents } from '@tidemark/events/order';
import type { Family } from '@tidemark/events/families';
import type { AnyEvent, Definition, Instant } from '@tidemark/metrics/definition/definition';
import { deepen, startFold, type Fold } from './fold.ts';
import { Identities } from './identities.ts';
import { entryOverhead, hashOf, identityOf, targetOf, type PackedEntry } from './packed.ts';
import type { StoredHead } from './head.ts';
import { lateStretch, type Revision, type Stretch } from './stretches.ts';

/** An event with the framed bytes it came in, and its first receipt. */
export type Entry = {
  readonly event: AnyEvent;
  readonly bytes: Uint8Array;
  readonly receivedAt: Instant;
};

/** An accepted event that is not stored yet, and the segment it is going to be in. */
export type FreshEntry = PackedEntry & { readonly event: AnyEvent; readonly segment: number };

/**
 * One entity: the set of its accepted events, and its folds as far as they are published.
 *
 * `history` has the events at and after `from` in order, without voids and voided events; what is before `from` is in the
 * store alone, and in the folds' floor. `through` is the clock up to which (exclusively) its facts are published, never
 * before `from`.
 */
export type Entity = {
  readonly id: string;
  readonly family: Family;
  readonly folds: readonly Fold[];
  history: AnyEvent[];
  from: Instant;
  /** What was folded when the batch under way first changed something already folded; with the earliest change. */
  revised: Revised | undefined;
  /** Where what the batch under way brought is late. */
  late: Stretch[];
  /** Identities of all accepted events. */
  readonly own: Identities;
  /** Identities that a void names, whether their event has arrived or not. */
  readonly targets: Identities;
  /** The segment of the next accepted event, and the bytes in it so far. */
  openSegment: number;
  openBytes: number;
  /** Accepted since it was last stored; their bytes are views into what was fetched, so not to be kept for long. */
  fresh: FreshEntry[];
  through: Instant;
  /** The first instant at which there is something to fold; `Infinity` for none. */
  wake: Instant;
  /** The greatest time of all its entries. */
  latest: Instant;
  /** Where its head stands as last stored; `undefined` when it is not, or in the form before. */
  stored: Pick<StoredHead, 'segments' | 'pages' | 'form' | 'base'> | undefined;
  /** The entries in its head as last stored. */
  open: Uint8Array;
  /** The wake its head was last stored with. */
  storedWake: Instant;
  /** Sealed segments stored in the form before, which are to go. */
  legacySegments: number;
  /** The stored base is not what the history gives any more. */
  isBaseStale: boolean;
  /** The states are too large to be stored with every change. */
  isLarge: boolean;
  /** About so many bytes in memory. */
  weight: number;
  /** The weight as the cache last counted it. */
  weighed: number;
};

/** A history as it was folded, before the batch under way changed it. */
type Revised = Revision & { history: readonly AnyEvent[]; at: Instant };

/** What of an entity is in the store alone. */
export type Past = {
  /** Whether an entry of a segment that bears the hash is one that `isIt`. */
  readonly find: (
    entity: Entity,
    segment: number,
    kind: 'own' | 'target',
    hash: number,
    isIt: (event: AnyEvent) => boolean,
  ) => AnyEvent | undefined;
  /** The live events before the entity's `from`, in order, as far back as `at`, and folds that begin where they do. */
  readonly before: (entity: Entity, at: Instant) => Older;
};

/** Events before those in memory, and folds with all before them folded in. */
export type Older = {
  readonly from: Instant;
  readonly events: readonly AnyEvent[];
  readonly starts: readonly Fold[];
};

/** What became of an event handed to an entity. */
export type Acceptance =
  | { readonly outcome: 'duplicate' }
  | { readonly outcome: 'void-waiting' }
  | { readonly outcome: 'void'; readonly target: AnyEvent }
  | { readonly outcome: 'voided-already' }
  | { readonly outcome: 'new' };

const duplicate: Acceptance = { outcome: 'duplicate' };
const voidWaiting: Acceptance = { outcome: 'void-waiting' };
const voidedAlready: Acceptance = { outcome: 'voided-already' };
const fresh: Acceptance = { outcome: 'new' };

/** What an entity weighs without events, and each event beside a multiple of its bytes: measured, and no more than a guide. */
const weights = { entity: 1_600, event: 400, perByte: 5 };

/** An entity of which nothing is known yet. */
export function emptyEntity(id: string, family: Family, definitions: readonly Definition[]): Entity {
  return {
    id,
    family,
    folds: definitions.map((definition) => startFold(definition)),
    history: [],
    from: -Infinity,
    revised: undefined,
    late: [],
    own: new Identities(),
    targets: new Identities(),
    openSegment: 0,
    openBytes: 0,
    fresh: [],
    through: -Infinity,
    wake: Infinity,
    latest: -Infinity,
    stored: undefined,
    open: new Uint8Array(0),
    storedWake: Infinity,
    legacySegments: 0,
    isBaseStale: false,
    isLarge: false,
    weight: weights.entity,
    weighed: 0,
  };
}

/**
 * Adds an event to the set, whatever its place in the order, and returns what became of it. Nothing is folded yet. An
 * id counts once: of two contents under one id the first recorded stays (rule 25). No event is judged by its age here,
 * so what an entity remembers stays, however old it is (rule 30).
 *
 * @param segmentBytes Bytes of entries that fill a segment.
 */
export function accept(
  entity: Entity,
  { event, bytes, receivedAt }: Entry,
  past: Past,
  segmentBytes: number,
): Acceptance {
  const identity = identityOf(event);
  const hash = hashOf(identity);
  if (ownOf(entity, identity, hash, past) !== undefined) return duplicate;
  const target = targetOf(event);
  const targetHash = target === undefined ? 0 : hashOf(target);
  const acceptance =
    target === undefined
      ? admit(entity, { event, receivedAt }, isVoided(entity, identity, hash, past), past)
      : applyVoid(entity, target, targetHash, past);
  // A void waits for its target from its receipt on; its own time says nothing (rule 25).
  const at = target === undefined ? event.occurred_at : receivedAt;
  append(entity, { event, bytes, at, hash, target: targetHash }, segmentBytes);
  return acceptance;
}

function admit(
  entity: Entity,
  { event, receivedAt }: Pick<Entry, 'event' | 'receivedAt'>,
  voided: boolean,
  past: Past,
): Acceptance {
  if (voided) return voidedAlready;
  const late = lateStretch(event, receivedAt);
  if (late !== undefined) entity.late.push(late);
  const revised = revise(entity, event.occurred_at, past);
  if (revised !== undefined && late !== undefined) revised.isLate = true;
  insert(entity.history, event);
  return fresh;
}

/** A void applies to events of its own entity alone, whenever they arrive. Voids are not in the history, so none is voided (rule 25). */
function applyVoid(entity: Entity, target: string, hash: number, past: Past): Acceptance {
  if (isVoided(entity, target, hash, past)) return voidWaiting;
  const known = voidable(entity, target, hash, past);
  if (known === undefined) return voidWaiting;
  revise(entity, known.occurred_at, past)?.voided.push(known);
  const index = placeOf(entity.history, known);
  const [taken] = entity.history.splice(index, 1);
  if (taken === undefined || identityOf(taken) !== target)
    throw new Error(`${entity.id} has no event ${target} where it was accepted`);
  return { outcome: 'void', target: taken };
}

/** The accepted event that a void withdraws; `undefined` while there is none. */
export function targetIn(entity: Entity, voiding: AnyEvent, past: Past): AnyEvent | undefined {
  const target = targetOf(voiding);
  return target === undefined ? undefined : voidable(entity, target, hashOf(target), past);
}

function voidable(entity: Entity, identity: string, hash: number, past: Past): AnyEvent | undefined {
  const known = ownOf(entity, identity, hash, past);
  return known !== undefined && targetOf(known) === undefined ? known : undefined;
}

/** The accepted event of an identity; `undefined` while there is none. */
export function ownOf(entity: Entity, identity: string, hash: number, past: Past): AnyEvent | undefined {
  for (const segment of entity.own.segmentsOf(hash)) {
    const found = past.find(entity, segment, 'own', hash, (event) => identityOf(event) === identity);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a void names an identity. */
export function isVoided(entity: Entity, identity: string, hash: number, past: Past): boolean {
  for (const segment of entity.targets.segmentsOf(hash))
    if (past.find(entity, segment, 'target', hash, (event) => targetOf(event) === identity) !== undefined)
      return true;
  return false;
}

function append(entity: Entity, entry: Omit<FreshEntry, 'segment'>, segmentBytes: number): void {
  const size = entryOverhead + entry.bytes.length;
  if (entity.openBytes > 0 && entity.openBytes + size > segmentBytes) {
    entity.openSegment++;
    entity.openBytes = 0;
  }
  entity.openBytes += size;
  entity.fresh.push({ ...entry, segment: entity.openSegment });
  learn(entity, entry.hash, entry.target, entity.openSegment);
  entity.latest = Math.max(entity.latest, entry.at);
  weigh(entity, entry.bytes.length);
}

/** Notes the identities of an accepted event. */
export function learn(entity: Entity, hash: number, target: number, segment: number): void {
  entity.own.add(hash, segment);
  if (target !== 0) entity.targets.add(target, segment);
}

/** Notes that an event of so many bytes came into memory. */
export function weigh(entity: Entity, bytes: number): void {
  entity.weight += weights.event + weights.perByte * bytes;
}

/** Notes that something at `at` changes; only what is folded already has to be kept as it was, and is returned. */
function revise(entity: Entity, at: Instant, past: Past): Revised | undefined {
  if (at >= entity.through) return undefined;
  if (at < entity.from) reachBack(entity, past.before(entity, at));
  if (entity.stored?.base !== undefined && at < entity.stored.base.at) entity.isBaseStale = true;
  entity.revised ??= { history: [...entity.history], at, voided: [], isLate: false };
  entity.revised.at = Math.min(entity.revised.at, at);
  return entity.revised;
}

function reachBack(entity: Entity, { from, events, starts }: Older): void {
  entity.folds.forEach((fold, index) => deepen(fold, events, starts[index]!));
  entity.history = [...events, ...entity.history];
  if (entity.revised !== undefined) entity.revised.history = [...events, ...entity.revised.history];
  entity.from = from;
}

function insert(history: AnyEvent[], event: AnyEvent): void {
  const last = history.at(-1);
  if (last === undefined || compareEvents(last, event) < 0) history.push(event);
  else history.splice(placeOf(history, event), 0, event);
}

/** Where an event stands in a history, or would. */
function placeOf(history: readonly AnyEvent[], event: AnyEvent): number {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareEvents(history[middle]!, event) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
