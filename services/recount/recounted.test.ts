/** The histories of one generation, folded anew under other rules, are those rules' answer: without servers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { definitionsWith } from '@tidemark/metrics';
import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { familyOfId, ownerOf } from '@tidemark/runtime/entity-id';
import { difference } from '@tidemark/runtime/difference';
import { Driver } from '@tidemark/runtime/driver.fixtures';
import { decodeHead, isHead, segmentId } from '@tidemark/runtime/head';
import { generationOf } from '@tidemark/topics/generation';
import { parsed } from '../../test/convergence/pipeline.ts';
import { permuted, realisticHistories, repeated, seeded } from '../../test/support/histories.ts';
import { archivedGroup, historySend, type Remembered } from './history.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 9, 1);
const to = { ...generationOf(2, ''), partitions: 1 };
const newRules = { ...defaultMetricSettings, cartAbandonAfterMs: 3 * 3_600_000, lapseAfterMs: 20 * day };

const driverWith = (settings: typeof defaultMetricSettings): Driver =>
  new Driver({
    definitions: definitionsWith(settings),
    keyOf: (event) => entityKeyOf(event as Event),
    cacheBytes: 50_000,
    events: {
      encode: (event) => encodeEvent(event as Event),
      decode(family, bytes) {
        const decoded = decodeEvent(family, Buffer.from(bytes));
        assert(decoded.ok);
        return decoded.event;
      },
    },
  });

/** All that a driver remembers: what is stored, and what is in its archive. */
function remembered({ stored, archive }: Pick<Driver, 'stored' | 'archive'>): Remembered[] {
  const heads = [...stored].filter(([id]) => isHead(id));
  const live = heads.map(([id, value]): Remembered => {
    const { segments, open } = decodeHead(value);
    const sealed = Array.from({ length: segments }, (_, segment) => stored.get(segmentId(id, segment))!);
    return { id, parts: [...sealed, open], isArchived: false };
  });
  const groups = Map.groupBy([...archive], ([key]) => archivedGroup(key));
  return [
    ...live,
    ...[...groups].map(([group, records]): Remembered => ({
      id: ownerOf(group),
      parts: records.map(([, value]) => value),
      isArchived: true,
    })),
  ];
}

/** The events of an entity as they are fed into the next generation. */
const fed = (one: Remembered): AnyEvent[] =>
  historySend(one, to).records.map(({ value }) => {
    const decoded = decodeEvent(familyOfId(one.id), value!);
    assert(decoded.ok);
    return decoded.event;
  });

const seed = Number(process.env['RECOUNT_SEED'] ?? 1);

test('the histories under other rules give what the events give under them, forgotten ones too', () => {
  const draw = seeded(seed);
  const range = { from: now - 200 * day, to: now };
  const events = permuted(draw, realisticHistories(seed, 12, range)).map((event) => parsed(event, now));
  const before = driverWith(defaultMetricSettings);
  before.at(now);
  for (let from = 0; from < events.length; from += 200)
    before.arrives(...repeated(draw, events.slice(from, from + 200), 10));
  // After their retention, entities that ended leave for the archive.
  const later = now + 500 * day;
  for (let rounds = 0; rounds < 40; rounds++) before.at(later + rounds * 60_000);
  assert.ok(before.archive.size > 0);

  const end = later + 3_600_000;
  const after = driverWith(newRules);
  after.at(end);
  for (const one of remembered(before)) after.arrives(...fed(one));
  const batch = driverWith(newRules);
  batch.at(end);
  batch.arrives(...events);
  assert.deepEqual(difference(batch.facts, after.facts), []);
  assert.notDeepEqual(difference(before.facts, after.facts), []);
});

test('readings of a state in which a name was one entity are counted one by one', () => {
  const file = new URL('../../packages/runtime/state-form-2.fixture.json', import.meta.url);
  const { before, clock, stored } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly before: readonly ContractEvent[];
    readonly clock: number;
    readonly stored: Readonly<Record<string, string>>;
  };
  const records = Object.entries(stored).filter(([id]) => familyOfId(id) === 'reading');
  const left = new Map(records.map(([id, value]) => [id, Buffer.from(value, 'base64')]));
  const [straight, after] = [driverWith(defaultMetricSettings), driverWith(defaultMetricSettings)];
  for (const driver of [straight, after]) driver.at(clock);
  straight.arrives(
    ...before.filter(({ type }) => type.startsWith('reading.')).map((event) => parsed(event, clock)),
  );
  for (const one of remembered({ stored: left, archive: new Map() })) after.arrives(...fed(one));
  assert.deepEqual(difference(straight.facts, after.facts), []);
  assert.ok(after.facts.length > 30);
});
