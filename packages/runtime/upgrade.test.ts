/**
 * A state that the release before left is gone on with. The fixture has the records of all families as that release stored
 * them, after `before`. A definition that gets another version makes it refuse them, by design: its old facts could not be
 * retracted. The fixture is then made anew, with the code that is to be the release before:
 *
 *   STATE_FIXTURE=write node --test packages/runtime/upgrade.test.ts
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import { families } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { definitionsWith } from '@tidemark/metrics';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { realisticHistories, repeated, seeded } from '../../test/support/histories.ts';
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
const to = Date.parse('2026-06-30T23:15Z');
const range = { from: to - 70 * day, to };

function driverOn(left?: Left): Driver {
  return new Driver({
    definitions: definitionsWith(defaultMetricSettings),
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
      const verdict = acceptJson(event as never, { now: range.to, defaultSource: 'test' });
      assert.ok(verdict.ok, JSON.stringify(verdict));
      return verdict.event;
    });
    driver.at(Math.max(...events.map(({ occurred_at }) => occurred_at)));
    driver.arrives(...events);
  }
  driver.at(clock);
  return driver;
}

/** What comes later: the rest of the histories, with what was late, and repeats of what was there. */
function made(): Fixture {
  const draw = seeded(9);
  const all = realisticHistories(13, 3, range);
  const clock = range.from + Math.floor((range.to - range.from) / 2);
  const isBefore = (event: ContractEvent): boolean => Number(event.occurred_at) < clock && draw.below(20) > 0;
  const [before, later] = [all.filter(isBefore), new Set(all)];
  for (const event of before) later.delete(event);
  const after = repeated(draw, [...later, ...before.slice(0, 20)], 10);
  const { stored } = counted(driverOn(), before, clock);
  const records = [...stored].map(([id, value]) => [id, Buffer.from(value).toString('base64')]);
  return { clock, before, after, stored: Object.fromEntries(records) };
}

if (process.env['STATE_FIXTURE'] === 'write') writeFileSync(file, `${JSON.stringify(made(), null, 1)}\n`);
const { clock, before, after, stored } = JSON.parse(readFileSync(file, 'utf8')) as Fixture;
const records = new Map(
  Object.entries(stored).map(([id, value]) => [id, new Uint8Array(Buffer.from(value, 'base64'))]),
);

test('the state of the release before is gone on with: repeats, late events and new ones give the same facts', () => {
  const straight = counted(driverOn(), before, clock);
  const upgraded = driverOn({ stored: records, facts: straight.facts });
  const end = range.to + 400 * day;
  for (const driver of [straight, upgraded]) counted(driver, after, end);
  assert.deepEqual(difference(straight.facts, upgraded.facts), []);
  assert.ok(straight.facts.length > 500);
});

test('the state of the release before has records of every kind, of every family', () => {
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
