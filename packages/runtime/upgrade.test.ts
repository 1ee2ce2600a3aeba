/**
 * A state in an earlier form is gone on with. The fixture has the records of all families as form 2 stored them after `before`,
 * and what comes later. A definition that has another version since then makes a state be refused as a whole, by design: its old
 * facts could not be retracted. Here the families of such definitions are left out, so that the form of the others is tested.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import { families } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { definitionsWith } from '@tidemark/metrics';
import type { Definition } from '@tidemark/metrics/definition/definition';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { difference } from './difference.ts';
import { Driver, type Left } from './driver.fixtures.ts';
import { decodeHead, isHead } from './head.ts';

type Fixture = {
  readonly clock: number;
  readonly before: readonly ContractEvent[];
  readonly after: readonly ContractEvent[];
  readonly stored: Readonly<Record<string, string>>;
};

const file = new URL('state-form-2.fixture.json', import.meta.url);
const day = 86_400_000;

const definitions = definitionsWith(defaultMetricSettings);

function driverOn(left?: Left): Driver {
  return new Driver({
    definitions,
    keyOf: (event) => entityKeyOf(event as Event),
    cacheBytes: 0,
    // Small ones, so that few events make records of every kind.
    limits: { segmentBytes: 120, inlineBytes: 400, pieceBytes: 200, pageBytes: 60, historyMax: 8 },
    events: {
      encode: (event) => encodeEvent(event as Event),
      decode(family, bytes) {
        const decoded = decodeEvent(family, Buffer.from(bytes));
        assert.ok(decoded.ok);
        return decoded.event;
      },
    },
    ...(left === undefined ? {} : { left }),
  });
}

/** Hands over events as they come, some batches of them, up to a clock. */
function counted(driver: Driver, posted: readonly ContractEvent[], clock: number): Driver {
  for (let from = 0; from < posted.length; from += 20) {
    const events = posted.slice(from, from + 20).map((event) => {
      const verdict = acceptJson(event as never, { now: last, defaultSource: 'test' });
      assert.ok(verdict.ok, JSON.stringify(verdict));
      return verdict.event;
    });
    driver.at(Math.max(...events.map(({ occurred_at }) => occurred_at)));
    driver.arrives(...events);
  }
  driver.at(clock);
  return driver;
}

const { clock, before, after, stored } = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
const records = new Map(
  Object.entries(stored).map(([id, value]) => [id, new Uint8Array(Buffer.from(value, 'base64'))]),
);
const last = Math.max(...[...before, ...after].map(({ occurred_at }) => Number(occurred_at)));

const definitionsId = '\u0000definitions';
const nameOf = ({ name, version }: Definition): string => `${name}@${version}`;
/** Definitions that counted the state. */
const counting = (JSON.parse(Buffer.from(records.get(definitionsId)!).toString()) as { complete: string[] })
  .complete;
const today = new Map(definitions.map((one) => [nameOf(one), one]));
const kept = counting.filter((name) => today.has(name));
const changed = counting.filter((name) => !today.has(name)).map((name) => name.split('@')[0]);
/** Families all of whose definitions are those that counted. */
const same = families.filter((family) =>
  definitions.every(({ on, name }) => on !== family || !changed.includes(name)),
);
const isSame = (text: string, separator: string): boolean =>
  same.some((family) => text.startsWith(`${family}${separator}`));

test('a state of form 2 is gone on with: repeats, late events and new ones give the same facts', () => {
  assert.ok(
    same.length > families.length / 2,
    `${changed.join()} have changed: make a fixture of a later form`,
  );
  const [earlier, later] = [before, after].map((events) => events.filter(({ type }) => isSame(type, '.')));
  const straight = counted(driverOn(), earlier!, clock);
  const left = new Map([...records].filter(([id]) => isSame(id, '\u0000')));
  left.set(definitionsId, Buffer.from(JSON.stringify({ complete: kept, pending: [] })));
  const upgraded = driverOn({ stored: left, facts: straight.facts });
  for (const driver of [straight, upgraded]) counted(driver, later!, last + 400 * day);
  assert.deepEqual(difference(straight.facts, upgraded.facts), []);
  assert.ok(straight.facts.length > 300, `${straight.facts.length} facts`);
});

test('a state that definitions of another version have counted is refused', () => {
  const other = { complete: [...counting, 'sales@0'], pending: [] };
  const foreign = new Map([...records, [definitionsId, Buffer.from(JSON.stringify(other))]]);
  assert.throws(() => driverOn({ stored: foreign, facts: [] }), /sales@0.*sales@1/s);
});

test('the state of form 2 has records of every kind, of every family', () => {
  const ids = [...records.keys()];
  const heads = ids.filter(isHead);
  assert.deepEqual(
    new Set(heads.map((id) => id.split('\u0000')[0]!)),
    new Set(families.filter((family) => before.some(({ type }) => type.startsWith(`${family}.`)))),
  );
  const parts = ids.filter((id) => !isHead(id) && id.split('\u0000').length === 3);
  assert.deepEqual(new Set(parts.map((id) => id.split('\u0000')[2]![0])), new Set(['s', 'i', 'b']));
  const decoded = heads.map((id) => decodeHead(records.get(id)!));
  assert.ok(decoded.some(({ now }) => now !== undefined));
  assert.ok(decoded.some(({ base }) => base !== undefined && base.pieces > 0));
  assert.ok(decoded.some(({ base }) => base !== undefined && base.states.length > 0));
});
