import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { families } from './families.ts';
import { compareCodePoints, compareEvents, type Ordered } from './order.ts';
import { specs } from './schema.ts';

const event = (fields: Partial<Ordered>): Ordered => ({
  occurred_at: 0,
  sequence: 0,
  event_id: 'e',
  ...fields,
});

test('ids order by code points where UTF-16 units order otherwise (rule 33)', () => {
  const [fullwidth, emoji] = ['\uFF5E', '\u{1F600}'] as [string, string];
  assert.ok(emoji < fullwidth);
  assert.ok(compareCodePoints(fullwidth, emoji) < 0);
});

test('the order of code points is the order of UTF-8 bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareCodePoints(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('time comes before sequence, sequence before id', () => {
  assert.ok(compareEvents(event({ occurred_at: 1, sequence: 9 }), event({ occurred_at: 2 })) < 0);
  assert.ok(compareEvents(event({ sequence: 1, event_id: 'z' }), event({ sequence: 2, event_id: 'a' })) < 0);
  assert.ok(compareEvents(event({ event_id: 'a' }), event({ event_id: 'b' })) < 0);
  assert.equal(compareEvents(event({}), event({ derived_from: null })), 0);
});

test('a derived checkout comes after the own events of its millisecond, whatever their sequence (rule 19)', () => {
  const derived = event({ derived_from: 'purchase' });
  assert.ok(compareEvents(event({ sequence: 7, derived_from: null }), derived) < 0);
  assert.ok(compareEvents(derived, event({ occurred_at: 1 })) < 0);
});

test('the documentation asks publishers to set sequence, in every schema (rule 48)', () => {
  for (const family of families) {
    const sequence = specs[family].fields.find(({ name }) => name === 'sequence');
    assert.match(sequence?.doc ?? '', /Set it where one system stamps several with one millisecond/, family);
  }
});
