import { compareEvents } from '@tidemark/events/order';
import type { Family } from '@tidemark/events/families';
import type { AnyEvent, Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { difference, type SignedFact } from './difference.ts';
import { fingerprintOf } from './fingerprint.ts';
import { advance, rewind, startFold, wakeOf, type Fold } from './fold.ts';

/** An event with the framed bytes it came in. */
export type Entry = { readonly event: AnyEvent; readonly bytes: Uint8Array };

type MaybeDerived = AnyEvent & {
  readonly derived_from?: string | null;
  readonly customer_id?: string | null;
  readonly voids?: string | null;
};

/**
 * One entity: the set of its accepted events, and its folds as far as they are published.
 *
 * `history` is in event order without voids and voided events; `through` is the clock up to which (exclusively) its facts
 * are published. The bytes of all accepted events, in order of arrival, are in the sealed segments, then in the head
 * record, then in `fresh`.
 */
export type Entity = {
  readonly id: string;
  readonly family: Family;
  history: AnyEvent[];
  /** What was folded when the batch under way first changed something already folded; with the earliest change. */
  revised: { readonly history: AnyEvent[]; at: Instant } | undefined;
  /** Identities of all accepted events: a list while there are few, as most entities never have many. */
  known: string[] | Set<string>;
  /** Identities taken back, there or not. */
  voided: Set<string> | undefined;
  readonly folds: readonly Fold[];
  /** Segments that are stored and will not change again. */
  sealedSegments: number;
  /** Entries in the head record as last encoded. Their bytes are in the store alone. */
  storedEntries: number;
  /** Accepted since: views into what was fetched, so they are not to be kept for long. */
  fresh: Uint8Array[];
  through: Instant;
  /** The first instant at which there is something to fold; `Infinity` for none. */
  wake: Instant;
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

/** An entity of which nothing is known yet. */
export function emptyEntity(id: string, family: Family, definitions: readonly Definition[]): Entity {
  return {
    id,
    family,
    history: [],
    revised: undefined,
    known: [],
    voided: undefined,
    folds: definitions.map(startFold),
    sealedSegments: 0,
    storedEntries: 0,
    fresh: [],
    through: -Infinity,
    wake: Infinity,
  };
}

/**
 * A derived event carries the id of the event it comes from, which is unique within the customer it comes from, and must
 * not be taken for an own event of that id.
 */
function identityOf(event: MaybeDerived): string {
  return event.derived_from ? `\u0000${event.customer_id}\u0000${event.event_id}` : event.event_id;
}

function targetOf(event: MaybeDerived): string | undefined {
  if (!event.type.endsWith('.voided')) return undefined;
  return event.derived_from ? `\u0000${event.customer_id}\u0000${event.voids}` : (event.voids ?? undefined);
}

/**
 * Adds an event to the set, whatever its place in the order, and returns what became of it. Nothing is folded yet. An
 * id counts once: of two contents under one id the first recorded stays (rule 25). No event is judged by its age here,
 * so what an entity remembers stays, however old it is (rule 30).
 */
export function accept(entity: Entity, { event, bytes }: Entry): Acceptance {
  const acceptance = admit(entity, event);
  if (acceptance !== duplicate) entity.fresh.push(bytes);
  return acceptance;
}

function admit(entity: Entity, event: AnyEvent): Acceptance {
  const identity = identityOf(event);
  if (isKnown(entity, identity)) return duplicate;
  learn(entity, identity);
  const target = targetOf(event);
  if (target !== undefined) return takeBack(entity, target);
  if (entity.voided?.has(identity)) return voidedAlready;
  revise(entity, event.occurred_at);
  insert(entity.history, event);
  return fresh;
}

/** A void reaches events of its own entity alone, whenever they arrive; voids are no history, so none is voided (rule 25). */
function takeBack(entity: Entity, target: string): Acceptance {
  const isFirst = !entity.voided?.has(target);
  entity.voided = (entity.voided ?? new Set()).add(target);
  const index = isFirst ? entity.history.findIndex((known) => identityOf(known) === target) : -1;
  const known = entity.history[index];
  if (known === undefined) return voidWaiting;
  revise(entity, known.occurred_at);
  entity.history.splice(index, 1);
  return { outcome: 'void', target: known };
}

/** More than so many are not looked through one by one any more. */
const listedMax = 12;

function isKnown({ known }: Entity, identity: string): boolean {
  return known instanceof Set ? known.has(identity) : known.includes(identity);
}

function learn(entity: Entity, identity: string): void {
  if (entity.known instanceof Set) entity.known.add(identity);
  else if (entity.known.push(identity) > listedMax) entity.known = new Set(entity.known);
}

/** Notes that something at `at` changes; only what is folded already has to be kept as it was. */
function revise(entity: Entity, at: Instant): void {
  if (at >= entity.through) return;
  if (entity.revised === undefined) entity.revised = { history: [...entity.history], at };
  else if (at < entity.revised.at) entity.revised.at = at;
}

function insert(history: AnyEvent[], event: AnyEvent): void {
  let low = 0;
  let high = history.length;
  const last = history[high - 1];
  if (last === undefined || compareEvents(last, event) < 0) low = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareEvents(history[middle]!, event) < 0) low = middle + 1;
    else high = middle;
  }
  if (low === history.length) history.push(event);
  else history.splice(low, 0, event);
}

/**
 * Folds the entity up to `clock` and hands over what is to be published, with the definition that says so. In order this
 * is one step from where the fold stands; after a late or voided event it folds again from before it, and the difference
 * to what the old history gave is the answer.
 */
export function publishUpTo(
  entity: Entity,
  clock: Instant,
  publish: (definition: Definition, signed: readonly SignedFact[]) => void,
): void {
  const until = Math.max(clock, entity.through);
  const { revised } = entity;
  entity.wake = Infinity;
  for (const fold of entity.folds) {
    const before: Fact[] = [];
    const after: Fact[] = [];
    if (revised !== undefined && fold.published)
      advance(rewind(fold, revised.at), revised.history, entity.through, before);
    advance(fold, entity.history, until, after);
    fold.published = true;
    entity.wake = Math.min(entity.wake, wakeOf(fold, entity.history));
    if (before.length > 0) publish(fold.definition, difference(before, after));
    else if (after.length > 0) publish(fold.definition, after.map(added));
  }
  entity.revised = undefined;
  entity.through = until;
}

function added(fact: Fact): SignedFact {
  return { sign: 1, fact };
}

/**
 * Rebuilds an entity from its stored events and the clock it was published through: the folds are run to where they
 * were, and the facts, which are published, forgotten. A definition that is not among `published` stays at its
 * beginning, and publishes all it has to say when the entity is next folded.
 *
 * @param published Fingerprints of the definitions whose facts are out.
 */
export function revive(
  entity: Entity,
  events: readonly AnyEvent[],
  through: Instant,
  published: ReadonlySet<number>,
): Entity {
  for (const event of events) admit(entity, event);
  entity.through = through;
  for (const fold of entity.folds) {
    if (!published.has(fingerprintOf(fold.definition))) continue;
    advance(fold, entity.history, through, []);
    fold.published = true;
  }
  return entity;
}
