import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entityKeyOf } from '@tidemark/events/entity';
import { encodeEvent } from '@tidemark/events/codec';
import { retentionMs } from '@tidemark/events/families';
import { partitionOf } from '@tidemark/events/partition-of';
import { acceptJson } from '@tidemark/events/validate';
import { generationOf } from '@tidemark/topics/generation';
import { isSelected, type DeadLetter, deadLetterOf, overview } from './dead-letters.ts';
import { judge } from './republish.ts';

const names = generationOf(1, '');

const receivedAt = Date.UTC(2026, 4, 1);

function deadLetter(changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    partition: 1,
    offset: 5,
    family: 'cart',
    source: 'shop',
    reason: 'invalid',
    path: '$.value',
    message: 'value must be 0 or more.',
    original: { topic: 'events.cart', partition: 1, offset: 900 },
    receivedAt,
    key: null,
    value: Buffer.from('bytes'),
    originalBytes: undefined,
    republished: false,
    ...changes,
  };
}

test('a filter selects records that match all its fields; the end of its time is excluded', () => {
  const selected = (filter: Parameters<typeof isSelected>[1]): boolean => isSelected(deadLetter(), filter);
  assert(selected({}));
  assert(
    selected({ family: 'cart', reason: 'invalid', source: 'shop', from: receivedAt, to: receivedAt + 1 }),
  );
  assert(selected({ at: { partition: 1, offset: 5 } }));
  assert(!selected({ family: 'cart', reason: 'too-late' }));
  assert(!selected({ from: receivedAt + 1 }));
  assert(!selected({ to: receivedAt }));
  assert(!selected({ at: { partition: 0, offset: 5 } }));
});

test('a record that the processor did not write is no dead letter', () => {
  const headers = { family: 'cart', topic: 'events.cart', partition: '1', offset: '900', received_at: '7' };
  const record = (changes: object) => {
    const texts = Object.entries({ ...headers, ...changes });
    const bytes = Object.fromEntries(texts.map(([name, text]) => [name, Buffer.from(String(text))]));
    return { offset: 5, timestamp: 0, key: null, value: null, headers: bytes };
  };
  assert.equal(deadLetterOf(record({}), 1, names)?.original.offset, 900);
  assert.equal(deadLetterOf(record({ family: 'weather' }), 1, names), undefined);
  assert.equal(
    deadLetterOf(record({ topic: 'events.purchase' }), 1, names),
    undefined,
    'only into its own topic',
  );
});

test('the overview counts by family, in the order of the contract, and reason', () => {
  const rows = overview([
    deadLetter({ family: 'mention', receivedAt: receivedAt + 1 }),
    deadLetter({ republished: true }),
    deadLetter({ receivedAt: receivedAt + 5 }),
    deadLetter({ reason: 'malformed' }),
  ]);
  const lines = rows.map((row) => `${row.family} ${row.reason} ${row.count} ${row.republished} ${row.last}`);
  assert.deepEqual(lines, [
    'cart invalid 2 1 2026-05-01T00:00:00.005Z',
    'cart malformed 1 0 2026-05-01T00:00:00.000Z',
    'mention invalid 1 0 2026-05-01T00:00:00.001Z',
  ]);
});

test('what was too late is valid once the operator takes older events (rule 30)', () => {
  const day = 86_400_000;
  const [occurred_at, partitions] = [receivedAt - 800 * day, 4];
  const given = { event_id: 'e', type: 'mention.observed', occurred_at, mention_id: 'm', channel: 'x', sentiment: 'positive' }; // prettier-ignore
  const verdict = acceptJson(given, { now: occurred_at, defaultSource: 'shop' });
  assert(verdict.ok);
  const key = entityKeyOf(verdict.event);
  const original = { topic: 'events.mention', partition: partitionOf(key, partitions), offset: 900 };
  const value = encodeEvent(verdict.event);
  const late = deadLetter({ family: 'mention', reason: 'too-late', original, key: Buffer.from(key), value });
  const judged = (retention: typeof retentionMs) => judge([late], { now: receivedAt, retention }, partitions);
  assert.deepEqual([...judged(retentionMs).stillBad], [['too-late', 1]]);
  assert.deepEqual(judged({ ...retentionMs, mention: 900 * day }).good, [late]);
});
