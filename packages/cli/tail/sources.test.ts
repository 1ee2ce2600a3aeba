import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '@tidemark/events/codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { acceptJson } from '@tidemark/events/validate';
import { generationOf } from '@tidemark/topics/generation';
import { sourceOf } from './sources.ts';

const names = generationOf(1, '');
const at = Date.UTC(2026, 4, 1);
const record = (key: string, value: Buffer | null, headers: Readonly<Record<string, string>> = {}) => ({
  offset: 7,
  timestamp: at,
  key: Buffer.from(key),
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});
const texts = (
  name: Parameters<typeof sourceOf>[0],
  topic: string,
  given: ReturnType<typeof record>,
  filter = {},
) => sourceOf(name, names, filter).entriesOf(topic, 1, given);

test('an event is its type, its time and its fields', () => {
  const verdict = acceptJson(
    { event_id: 'e', type: 'cart.created', occurred_at: at, cart_id: 'c', value: 100, currency: 'USD' },
    { now: at, defaultSource: 'shop' },
  );
  assert(verdict.ok);
  const [entry] = texts('events', 'events.cart', record('c', encodeEvent(verdict.event)));
  assert.match(entry!.text, /^cart\.created {2}2026-05-01T00:00:00\.000Z {2}.*event_id=e .*cart_id=c/);
  assert.deepEqual(entry!.json, {
    topic: 'events.cart',
    partition: 1,
    offset: 7,
    received_at: '2026-05-01T00:00:00.000Z',
    event: verdict.event,
  });
});

test('bytes that are no event are shown with the reason', () => {
  const [entry] = texts('events', 'events.cart', record('c', Buffer.from('hello')));
  assert.match(entry!.text, /^events\.cart {2}(malformed|unknown-schema) {2}\S/);
});

test('each fact of a block is a line with its sign, and a kind selects', () => {
  const kind = 'cost_day';
  const names = { cost_id: 'c', category: 'marketing', currency: 'USD', campaign: '', segment: '' };
  const fact = { at, date: at, ...names, amount: 1_000_000n };
  const value = factBlockCodec().encode(kind, {
    recordedAt: at,
    facts: [{ sign: -1, cause: 'voided', fact }],
  });
  const [entry] = texts('facts', 'facts', record(kind, value));
  assert.match(entry!.text, /^cost_day {2}− {2}2026-05-01T00:00:00\.000Z {2}/);
  assert.deepEqual(texts('facts', 'facts', record(kind, value), { kind: 'carts' }), []);
});

test('an alert is its kind, its id and how it stands; one that is gone is deleted', () => {
  const value = Buffer.from(JSON.stringify({ status: 'firing', severity: 'page', rule: 'churn-spike' }));
  assert.equal(
    texts('alerts', 'alerts', record('alert|a-1', value))[0]!.text,
    'alert  a-1  status=firing  severity=page  rule=churn-spike',
  );
  assert.equal(texts('alerts', 'alerts', record('silence|s-1', null))[0]!.text, 'silence  s-1  deleted');
});

test('a dead letter has its reason and its place, and a family selects', () => {
  const headers = { family: 'cart', topic: 'events.cart', partition: '1', offset: '900', received_at: String(at), reason: 'invalid', path: '$.value', message: 'value must be 0 or more.', source: 'shop' }; // prettier-ignore
  const given = record('c', Buffer.from('x'), headers);
  const [entry] = texts('dead-letters', 'dead-letters', given);
  assert.equal(
    entry!.text,
    'cart  invalid  $.value  value must be 0 or more.  source=shop  events.cart/1@900',
  );
  assert.deepEqual(texts('dead-letters', 'dead-letters', given, { family: 'survey' }), []);
});
