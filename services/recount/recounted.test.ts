/** The histories of one generation, folded anew under other rules, are those rules' answer: without servers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvent, encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import { definitionsWith } from '@tidemark/metrics';
import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { difference } from '@tidemark/runtime/difference';
import { Driver } from '@tidemark/runtime/driver.fixtures';
import { decodeHead, isHead, segmentId } from '@tidemark/runtime/head';
import { generationOf } from '@tidemark/topics/generation';
import { parsed } from '../../test/convergence/pipeline.ts';
import { permuted, realisticHistories, repeated, seeded } from '../../test/support/histories.ts';
import { archivedGroup, archivedId, historySend, type Remembered } from './history.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 9, 1);
const to = { ...generationOf(2), partitions: 1 };
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
function remembered({ stored, archive }: Driver): Remembered[] {
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
      id: archivedId(group),
      parts: records.map(([, value]) => value),
      isArchived: true,
    })),
  ];
}

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
  for (const one of remembered(before)) {
    const { records } = historySend(one, to);
    const family = one.id.slice(0, one.id.indexOf('\u0000'));
    after.arrives(
      ...records.map(({ value }): AnyEvent => {
        const decoded = decodeEvent(family as 'cart', value!);
        assert(decoded.ok);
        return decoded.event;
      }),
    );
  }
  const batch = driverWith(newRules);
  batch.at(end);
  batch.arrives(...events);
  assert.deepEqual(difference(batch.facts, after.facts), []);
  assert.notDeepEqual(difference(before.facts, after.facts), []);
});
