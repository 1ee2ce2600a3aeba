import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCounters, encodeCounters } from './counter-codec.ts';
import { decodeEvent, encodeEvent } from './codec.ts';
import { familyOf } from './entity.ts';
import { factBlockCodec } from './fact-block-codec.ts';
import { frame, typeOf } from './frame.ts';
import { registeredSchemas } from './registry.ts';
import { anyEvent } from './sample-events.fixtures.ts';
import type { Event } from './types.ts';

const cart = {
  type: 'cart.created',
  event_id: 'e1',
  occurred_at: 1_780_000_000_000,
  source: 's',
  cart_id: 'c1',
  value: 5900,
  currency: 'USD',
} as Event;

test('what is encoded is decoded as it was, as plain objects', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      assert.deepEqual(decodeEvent(familyOf(event.type), encodeEvent(event)), { ok: true, event });
    }),
  );
});

test('fields that are absent take their defaults', () => {
  const decoded = decodeEvent('cart', encodeEvent(cart));
  assert.deepEqual(decoded, {
    ok: true,
    event: {
      ...cart,
      sequence: 0,
      voids: null,
      customer_id: null,
      items: null,
      channel: null,
      derived_from: null,
    },
  });
});

test('the greatest safe integer goes through', () => {
  const decoded = decodeEvent('cart', encodeEvent({ ...cart, sequence: Number.MAX_SAFE_INTEGER } as Event));
  assert.equal(decoded.ok && decoded.event.sequence, Number.MAX_SAFE_INTEGER);
});

test('any bytes are an outcome, not an exception, and take no time', () => {
  const head = (id: number) => Buffer.from([0, 0, 0, 0, id]);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((body) => Buffer.from(body)),
    fc.uint8Array({ maxLength: 64 }).map((body) => Buffer.concat([head(6), body])),
  );
  fc.assert(fc.property(bytes, (given) => assert.equal(typeof decodeEvent('survey', given).ok, 'boolean')));
});

test('an array that claims more items than there are bytes is malformed; avsc alone would read on for ever', () => {
  const answer = { type: 'survey.answered', event_id: 'e', occurred_at: 1, source: 's', response_id: 'r' };
  const bytes = encodeEvent({ ...answer, themes: [] } as unknown as Event);
  // themes is followed by two nulls: its empty array is the third byte from the end.
  const claim = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x08]);
  const decoded = decodeEvent('survey', Buffer.concat([bytes.subarray(0, -3), claim, Buffer.alloc(2)]));
  assert.equal(decoded.ok, false);
  assert.match(JSON.stringify(decoded), /claims \d+ items/);
});

test('bytes that are no event of the topic say why', () => {
  const bytes = encodeEvent(cart);
  const cases: [Buffer, string, RegExp][] = [
    [Buffer.alloc(0), 'malformed', /wire format/],
    [Buffer.from('{"type":"cart.created"}'), 'malformed', /wire format/],
    [
      Buffer.concat([Buffer.from([0, 0, 0, 255, 255]), bytes.subarray(5)]),
      'unknown-schema',
      /65535 is not known.*id 3/,
    ],
    [
      Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), bytes.subarray(5)]),
      'unknown-schema',
      /is of events\.subscription/,
    ],
    [bytes.subarray(0, -1), 'malformed', /ends too early/],
    [Buffer.concat([bytes, Buffer.alloc(2)]), 'malformed', /2 bytes too many/],
    [
      Buffer.concat([bytes.subarray(0, -1), Buffer.from([4])]),
      'malformed',
      /no cart event: invalid union index/,
    ],
  ];
  for (const [given, reason, message] of cases) {
    const decoded = decodeEvent('cart', given);
    assert.ok(!decoded.ok);
    assert.equal(decoded.reason, reason, decoded.message);
    assert.match(decoded.message, message);
  }
});

test('text that is not UTF-8 is malformed, and a replacement character is a character (rule 50)', () => {
  const marked = encodeEvent({ ...cart, cart_id: 'c\uFFFDé' } as Event);
  const decoded = decodeEvent('cart', marked);
  assert.equal(decoded.ok && (decoded.event as { cart_id: string }).cart_id, 'c\uFFFDé');
  const latin = encodeEvent({ ...cart, cart_id: 'cafe!' } as Event);
  latin.write('caf\xe9!', latin.indexOf('cafe!'), 'latin1');
  const refused = decodeEvent('cart', latin);
  assert.ok(!refused.ok && refused.reason === 'malformed');
  assert.match(refused.message, /not UTF-8/);
});

test('an event of another family in a topic is malformed: its type would lie', () => {
  const bytes = encodeEvent({ ...cart, type: 'cart.created' } as Event);
  const at = bytes.indexOf('cart.created');
  bytes.write('cost.created', at);
  const decoded = decodeEvent('cart', bytes);
  assert.ok(!decoded.ok && decoded.reason === 'malformed');
  assert.match(decoded.message, /"cost\.created" is no type of the family cart/);
});

test('a block of facts holds signs and causes, money beyond 2⁵³ and nulls', () => {
  const { encode, decode } = factBlockCodec();
  const rows = [
    { sign: 1, cause: 'late', at: 5, family: 'cart', partition: 3, data_through: 7, last_received_at: null },
    { sign: -1, cause: 'voided', at: 6, family: 'é', partition: -3, data_through: 7, last_received_at: 9 },
  ] as const;
  const facts = rows.map(({ sign, cause, ...fact }) => ({
    sign,
    cause,
    fact: { kind: 'progress', ...fact },
  }));
  assert.deepEqual(decode('progress', encode('progress', { recordedAt: 8, facts })), {
    recorded_at: 8,
    facts: rows,
  });
  assert.throws(() => encode('nothing', { recordedAt: 8, facts }), /npm run generate/);
});

test('a fact of before causes were kept has an unknown one', () => {
  const first = registeredSchemas.find(
    ({ subject, version }) => subject === 'facts.progress-value' && version === 1,
  )!;
  const fact = { sign: 1, at: 5, family: 'cart', partition: 3, data_through: 7, last_received_at: null };
  const bytes = frame(first.id, typeOf(first), { recorded_at: 8, facts: [fact] });
  assert.deepEqual(factBlockCodec().decode('progress', bytes).facts, [{ ...fact, cause: 'unknown' }]);
});

test('counters can be any bigint', () => {
  // A series is named by a JSON array, so none is `__proto__`.
  const series = fc.array(fc.string()).map((names) => JSON.stringify(names));
  const value = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n });
  fc.assert(
    fc.property(fc.dictionary(series, value, { noNullPrototype: true }), (values) => {
      const bucket = { definition: 'd', bucket: 900_000, values };
      assert.deepEqual(decodeCounters(encodeCounters(bucket)), bucket);
    }),
  );
});
