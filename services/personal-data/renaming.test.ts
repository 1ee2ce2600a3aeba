/** A person is forgotten in the state, and nothing else changes: without servers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { customersOf } from '@tidemark/events/customers';
import { entityKeyOf, familyOf, hasThings } from '@tidemark/events/entity';
import { entityKeyFields, type Family } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { definitionsWith } from '@tidemark/metrics';
import type { Fact } from '@tidemark/metrics/definition/definition';
import { chance, seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { difference } from '@tidemark/runtime/difference';
import { Driver, type Left } from '@tidemark/runtime/driver.fixtures';
import { entityId, familyOfId, ownerOf } from '@tidemark/runtime/entity-id';
import { decodeHead, isHead, segmentId } from '@tidemark/runtime/head';
import { unpack } from '@tidemark/runtime/packed';
import type { KeyedRecord } from '@tidemark/runtime/record-store';
import { hashesIn, rewritten } from '@tidemark/runtime/rewrite';
import { isIndex, type Moved, reindexed } from '@tidemark/runtime/things';
import { generationOf } from '@tidemark/topics/generation';
import { historySend } from '../recount/history.ts';
import { type Arrival, acceptableBy, delivery, parsed } from '../../test/convergence/pipeline.ts';
import { randomHistories } from '../../test/convergence/random-histories.ts';
import { realisticHistories } from '../../test/support/histories.ts';
import { families } from '@tidemark/events/families';
import { type Domain, eventsOf, Pseudonyms, readingsOf } from './pseudonyms.ts';
import { drawNames, type History, isOwned, renamedEvent, renamedId, visitorsOf } from './renaming.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 9, 1);
const definitions = definitionsWith(defaultMetricSettings);
const familyOfKind = new Map<string, Family>(
  definitions.flatMap(({ on, facts }) => Object.keys(facts).map((kind) => [kind, on] as const)),
);

function decode(family: Family, bytes: Uint8Array): Event {
  const decoded = decodeEvent(family, Buffer.from(bytes));
  assert(decoded.ok);
  return decoded.event;
}

const idOf = (event: Event): string => `${familyOf(event.type)}\u0000${entityKeyOf(event)}`;

const driverWith = (left?: Left): Driver =>
  new Driver({
    definitions,
    keyOf: (event) => entityKeyOf(event as Event),
    cacheBytes: 50_000,
    events: { encode: (event) => encodeEvent(event as Event), decode },
    ...(left === undefined ? {} : { left }),
  });

/** The records of each entity, by its id. */
function entitiesOf(stored: ReadonlyMap<string, Uint8Array>): Map<string, Map<string, Uint8Array>> {
  const entities = new Map<string, Map<string, Uint8Array>>();
  for (const [key, value] of stored) {
    if (key.startsWith('\u0000') || isIndex(key)) continue;
    const id = ownerOf(key);
    entities.set(id, (entities.get(id) ?? new Map()).set(key, value));
  }
  return entities;
}

function historyOf(id: string, records: ReadonlyMap<string, Uint8Array>): History {
  const parts = [...records].flatMap(([key, value]) => {
    if (isHead(key)) return [decodeHead(value).open];
    return key.slice(key.lastIndexOf('\u0000') + 1).startsWith('s') ? [value] : [];
  });
  return {
    id,
    events: parts.flatMap((part) => unpack(part)).map(({ bytes }) => decode(familyOfId(id), bytes)),
  };
}

/** A fact as it is once the ids in it have pseudonyms. */
function renamedFact(fact: Fact, names: Pseudonyms): Fact {
  const family = familyOfKind.get(fact.kind)!;
  const keyField = entityKeyFields[family];
  const key = fact[keyField];
  const changes: Record<string, string> = {};
  const isTheirs =
    names.find('customer_id', String(fact['customer_id'])) !== undefined ||
    renamedId({ id: entityId(family, String(key)), events: [] }, names) !== entityId(family, String(key));
  for (const [column, value] of Object.entries(fact)) {
    if (typeof value !== 'string' || !column.endsWith('_id') || value === '') continue;
    if (!isTheirs && ['subscription_id', 'purchase_id', 'reading_id'].includes(column)) continue;
    const id = entityId(family, String(key));
    const inner = { event_id: eventsOf(id), reading_id: readingsOf(id) }[column];
    const domain = inner ?? (column.replace(/^(referrer|referred)_/, '') as Domain);
    const pseudonym = names.find(domain, value);
    if (pseudonym !== undefined) changes[column] = pseudonym;
  }
  return { ...fact, ...changes };
}

const seed = Number(process.env['FORGET_SEED'] ?? 1);
const seeds = Number(process.env['FORGET_SEEDS'] ?? 2);

function put(stored: Map<string, Uint8Array>, records: readonly KeyedRecord[]): void {
  for (const { id, value } of records)
    if (value === null) stored.delete(id);
    else stored.set(id, value);
}

/** The index of things, as it is and as the entities say that it is to be. */
function assertIndexed(stored: ReadonlyMap<string, Uint8Array>): void {
  const things = [...entitiesOf(stored)].filter(([id]) => hasThings(familyOfId(id)));
  const to = things.map(([id, records]) => ({ id, hashes: hashesIn(id, records) }));
  const wanted = reindexed(
    new Map(),
    to.map((one) => ({ from: { id: one.id, hashes: new Set<number>() }, to: one })),
  );
  const sorted = (value: Uint8Array | null): string[] =>
    Buffer.from(value!).toString().split('\u0000').toSorted();
  assert.deepEqual(
    new Map([...stored].filter(([id]) => isIndex(id)).map(([id, value]) => [id, sorted(value)])),
    new Map(wanted.map(({ id, value }) => [id, sorted(value)])),
  );
}

/** Runs arrivals, forgets some customers after a share of them, and goes on without what is refused from then on. */
function assertForgotten(arrivals: readonly Arrival[], share: number, draw: (id: string) => boolean): void {
  const [before, after] = [driverWith(), driverWith()];
  const place = Math.floor(arrivals.length * share);
  for (const { clock, events } of arrivals.slice(0, place))
    for (const driver of [before, after]) {
      driver.at(clock);
      driver.arrives(...events.map((event) => parsed(event, clock)));
    }
  const entities = entitiesOf(after.stored);
  const histories = [...entities].map(([id, records]) => historyOf(id, records));
  const customers = new Set(histories.flatMap(({ events }) => events.flatMap(customersOf)));
  const subjects = new Set([...customers].filter(draw));
  assert.ok(subjects.size > 0);
  let drawn = 0;
  const random = seeded(7);
  const names = new Pseudonyms(() => `${random.below(1_000_000_000)}-${drawn++}`, 1);
  const visitors = new Set(histories.flatMap((history) => visitorsOf(history, subjects)));
  const affected = histories.filter(({ events }) =>
    events.some(
      (event) =>
        customersOf(event).some((one) => subjects.has(one)) ||
        visitors.has((event as { readonly visitor_id?: string }).visitor_id ?? ''),
    ),
  );
  drawNames(affected, subjects, names);

  const stored = new Map(after.stored);
  const moved: Moved[] = [];
  for (const history of affected) {
    const { id } = history;
    const records = entities.get(id)!;
    const to = renamedId(history, names);
    const written = rewritten(id, records, {
      to,
      decode: (bytes) => decode(familyOfId(id), bytes),
      encode: (event) => encodeEvent(event as Event),
      rename: (event) => renamedEvent(event as Event, id, names),
    });
    put(stored, written);
    const those = new Map(written.flatMap(({ id: key, value }) => (value === null ? [] : [[key, value]])));
    if (hasThings(familyOfId(id)))
      moved.push({
        from: { id, hashes: hashesIn(id, records) },
        to: { id: to, hashes: hashesIn(to, those) },
      });
  }
  put(stored, reindexed(stored, moved));
  assertIndexed(stored);
  for (const [id, records] of entitiesOf(stored)) {
    assert.ok(!subjects.has(id.slice(id.indexOf('\u0000') + 1)), id);
    for (const event of historyOf(id, records).events)
      assert.ok(!customersOf(event).some((one) => subjects.has(one)), id);
  }

  const going = driverWith({ stored, facts: after.facts.map((fact) => renamedFact(fact, names)) });
  const closed = new Set(
    affected.filter((history) => isOwned(history, subjects)).map((history) => history.id),
  );
  const isRefused = (event: Event): boolean =>
    customersOf(event).some((one) => subjects.has(one)) ||
    closed.has(idOf(event)) ||
    [event.event_id, event.voids].some((id) => names.find(eventsOf(idOf(event)), id ?? '') !== undefined) ||
    names.find(readingsOf(idOf(event)), (event as { readonly reading_id?: string }).reading_id ?? '') !==
      undefined ||
    closed.has(`cart\u0000${(event as { readonly cart_id?: string }).cart_id}`);
  for (const { clock, events } of arrivals.slice(place)) {
    const taken = events.map((event) => parsed(event, clock)).filter((event) => !isRefused(event));
    for (const driver of [before, going]) {
      driver.at(clock);
      driver.arrives(...taken);
    }
  }
  // The same histories, counted anew, give the same.
  const anew = driverWith();
  anew.at(arrivals.at(-1)!.clock);
  for (const [id, records] of entitiesOf(going.stored)) {
    const { segments, open } = decodeHead(records.get(id)!);
    const parts = [...Array.from({ length: segments }, (_, n) => records.get(segmentId(id, n))!), open];
    const { records: fed } = historySend(
      { id, parts, isArchived: false },
      { ...generationOf(2, ''), partitions: 1 },
    );
    anew.arrives(...fed.map(({ value }) => decode(familyOfId(id), value!)));
  }
  assert.deepEqual(difference(going.facts, anew.facts), []);

  // Visitors who come again have another name by then; nothing else differs.
  const known = (fact: Fact): Fact => ('visitor_id' in fact ? { ...fact, visitor_id: '' } : fact);
  const wanted = before.facts.map((fact) => known(renamedFact(fact, names)));
  assert.deepEqual(difference(wanted, going.facts.map(known)), []);
}

for (let number = seed; number < seed + seeds; number++) {
  const range = { from: now - 250 * day, to: now };
  test(`numbers of forgotten customers go on under pseudonyms, realistic histories, seed ${number}`, () => {
    const draw = seeded(number);
    const events = acceptableBy(realisticHistories(number, 20, range), now);
    assertForgotten(delivery(draw, events, now, 30), 0.6, () => chance(draw, 40));
  });

  test(`numbers of forgotten customers go on under pseudonyms, random histories, seed ${number}`, () => {
    const draw = seeded(number);
    const events = acceptableBy(randomHistories(number, 40, 60, range, families).flat(), now);
    assertForgotten(delivery(draw, events, now, 30), 0.6, () => chance(draw, 40));
  });
}

test('a reading_id under which others have readings as well keeps its name in all entities', () => {
  const reading = (event_id: string, customer_id: string): Event =>
    parsed(
      {
        type: 'reading.observed',
        event_id,
        occurred_at: now - day,
        source: 'test',
        name: 'headcount',
        reading_id: 'shared',
        value: 1,
        customer_id,
      },
      now,
    );
  const names = new Pseudonyms(() => 'drawn', 1);
  const waited = { id: 'reading\u0000headcount\u0000\u0000ve', events: [reading('e', 'anna')] };
  const mixed = {
    id: 'reading\u0000headcount\u0000\u0000rshared',
    events: [reading('f', 'anna'), reading('g', 'bert')],
  };
  drawNames([waited, mixed], new Set(['anna']), names);
  assert.equal(renamedId(mixed, names), mixed.id);
  const readingIds = mixed.events.map(
    (event) => (renamedEvent(event, mixed.id, names) as { readonly reading_id?: string }).reading_id,
  );
  assert.deepEqual(readingIds, ['shared', 'shared']);
  assert.notEqual(renamedId(waited, names), waited.id);
});
