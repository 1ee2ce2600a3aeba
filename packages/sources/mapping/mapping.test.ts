import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specs } from '@tidemark/events/schema';
import { filled } from './filled.ts';
import { compileMapping, isMoney, type RawMapping } from './mapping.ts';
import type { Cells } from './template.ts';

type Head = Omit<RawMapping, 'events'>;

/** What a record becomes by a mapping of one event: its field of this name, or what is wrong. */
function become(event: object, name: string, cells: Cells, head: Head = {}): unknown {
  const raw = { type: 'purchase.completed', event_id: '{id}', occurred_at: '{at}', ...event };
  const mistakes: string[] = [];
  const all = {
    customer_id: '{id}',
    purchase_id: '{id}',
    amount: 1,
    currency: '{currency}',
    kind: 'product',
  };
  const mapping = compileMapping({ ...head, events: [{ ...all, ...raw }] }, (_, message) =>
    mistakes.push(message),
  );
  assert.deepEqual(mistakes, []);
  const [one] = filled({ id: '1', at: '2026-05-31', currency: 'eur', ...cells }, mapping);
  return one === undefined ? 'none' : 'event' in one ? one.event[name] : one.faults.map(({ field, message }) => `${field}: ${message}`).join(' '); // prettier-ignore
}

function mistakesOf(raw: RawMapping): readonly string[] {
  const mistakes: string[] = [];
  compileMapping(raw, (path, message) => mistakes.push(`${path.join('.')}: ${message}`));
  return mistakes;
}

test('money fields are those whose schema says so', () => {
  const money = Object.values(specs).flatMap(({ family, fields }) =>
    fields.filter(isMoney).map(({ name }) => `${family}.${name}`),
  );
  assert.deepEqual(money.toSorted(), [
    'cart.value',
    'cost.amount',
    'purchase.amount',
    'subscription.discount_amount',
    'subscription.unit_amount',
  ]);
});

test('money is exact in the minor unit of its currency, and never a guess', () => {
  const major = (cells: Cells, more: object = {}) =>
    become({ amount: { from: '{amount}', money: 'major', ...more } }, 'amount', cells);
  assert.equal(major({ amount: '59.00' }), 5_900);
  assert.equal(major({ amount: 19.99 }), 1_999);
  assert.equal(major({ amount: '3000', currency: 'JPY' }), 3_000);
  assert.equal(major({ amount: 5.9, currency: 'kwd' }), 5_900);
  // A sum of binary fractions.
  assert.equal(major({ amount: 0.1 + 0.2 }), 30);
  assert.match(String(major({ amount: '59.001' })), /"59\.001" has more decimals than EUR, which has 2/);
  assert.match(String(major({ amount: 1, currency: undefined })), /cannot be read without a currency/);
  assert.match(String(major({ amount: 'free' })), /"free" is no number/);
  assert.equal(major({ amount: '1.250,5 €' }, { without: '€.', decimal: ',' }), 125_050);
  const minor = (amount: unknown) =>
    become({ amount: { from: '{amount}', money: 'minor' } }, 'amount', { amount });
  assert.deepEqual(['5900', 5_900, 5_900n].map(minor), [5_900, 5_900, 5_900]);
  assert.match(String(minor('59.50')), /for units such as dollars write `money: major`/);
});

test('times are read in their zone and form, and a date is the beginning of its day', () => {
  const at = (given: unknown, head: Head = {}) => become({}, 'occurred_at', { at: given }, head);
  assert.equal(at('2026-05-31'), '2026-05-31T00:00:00.000Z');
  assert.equal(at('2026-05-31 08:00', { zone: 'Europe/Berlin' }), '2026-05-31T06:00:00.000Z');
  assert.equal(at('2026-05-31T08:00:00+05:30', { zone: 'Europe/Berlin' }), '2026-05-31T02:30:00.000Z');
  assert.equal(at('31/05/2026', { time: 'dd/MM/yyyy' }), '2026-05-31T00:00:00.000Z');
  assert.equal(at(1_780_214_400, { time: 'seconds' }), '2026-05-31T08:00:00.000Z');
  assert.equal(at('1780214400000', { time: 'milliseconds' }), '2026-05-31T08:00:00.000Z');
  assert.match(String(at('31.05.2026')), /is not a time such as 2026-05-31/);
  assert.match(String(at('2026-02-30')), /is not a time such as/);
});

test('values are translated, and defaults and empty cells are what the mapping says', () => {
  const kind = (given: object, cells: Cells) => become({ kind: given }, 'kind', cells, { empty: ['NULL'] });
  const list = { from: '{what}', values: { Hours: 'service' }, otherwise: 'product' };
  assert.equal(kind(list, { what: ' Hours ' }), 'service');
  assert.equal(kind(list, { what: 'Chair' }), 'product');
  assert.match(
    String(kind({ ...list, otherwise: undefined }, { what: 'Chair' })),
    /`values` has Hours: add it/,
  );
  assert.equal(kind({ from: '{what}', default: '{other}' }, { what: 'NULL', other: 'upsell' }), 'upsell');
  assert.equal(kind({ from: '{what}', default: 'product' }, {}), 'product');
});

test('paths lead into nested records; an object is no text', () => {
  const who = (from: string, cells: Cells) => become({ customer_id: from }, 'customer_id', cells);
  assert.equal(who('{order.by.0.id}', { order: { by: [{ id: 7 }] } }), '7');
  assert.equal(who('{a.b}', { 'a.b': 'whole name', a: { b: 'path' } }), 'whole name');
  assert.equal(who('shop:{{{order.id}', { order: { id: 'x' } }), 'shop:{x');
  assert.equal(who('{__proto__.constructor.name}', {}), undefined);
  assert.match(String(who('{order}', { order: { id: 1 } })), /\{order\} is an object: name a field of it/);
});

test('an event comes of a record when all its conditions are met', () => {
  const comes = (when: object, cells: Cells) => become({ when }, 'kind', cells) !== 'none';
  assert.deepEqual([comes({ a: 'present' }, { a: 1 }), comes({ a: 'present' }, { a: '' })], [true, false]);
  assert.deepEqual([comes({ 'a.b': 'empty' }, { a: {} }), comes({ 'a.b': 'empty' }, { a: { b: 1 } })], [true, false]); // prettier-ignore
  assert.deepEqual([comes({ a: ['x', 1] }, { a: '1' }), comes({ a: ['x', 1] }, { a: 'y' })], [true, false]);
  assert.deepEqual([comes({ a: { not: ['x'] } }, { a: 'y' }), comes({ a: { not: ['x'] } }, { a: 'x' })], [true, false]); // prettier-ignore
  assert.equal(comes({ a: ['x'], b: 'present' }, { a: 'x' }), false);
  assert.match(String(become({ when: { a: 'present' } }, 'kind', { a: {} })), /when: \{a\} is an object/);
});

test('every mistake of a mapping is reported', () => {
  const sale = { type: 'purchase.completed', event_id: '{id}', occurred_at: '{at' };
  const events = [
    { type: 'purchase.bought' },
    { ...sale, custumer_id: '{who}', kind: 'product', purchase_id: { from: '{id}', money: 'minor' }, amount: '{total}', when: { status: 'paid' } }, // prettier-ignore
  ];
  const found = mistakesOf({ zone: 'Europe/Nowhere', time: 'DD.MM.YYYY', events });
  assert.deepEqual(
    found.map((one) => one.slice(0, 48)),
    [
      'time: time is "DD.MM.YYYY": expected iso, second',
      'zone: there is no zone Europe/Nowhere: expected ',
      'events.0.type: there is no event type purchase.b',
      'events.1.occurred_at: occurred_at has a brace th',
      'events.1.custumer_id: purchase.completed has no ',
      'events.1.purchase_id: purchase_id is no money: l',
      'events.1.amount: amount is money: write {from: "',
      'events.1: purchase.completed needs customer_id',
      'events.1: purchase.completed needs currency',
      'events.1.when.status: status is followed by pres',
    ],
  );
});
