import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { AnyEvent, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { difference } from './difference.ts';
import { recordLimits } from './entity-writer.ts';
import { isHead, isLegacy } from './head.ts';
import { driverOf, observed, running, voidOf } from './running.fixtures.ts';
import { shapesId } from './state-codec.ts';
import { Task, type Walked } from './task.ts';

// What is stored of entities: little is read for what comes in order, nothing grows beyond its limit, nothing is missed.

const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A task over a map of records that keeps no entity in memory, and counts what it reads and decodes. */
function coldTask(stored = new Map<string, Uint8Array>()) {
  const cost = { records: 0, events: 0 };
  const task = new Task({
    definitions: [running()],
    partition: 0,
    codec: {
      decodeEvent(_family, bytes) {
        cost.events++;
        return decodeJson(bytes) as AnyEvent;
      },
      encodeCounters: () => new Uint8Array(),
      decodeCounters: () => assert.fail('no counters'),
      allocate: (size) => new Uint8Array(size),
    },
    entities: {
      get(id) {
        cost.records++;
        return stored.get(id);
      },
    },
    counters: new Map(),
    cacheBytes: 0,
    wakesPerBatchMax: 10,
  });
  const readAtStart = { ...cost };
  /** Counts events in at a clock, and gives what it cost. No entity is woken. */
  const arrive = (wallClock: Instant, ...events: AnyEvent[]) => run(wallClock, events);
  /** Walks over all that is stored. */
  const walk = (wallClock: Instant) => run(wallClock, [], { ids: [...stored.keys()], isEnd: true });
  const run = (wallClock: Instant, events: AnyEvent[], walked?: Walked) => {
    Object.assign(cost, { records: 0, events: 0 });
    const received = events.map((event) => ({
      family: 'mention' as const,
      key: event.source,
      event,
      bytes: encodeJson(event),
      receivedAt: wallClock,
      hop: 'first' as const,
    }));
    const caughtUp = new Set(['mention'] as const);
    const output = task.process({ received, wallClock, caughtUp, progress: false, due: [], walked });
    for (const { id, value } of output.entities) {
      assert.ok(value === null || value.length < 4 * recordLimits.segmentBytes + recordLimits.pageBytes, id);
      if (value === null) stored.delete(id);
      else stored.set(id, value);
    }
    return {
      ...cost,
      facts: [...output.facts.values()].flat().filter(({ fact }) => fact.kind.startsWith('running')),
    };
  };
  return { stored, arrive, walk, readAtStart };
}

test('an event in order on a cold entity reads its head and its identities, and decodes no event', () => {
  const { stored, arrive } = coldTask();
  let at = 1_000;
  for (; at < 100_000; at += 100) arrive(at + 50, observed(at));
  const segments = [...stored.keys()].filter((id) => id.includes('\u0000s')).length;
  const pages = [...stored.keys()].filter((id) => id.includes('\u0000i')).length;
  assert.ok(segments > 40, `${segments} segments`);
  const { records, events } = arrive(at + 50, observed(at));
  assert.equal(events, 0);
  assert.ok(records <= 2 + pages, `${records} records of which ${pages} pages of identities`);
});

test('a start reads two records, and no entity, however many there are', () => {
  const { stored, arrive } = coldTask();
  for (let entity = 0; entity < 5_000; entity++) arrive(1_000, observed(990, 1, `entity ${entity}`));
  assert.ok(stored.size > 5_000);
  const again = coldTask(stored);
  assert.deepEqual(again.readAtStart, { records: 2, events: 0 }, 'the definitions, and the names of fields');
  const { records, events } = again.arrive(1_001, observed(995, 1, 'entity 7'));
  assert.deepEqual([records, events], [1, 1], 'the event that waited to be folded');
});

test('an event that is a little late reads the tail of a long history, a repeat one segment, a very late one all of it', () => {
  const { arrive } = coldTask();
  let at = 1_000;
  for (; at < 100_000; at += 100) arrive(at + 50, observed(at));
  const late = arrive(at + 50, observed(at - 250, 5));
  assert.ok(late.events < 200, `${late.events} of 1,000 decoded`);
  assert.ok(late.facts.some(({ sign }) => sign === -1));
  const repeat = arrive(at + 60, observed(5_000));
  assert.deepEqual(repeat.facts, []);
  assert.ok(repeat.events < 3, `${repeat.events} decoded`);
  const long = arrive(at + 70, observed(1_001, 3));
  assert.ok(long.events > 950, `${long.events} decoded`);
});

test('a long history that is not in memory gives the facts of one fold', () => {
  const events = Array.from({ length: 1_300 }, (_, index) =>
    observed(1_000 + ((index * 7_919) % 1_300) * 5, index % 7),
  );
  const voids = events.filter((_, index) => index % 97 === 0).map(voidOf);
  const cold = driverOf({ cacheBytes: 0 });
  const warm = driverOf();
  for (const driver of [cold, warm]) driver.at(6_000);
  for (const [index, event] of events.entries()) {
    cold.arrives(event);
    if (index % 30 === 0) cold.at(6_000 + index);
  }
  for (const event of voids) cold.arrives(event);
  cold.at(1e6);
  warm.at(1e6);
  warm.arrives(...voids, ...events);
  assert.deepEqual(difference(warm.facts, cold.facts), []);
});

test('records of the release before are converted when they are read, and give the same facts', () => {
  const fixture = JSON.parse(readFileSync(new URL('state-form-1.fixture.json', import.meta.url), 'utf8')) as {
    clock: number;
    stored: Record<string, string>;
    facts: Fact[];
  };
  const stored = new Map(
    Object.entries(fixture.stored).map(([id, value]) => [id, new Uint8Array(Buffer.from(value, 'base64'))]),
  );
  const driver = driverOf({ left: { stored, facts: fixture.facts }, cacheBytes: 0 });
  driver.at(fixture.clock);
  assert.deepEqual(driver.arrives(observed(26, 2, 'long'), observed(40, 2, 'short')), [], 'both are known');
  driver.arrives(observed(1, 1, 'long'), observed(5, 5, 'long'), observed(2_001, 1, 'long'));
  driver.arrives(voidOf(observed(40, 2, 'short')));
  driver.at(1e7);
  driver.at(2e7);
  const straight = driverOf();
  straight.at(fixture.clock);
  for (let index = 0; index < 150; index++)
    if (index !== 1) straight.arrives(observed(index * 13, index % 7, 'long'));
  straight.arrives(observed(1995, 1, 'short'), observed(1, 1, 'long'), observed(2_001, 1, 'long'));
  straight.at(1e7);
  assert.deepEqual(difference(straight.facts, driver.facts), []);
  const heads = [...driver.stored].filter(([id]) => isHead(id));
  assert.ok(heads.every(([, value]) => !isLegacy(value)));
  assert.deepEqual(
    [...driver.stored.keys()].filter((id) => /^\d+$/.test(id.split('\u0000')[2] ?? '')),
    [],
    'segments of the form before are gone',
  );
});

test('the walk converts records of the form before without an event', () => {
  const fixture = JSON.parse(readFileSync(new URL('state-form-1.fixture.json', import.meta.url), 'utf8')) as {
    clock: number;
    stored: Record<string, string>;
    facts: Fact[];
  };
  const stored = new Map(
    Object.entries(fixture.stored).map(([id, value]) => [id, new Uint8Array(Buffer.from(value, 'base64'))]),
  );
  const driver = driverOf({ left: { stored, facts: fixture.facts } });
  driver.at(fixture.clock);
  driver.at(fixture.clock + 60_000);
  driver.at(fixture.clock + 120_000);
  assert.ok([...driver.stored].filter(([id]) => isHead(id)).every(([, value]) => !isLegacy(value)));
  assert.equal(driver.facts.length, fixture.facts.length + 1, 'what fell due since, and nothing twice');
});

test('damage and a removed definition are different errors', () => {
  const driver = driverOf();
  driver.at(1_000);
  driver.arrives(observed(10));
  const [id] = [...driver.stored.keys()].filter(isHead);
  const damaged = new Map([...driver.stored, [id!, driver.stored.get(id!)!.subarray(0, 20)]]);
  const again = driverOf({ left: { stored: damaged, facts: [] } });
  assert.throws(
    () => again.at(1_001),
    (error) => (error as { fault?: string }).fault === 'damaged',
  );
  const other = driverOf({ definitions: [running('cart')], left: { stored: driver.stored, facts: [] } });
  assert.ok(other, 'the same name and version on another family is accepted by the record of definitions');
});

test('an entity that nothing wakes is woken by the walk', () => {
  const { arrive, walk } = coldTask();
  assert.deepEqual(
    arrive(100, observed(90)).facts.map(({ fact }) => fact.kind),
    ['running_sum'],
  );
  assert.deepEqual(walk(100).facts, []);
  assert.deepEqual(
    walk(101).facts.map(({ fact }) => fact.kind),
    ['running_quiet'],
  );
});

test('a record that is missing is damage, whichever it is', () => {
  const limits = { segmentBytes: 300, inlineBytes: 0, pieceBytes: 20, pageBytes: 30, historyMax: 8 };
  const driver = driverOf({ cacheBytes: 0, limits });
  for (let index = 0; index < 60; index++) {
    driver.at(1_000 + index * 100);
    driver.arrives(observed(index * 100));
  }
  driver.at(100_000);
  const parts = [...driver.stored.keys()].filter((id) => id.startsWith('mention') && !isHead(id));
  const kinds = new Set(parts.map((id) => id.split('\u0000')[2]![0]));
  assert.deepEqual(kinds, new Set(['s', 'i', 'b']));
  for (const id of parts) {
    const stored = new Map(driver.stored);
    stored.delete(id);
    const again = driverOf({ cacheBytes: 0, limits, left: { stored, facts: driver.facts } });
    again.at(100_001);
    assert.throws(
      () => [again.arrives(observed(7_000)), again.arrives(observed(50))],
      (error) => (error as { fault?: string }).fault === 'damaged',
      id,
    );
  }
});

test('states whose list of shapes is lost are folded anew, and a new list is begun', () => {
  const before = driverOf({ cacheBytes: 0 });
  before.at(10_000);
  for (let at = 0; at < 9_000; at += 100) before.arrives(observed(at, at % 7));
  const stored = new Map(before.stored);
  assert.ok(stored.delete(shapesId));
  const after = driverOf({ cacheBytes: 0, left: { stored, facts: before.facts } });
  const straight = driverOf();
  straight.at(10_000);
  for (let at = 0; at < 9_000; at += 100) straight.arrives(observed(at, at % 7));
  for (const driver of [after, straight]) {
    driver.arrives(observed(9_500), observed(4_050, 3), voidOf(observed(8_900, 8_900 % 7)));
    driver.at(1e6);
  }
  assert.deepEqual(difference(straight.facts, after.facts), []);
  assert.ok(after.stored.has(shapesId));
});
