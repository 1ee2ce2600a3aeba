import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { compareEvents } from '@tidemark/events/order';
import type { Family } from '@tidemark/events/families';
import type { ReadingObserved } from '@tidemark/events/types';
import { definitionsWith } from '@tidemark/metrics';
import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import { instant, voidOf } from '@tidemark/metrics/definition/history.fixtures';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { foldedAnew } from './anew.ts';
import { Driver } from './driver.fixtures.ts';
import { isHead } from './head.ts';
import { hashOf, unpack } from './packed.ts';
import { nameOf } from './things.ts';

// The readings of a name are things of one key: each is an entity, and rule 24 and rule 25 are true of all of them together.

const day = 86_400_000;

const codec = {
  decodeEvent: (family: Family, bytes: Uint8Array): AnyEvent => {
    const decoded = decodeEvent(family, Buffer.from(bytes));
    assert.ok(decoded.ok);
    return decoded.event;
  },
};

function driver(options: Partial<ConstructorParameters<typeof Driver>[0]> = {}): Driver {
  const made = new Driver({
    definitions: definitionsWith(defaultMetricSettings).filter(({ on }) => on === 'reading'),
    keyOf: (event) => (event as ReadingObserved).name,
    events: { encode: (event) => encodeEvent(event as ReadingObserved), decode: codec.decodeEvent },
    ...options,
  });
  made.at(instant('23:00'));
  return made;
}

function reading(event_id: string, reading_id: string, value = 1, at = '09:00'): ReadingObserved {
  return {
    type: 'reading.observed',
    event_id,
    reading_id,
    value,
    occurred_at: instant(at),
    source: 'test',
    sequence: 0,
    voids: null,
    name: 'stock_price',
    unit: null,
    customer_id: null,
  };
}

/** A void as the contract has it: it names the event and the key, and nothing else. */
const withdrawn = (event: ReadingObserved): ReadingObserved =>
  ({ ...voidOf(event), reading_id: null, value: null }) as never;

const values = ({ facts }: Driver): unknown[] => facts.map((fact) => fact['value']);

/** Hands over one by one; the task is made anew before each. */
function oneByOne(...events: readonly AnyEvent[]): Driver {
  const made = driver({ cacheBytes: 0 });
  for (const event of events) {
    made.restart();
    made.arrives(event);
  }
  return made;
}

test('an id that came with another reading is the same event: the first recorded stays (rule 25)', () => {
  assert.deepEqual(values(oneByOne(reading('e', 'a', 1), reading('e', 'b', 2))), [1]);
  const together = driver();
  together.arrives(reading('e', 'a', 1), reading('e', 'b', 2));
  assert.deepEqual(values(together), [1]);
  assert.equal(
    together.audit.reduce((sum, fact) => sum + Number(fact['duplicates']), 0),
    1,
  );
});

test('a void names no reading, and finds it before and after (rule 25)', () => {
  const [first, second] = [reading('e', 'a', 1), reading('f', 'a', 2, '10:00')];
  assert.deepEqual(values(oneByOne(first, second, withdrawn(first))), [2]);
  assert.deepEqual(values(oneByOne(withdrawn(first), first, second)), [2]);
  assert.deepEqual(values(oneByOne(second, withdrawn(first), withdrawn(second), first)), []);
  const together = driver();
  together.arrives(withdrawn(first), first, second);
  assert.deepEqual(values(together), [2]);
});

test('a history folded anew gives the facts of its reading, which name it', () => {
  const made = driver();
  const twice = [reading('f', 'b', 2, '10:00'), reading('g', 'b', 3, '11:00')];
  made.arrives(reading('e', 'a', 1), ...twice, withdrawn(reading('x', 'c')));
  const definitionsOn = () => definitionsWith(defaultMetricSettings).filter(({ on }) => on === 'reading');
  const found = [...made.stored.keys()].filter(isHead).flatMap((id) => {
    const name = nameOf(id);
    const anew = foldedAnew(id, { store: made.stored, codec, definitionsOn });
    return name === undefined ? [] : [[name.key, name.thing, anew?.facts.map((fact) => fact['value'])]];
  });
  assert.deepEqual(found, [
    ['stock_price', 'a', [1]],
    ['stock_price', 'b', [2]],
  ]);
  assert.deepEqual(
    made.facts.map((fact) => fact['reading_id']),
    ['a', 'b'],
  );
});

test('a void of a name reaches no reading of another (rule 25)', () => {
  const one = oneByOne(reading('e', 'a'), { ...withdrawn(reading('e', 'a')), name: 'headcount' } as never);
  assert.deepEqual(values(one), [1]);
});

test('a void is an event that is not voided and whose id is no other’s (rule 25)', () => {
  const taken = reading('e', 'a', 1);
  const made = withdrawn(taken);
  for (const arrivals of [
    [taken, made, withdrawn(made)],
    [withdrawn(made), made, taken],
    [withdrawn(made), taken, made],
  ])
    assert.deepEqual(values(oneByOne(...arrivals)), []);
  assert.deepEqual(values(oneByOne(made, reading(made.event_id, 'b', 2))), [], 'the id of a waiting void');
});

test('identities of one hash are not taken for each other', () => {
  const [one, other] = [reading('costarring', 'a', 1), reading('liquid', 'b', 2)];
  assert.equal(hashOf(one.event_id), hashOf(other.event_id));
  assert.deepEqual(values(oneByOne(one, other, other, one)), [1, 2]);
  assert.deepEqual(values(oneByOne(withdrawn(one), other, one)), [2]);
  assert.deepEqual(values(oneByOne(one, other, withdrawn(other))), [1]);
});

test('a reading costs as much among thousands as among few, in order, late, repeated and voided', () => {
  const reads = (size: number): number[] => {
    const made = driver();
    const all = Array.from({ length: size }, (_, n) => reading(`e${n}`, `r${n}`, n, '10:00'));
    for (let from = 0; from < size; from += 500) made.arrives(...all.slice(from, from + 500));
    const get = made.stored.get.bind(made.stored);
    return [reading('new', 'new'), reading('late', 'late', 1, '01:00'), all[3]!, withdrawn(all[5]!)].map(
      (event) => {
        made.restart();
        // The walk has its turn.
        made.arrives();
        let bytes = 0;
        made.stored.get = (id: string) => {
          const value = get(id);
          bytes += value?.length ?? 0;
          return value;
        };
        made.arrives(event);
        return bytes;
      },
    );
  };
  assert.deepEqual(reads(2_000), reads(20));
});

test('readings and what is listed of them leave the state, each after its own retention (rule 30)', () => {
  const made = driver({ cacheBytes: 0 });
  const late = withdrawn(reading('never', 'c'));
  made.arrives(reading('e', 'a'), reading('f', 'b'), withdrawn(reading('f', 'b')), late);
  made.at(instant('23:00') + 20 * day);
  made.arrives({ ...reading('g', 'd'), occurred_at: instant('23:00') + 19 * day });
  const until = (end: number): void => {
    for (let rounds = 0; rounds < 4; rounds++) made.at(instant('23:00') + end * day + rounds * day * 0.1);
  };
  until(432);
  const left = [...made.stored.keys()].filter((id) => id.startsWith('reading'));
  assert.deepEqual(left.filter(isHead), ['reading\u0000stock_price\u0000\u0000rd']);
  assert.equal(left.length, 2, 'the reading, and its place in the index');
  assert.deepEqual(
    made.voidsForgotten.map(({ key, event }) => [key, event]),
    [['stock_price', late]],
    'a void whose target never came',
  );
  until(460);
  assert.deepEqual(
    [...made.stored.keys()].filter((id) => id.startsWith('reading')),
    [],
  );
  const archived = [...made.archive.values()].flatMap((value) => unpack(value));
  assert.equal(archived.length, 5, 'every accepted event is in the archive');
  assert.equal(made.facts.length, 2, 'facts stay');
  made.arrives({ ...reading('e', 'a', 7), occurred_at: instant('23:00') + 459 * day });
  assert.ok(values(made).includes(7), 'the same ids begin anew');
});

test('an entity that the index lists and that is missing is damage', () => {
  const made = driver();
  made.arrives(reading('e', 'a'));
  const stored = new Map(made.stored);
  assert.ok(stored.delete('reading\u0000stock_price\u0000\u0000ra'));
  const damaged = driver({ left: { stored, facts: [] } });
  assert.throws(() => damaged.arrives(reading('e', 'a')), /stock_price.*ra" is missing/);
});

test('whatever ids repeat and whatever is voided, the facts are those of the contract’s words', () => {
  const ids = ['e', 'f', 'costarring', 'liquid'];
  const arrival = fc.record({
    id: fc.constantFrom(...ids),
    reading: fc.constantFrom('a', 'b', 'c'),
    value: fc.nat(9),
    at: fc.constantFrom('08:00', '09:00', '12:00'),
    voids: fc.option(fc.constantFrom(...ids, 'void 1', 'void 2'), { freq: 3 }),
    voidId: fc.constantFrom('void 1', 'void 2', 'void 3', 'f'),
  });
  fc.assert(
    fc.property(
      fc.array(arrival, { maxLength: 14 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(0, 1e8),
      fc.boolean(),
      (drawn, batch, cacheBytes, restarts) => {
        const events = drawn.map(({ id, reading: of, value, at, voids, voidId }) =>
          voids === null
            ? reading(id, of, value, at)
            : ({ ...withdrawn(reading(voids, of, 0, at)), event_id: voidId } as ReadingObserved),
        );
        const tiny = { segmentBytes: 1, inlineBytes: 0, pieceBytes: 50, pageBytes: 30, historyMax: 2 };
        const made = driver({ cacheBytes, limits: tiny });
        for (let from = 0; from < events.length; from += batch) {
          if (restarts) made.restart();
          made.arrives(...events.slice(from, from + batch));
        }
        // The first recorded of each id; of these the voids take theirs; of each reading the first in order.
        const recorded = new Map<string, ReadingObserved>();
        for (const event of events) if (!recorded.has(event.event_id)) recorded.set(event.event_id, event);
        const gone = new Set<string | null>([...recorded.values()].map(({ voids }) => voids));
        const counted = [...recorded.values()].filter(
          ({ event_id, voids }) => voids === null && !gone.has(event_id),
        );
        const firsts = new Map<string, ReadingObserved>();
        for (const event of counted.toSorted(compareEvents))
          if (!firsts.has(event.reading_id)) firsts.set(event.reading_id, event);
        const line = (event_id: unknown, value: unknown): string => `${String(event_id)} ${String(value)}`;
        assert.deepEqual(
          made.facts.map((fact) => line(fact['event_id'], fact['value'])).toSorted(),
          [...firsts.values()].map(({ event_id, value }) => line(event_id, value)).toSorted(),
        );
      },
    ),
    { numRuns: 500 },
  );
});
