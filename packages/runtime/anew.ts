import type { AnyEvent, Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import type { Family } from '@tidemark/events/families';
import { EntityReader, type EntityCodec } from './entity-store.ts';
import { recordLimits } from './entity-writer.ts';
import { advance, startFold } from './fold.ts';
import { decodeHead, isLegacy } from './head.ts';
import type { Store } from './record-store.ts';
import { shapesId, StateCodec } from './state-codec.ts';

/** What the whole history of an entity comes to, whatever its folds have in between. */
export type Anew = {
  /** The facts that are to be out. */
  readonly facts: readonly Fact[];
  /** When its first event happened that is not void. */
  readonly first: Instant;
  /** The instant up to which its facts are out, exclusively. */
  readonly through: Instant;
};

/** Segments of a history that is folded anew, at most: about 130 kB of events. */
const segmentsMax = 64;

/**
 * Folds the stored history of an entity once, from its first event to where its facts are out: the batch answer, from events alone.
 *
 * @returns `undefined` for one that is not stored, or in the form before, or too long, or whose events are all void, or that a definition has not met yet.
 * @throws StateError when it is damaged, or counted by definitions that are not here.
 */
export function foldedAnew(
  id: string,
  {
    store,
    codec,
    definitionsOn,
  }: {
    readonly store: Store;
    readonly codec: EntityCodec;
    readonly definitionsOn: (family: Family) => readonly Definition[];
  },
): Anew | undefined {
  const value = store.get(id);
  if (value === undefined || isLegacy(value)) return undefined;
  const { segments, published } = decodeHead(value);
  if (segments > segmentsMax) return undefined;
  const reader = new EntityReader({
    store,
    codec,
    states: new StateCodec(store.get(shapesId)),
    definitionsOn,
    segmentBytes: recordLimits.segmentBytes,
  });
  const entity = reader.load(id);
  if (!reader.isPublished(entity.family, published)) return undefined;
  const history: AnyEvent[] = [...reader.before(entity, -Infinity).events, ...entity.history];
  const [earliest] = history;
  if (earliest === undefined) return undefined;
  const facts: Fact[] = [];
  for (const { definition } of entity.folds) advance(startFold(definition), history, entity.through, facts);
  return { facts, first: earliest.occurred_at, through: entity.through };
}
