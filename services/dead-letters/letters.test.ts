import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMeant, type Letter, letterOf, overview } from './letters.ts';

const receivedAt = Date.UTC(2026, 4, 1);

function letter(changes: Partial<Letter> = {}): Letter {
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

test('a filter means what fits all that it says; the end of a time is not in it', () => {
  const meant = (filter: Parameters<typeof isMeant>[1]): boolean => isMeant(letter(), filter);
  assert(meant({}));
  assert(meant({ family: 'cart', reason: 'invalid', source: 'shop', from: receivedAt, to: receivedAt + 1 }));
  assert(meant({ letter: { partition: 1, offset: 5 } }));
  assert(!meant({ family: 'cart', reason: 'too-late' }));
  assert(!meant({ from: receivedAt + 1 }));
  assert(!meant({ to: receivedAt }));
  assert(!meant({ letter: { partition: 0, offset: 5 } }));
});

test('a record that the processor did not set aside is no letter', () => {
  const headers = { family: 'cart', topic: 'events.cart', partition: '1', offset: '900', received_at: '7' };
  const record = (changes: object) => {
    const texts = Object.entries({ ...headers, ...changes });
    const bytes = Object.fromEntries(texts.map(([name, text]) => [name, Buffer.from(String(text))]));
    return { offset: 5, timestamp: 0, key: null, value: null, headers: bytes };
  };
  assert.equal(letterOf(record({}), 1)?.original.offset, 900);
  assert.equal(letterOf(record({ family: 'weather' }), 1), undefined);
  assert.equal(letterOf(record({ topic: 'events.purchase' }), 1), undefined, 'only into its own topic');
});

test('the overview counts by family, in the order of the contract, and reason', () => {
  const rows = overview([
    letter({ family: 'mention', receivedAt: receivedAt + 1 }),
    letter({ republished: true }),
    letter({ receivedAt: receivedAt + 5 }),
    letter({ reason: 'malformed' }),
  ]);
  const told = rows.map((row) => `${row.family} ${row.reason} ${row.letters} ${row.republished} ${row.last}`);
  assert.deepEqual(told, [
    'cart invalid 2 1 2026-05-01T00:00:00.005Z',
    'cart malformed 1 0 2026-05-01T00:00:00.000Z',
    'mention invalid 1 0 2026-05-01T00:00:00.001Z',
  ]);
});
