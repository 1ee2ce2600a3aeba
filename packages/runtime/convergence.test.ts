import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeEvent, encodeEvent, eventBytesMax } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { definitionsWith } from '@tidemark/metrics';
import type { Definition, Fact } from '@tidemark/metrics/definition/definition';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { historyArbitrary, rangeFrom, shaken } from '../../test/support/histories.ts';
import { foldedAnew } from './anew.ts';
import { foldedOnce, totalsOf, withoutZeros } from './batch-answer.fixtures.ts';
import { difference } from './difference.ts';
import { Driver, type EventCodec } from './driver.fixtures.ts';
import { recordLimits } from './entity-writer.ts';
import { isHead } from './head.ts';
import { entityKeyFields, families, type Family } from '@tidemark/events/families';
import { anyEventOf, sampleNow } from '../events/sample-events.fixtures.ts';

// Every definition, on histories in which all goes wrong at once: whatever the order, repetition, delay, voids, restarts
// and forgetting, what is published in the end is one fold over what counts, in order.

const avro: EventCodec = {
  encode: (event) => encodeEvent(event as Event),
  decode(family, bytes) {
    const decoded = decodeEvent(family, Buffer.from(bytes));
    assert.ok(decoded.ok);
    return decoded.event;
  },
};

const range = rangeFrom(Date.parse('2026-01-30T23:15Z'));
const definitions = definitionsWith(defaultMetricSettings);
/** Every event fills a segment, and states are stored in pieces. */
const tinyRecords = { segmentBytes: 1, inlineBytes: 0, pieceBytes: 50, pageBytes: 30, historyMax: 2 };
const runs = Number(process.env['CONVERGENCE_RUNS'] ?? 200);

type PostedEvent = ReturnType<typeof historyArbitrary> extends fc.Arbitrary<(infer E)[]> ? E : never;

function parsed(event: PostedEvent): Event {
  const verdict = acceptJson(event, { now: range.to, defaultSource: 'test' });
  assert.ok(verdict.ok, JSON.stringify([event, verdict]));
  return verdict.event;
}

/** What is stored of all entities, each folded anew. */
function factsAnew({ stored }: Driver): Fact[] {
  const definitionsOn = (family: Family): readonly Definition[] =>
    definitions.filter(({ on }) => on === family);
  const codec = { decodeEvent: avro.decode };
  return [...stored.keys()]
    .filter(isHead)
    .flatMap((id) => foldedAnew(id, { store: stored, codec, definitionsOn })?.facts ?? []);
}

function assertConverges(lengthMax: number, scope: readonly [Family, ...Family[]]): void {
  const deliveries = fc.record({
    shaken: shaken(historyArbitrary(range, lengthMax, ...scope)),
    clocks: fc.array(fc.integer({ min: range.from, max: range.to }), { minLength: 1, maxLength: 6 }),
    // After which parts of the delivery the task is made anew from its records.
    restarts: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
    cacheBytes: fc.constantFrom(1e8, 3_000, 0),
    limits: fc.constantFrom(recordLimits, tinyRecords, { ...tinyRecords, inlineBytes: 400 }),
    // A form of states that changes makes a restart discard all that are stored.
    forms: fc.array(fc.nat(1), { minLength: 1, maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      deliveries,
      ({ shaken: { history, delivery }, clocks, restarts, cacheBytes, limits, forms }) => {
        const end = range.to + 1;
        const expected = foldedOnce(definitions, history.map(parsed), end);
        const driver = new Driver({
          definitions,
          keyOf: (event) => entityKeyOf(event as Event),
          cacheBytes,
          limits,
          events: avro,
        });
        const size = Math.ceil(delivery.length / clocks.length);
        for (const [index, clock] of clocks.toSorted((a, b) => a - b).entries()) {
          driver.at(clock);
          driver.arrives(...delivery.slice(index * size, (index + 1) * size).map(parsed));
          const form = forms[index % forms.length]!;
          if (restarts[index % restarts.length]!)
            driver.restart(definitions.map((definition) => ({ ...definition, form })));
        }
        driver.at(end);
        assert.deepEqual(difference(expected, driver.facts), []);
        if (driver.archive.size === 0) assert.deepEqual(difference(factsAnew(driver), driver.facts), []);
        assert.deepEqual(withoutZeros(driver.totals), totalsOf(definitions, expected));
      },
    ),
    { numRuns: runs },
  );
}

for (const family of families)
  test(`${family}: any order, repetition, delay and voids end in the facts of one fold in order`, () => {
    assertConverges(24, [family]);
  });

test('all families at once, carts checked out by purchases among them, end in the facts of one fold in order', () => {
  assertConverges(60, ['purchase', 'cart']);
  assertConverges(60, families);
});

test('any valid events of any size, many of one entity, are stored in small records, and count (rule 50)', () => {
  // An event, entries and states within their limits, and what stands beside them.
  const headBytesMax = eventBytesMax + recordLimits.segmentBytes + 2 * recordLimits.inlineBytes + 1_024;
  const recordBytesMax = Math.max(headBytesMax, recordLimits.pieceBytes);
  const history = fc.constantFrom(...families).chain((family) =>
    fc.array(
      fc.tuple(anyEventOf(family, Infinity), fc.nat(1)).map(([event, key]): Event => {
        const field = entityKeyFields[family];
        return { ...event, [field]: `${field} ${key}` };
      }),
      { maxLength: 120, size: 'max' },
    ),
  );
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 40 }), (given, batch) => {
      const events = given
        .map((event, index): Event => ({ ...event, event_id: `event ${index}` }))
        .filter((event) => encodeEvent(event).length <= eventBytesMax);
      const driver = new Driver({
        definitions,
        keyOf: (event) => entityKeyOf(event as Event),
        cacheBytes: 0,
        events: avro,
      });
      const end = sampleNow + 1;
      for (let from = 0; from < events.length; from += batch) {
        driver.at(sampleNow - 300 * 86_400_000 + from);
        driver.arrives(...events.slice(from, from + batch));
      }
      driver.at(end);
      const sizes = [...driver.stored].map(([id, value]) => Buffer.byteLength(id) + value.length);
      assert.ok(Math.max(0, ...sizes) <= recordBytesMax, `a record has ${Math.max(...sizes)} bytes`);
      const expected = foldedOnce(definitions, events, end);
      assert.deepEqual(difference(expected, driver.facts), []);
      assert.deepEqual(withoutZeros(driver.totals), totalsOf(definitions, expected));
    }),
    { numRuns: Math.ceil(runs / 5) },
  );
});
