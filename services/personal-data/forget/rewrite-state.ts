import { encodeEvent } from '@tidemark/events/codec';
import { hasThings } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import type { OutgoingRecord, Send } from '@tidemark/kafka/transactional-producer';
import { familyOfId } from '@tidemark/runtime/entity-id';
import { isHead } from '@tidemark/runtime/head';
import { hashesIn, type Rewriting, rewritten, rewrittenPart } from '@tidemark/runtime/rewrite';
import { type Moved, reindexed } from '@tidemark/runtime/things';
import { erasedId, type Listed } from '@tidemark/topics/forgotten';
import type { Generation } from '@tidemark/topics/generation';
import { storedEvent } from '../histories.ts';
import { type Domain, eventsOf, type Pseudonyms } from '../pseudonyms.ts';
import { type History, isOwned, keyOf, renamedEvent, renamedId, type Subjects } from '../renaming.ts';
import { historyOf, type Records } from './collect.ts';

/** The records that put an entity under its pseudonyms; none when nothing of it has one. */
export function entitySends(id: string, records: Records, names: Pseudonyms, topics: Generation): Send[] {
  let isChanged = false;
  const rewriting: Rewriting = {
    to: renamedId(historyOf(id, records), names),
    decode: (bytes) => storedEvent(id, bytes),
    encode: (event) => encodeEvent(event as Event),
    rename: (event) => {
      const renamed = renamedEvent(event as Event, id, names);
      isChanged ||= renamed !== event;
      return renamed;
    },
  };
  const { partition, state, archive } = records;
  const inState = state.has(id) ? rewritten(id, state, rewriting) : [];
  const inArchive = [...archive].flatMap(([key, value]) => {
    const to = rewriting.to + key.slice(id.length);
    const put = { id: to, value: rewrittenPart(value, rewriting) };
    return to === key ? [put] : [{ id: key, value: null }, put];
  });
  if (!isChanged) return [];
  const outgoing = (some: readonly { id: string; value: Uint8Array | null }[]): OutgoingRecord[] =>
    some.map(({ id: key, value }) => ({ key: Buffer.from(key), value: value && Buffer.from(value) }));
  return [
    { topic: topics.state, partition, records: outgoing(inState) },
    { topic: topics.archive, partition, records: outgoing(inArchive) },
  ];
}

/** What of the index of things changes, by partition, when entities are put under their pseudonyms by these records. */
export function movesIn(
  entities: ReadonlyMap<string, Records>,
  sends: ReadonlyMap<string, readonly Send[]>,
  topics: Generation,
): Map<number, Moved[]> {
  const moves = new Map<number, Moved[]>();
  for (const [id, some] of sends) {
    if (!hasThings(familyOfId(id))) continue;
    const { partition, state } = entities.get(id)!;
    const written = new Map(
      some
        .filter(({ topic }) => topic === topics.state)
        .flatMap(({ records }) => records)
        .flatMap(({ key, value }) => (value === null ? [] : [[String(key), value] as const])),
    );
    const to = [...written.keys()].find(isHead);
    if (to === undefined) continue;
    const from = { id, hashes: hashesIn(id, state) };
    const moved = { from, to: { id: to, hashes: hashesIn(to, written) } };
    moves.set(partition, [...(moves.get(partition) ?? []), moved]);
  }
  return moves;
}

/** The records of the index of things that change. */
export function indexSends(
  index: ReadonlyMap<string, Uint8Array>,
  moves: ReadonlyMap<number, readonly Moved[]>,
  topics: Generation,
): Send[] {
  return [...moves].map(([partition, moved]) => ({
    topic: topics.state,
    partition,
    records: reindexed(index, moved).map(({ id, value }) => ({
      key: Buffer.from(id),
      value: value && Buffer.from(value),
    })),
  }));
}

/** Makes the tasks of a partition take from their disks what was erased. */
export function erasedSend(topics: Generation, partition: number, at: number): Send {
  return {
    topic: topics.state,
    partition,
    records: [{ key: Buffer.from(erasedId), value: Buffer.from(String(at)) }],
  };
}

/**
 * What is refused from then on: all of entities that were the customers' alone, and of the others what repeats or voids one of their
 * events.
 */
export function closedBy(histories: readonly History[], subjects: Subjects, names: Pseudonyms): Listed[] {
  return histories.flatMap((history): Listed[] => {
    const { domain, key } = keyOf(history.id);
    if (domain === 'customer_id') return [];
    if (isOwned(history, subjects)) return [{ domain, id: key, refused: 'all' }];
    const events = eventsOf(history.id);
    const theirs = history.events.filter(({ event_id }) => names.find(events, event_id) !== undefined);
    if (theirs.length === 0) return [];
    return [
      { domain, id: key, refused: 'shared' },
      ...theirs.map(({ event_id }): Listed => ({ domain: events, id: event_id, refused: 'all' })),
    ];
  });
}

/** Entities whose visitor has a pseudonym, by the domain of their key: their facts name the visitor. */
export function visitedIn(histories: readonly History[], names: Pseudonyms): Map<Domain, string[]> {
  const visited = new Map<Domain, string[]>();
  for (const { id, events } of histories) {
    const isVisited = events.some(
      (event) =>
        'visitor_id' in event &&
        event.visitor_id !== null &&
        names.find('visitor_id', event.visitor_id) !== undefined,
    );
    if (!isVisited || !['survey', 'engagement'].includes(familyOfId(id))) continue;
    const { domain, key } = keyOf(id);
    visited.set(domain, [...(visited.get(domain) ?? []), key]);
  }
  return visited;
}
