import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { retentionMs } from '@tidemark/events/families';
import { parseMapping } from './mapping.ts';
import { anyAge, eventsOfRow } from './row-events.ts';
import type { Cells } from '@tidemark/sources/mapping';

const now = Date.UTC(2026, 0, 1);

function mistakesOf(text: string): readonly string[] {
  const read = parseMapping(text);
  return 'mistakes' in read ? read.mistakes.map(({ line, message }) => `${line}: ${message}`) : [];
}

test('every mistake of a mapping file is reported with its line and what is expected', () => {
  const mistakes = mistakesOf(`source: x
zone: Europe/Nowhere
time: DD.MM.YYYY
events:
  - type: purchase.bought
    event_id: a
    occurred_at: b
  - type: purchase.completed
    event_id: '{id}'
    occurred_at: '{at'
    custumer_id: '{who}'
    kind: product
    purchase_id: { from: '{id}', money: minor }
    amount: '{total}'
    when: { status: paid }
`);
  assert.deepEqual(
    mistakes.map((one) => one.slice(0, 66)),
    [
      '2: there is no zone Europe/Nowhere: expected a name such as Europe/Berlin'.slice(0, 66),
      '3: time is "DD.MM.YYYY": expected iso, seconds, milliseconds, or a pattern'.slice(0, 66),
      '5: there is no event type purchase.bought: expected one of purchase.completed'.slice(0, 66),
      '8: purchase.completed needs customer_id',
      '8: purchase.completed needs currency',
      '10: occurred_at has a brace that is not closed: write {column}, and {{'.slice(0, 66),
      '11: purchase.completed has no field custumer_id: it has event_id, occurred_at'.slice(0, 66),
      '13: purchase_id is no money: leave money out',
      '14: amount is money: write {from: "{total}", money: major} for 59.00, or'.slice(0, 66),
      '15: status is followed by present, empty, a list, or not: and a list'.slice(0, 66),
    ],
  );
  assert.match(mistakesOf('events: []').join(), /^1: events must NOT have fewer than 1 items/);
});

test('a row becomes the events that are meant for it, and all of them or none', () => {
  const read = parseMapping(
    readFileSync(new URL('../../../examples/import/subscription-list.yaml', import.meta.url), 'utf8'),
  );
  assert('file' in read);
  const row = {
    Customer: 'Acme', Contract: 'A', Plan: 'Team', Seats: '', 'Price per seat': '29,00', Billing: 'Monthly', Currency: 'EUR',
    Start: '01.03.2025', End: '', 'Ended because': '', Segment: '', 'Account manager': '',
  }; // prettier-ignore
  const typesOf = (cells: Cells) => {
    const { events, faults } = eventsOfRow({ number: 1, line: 2, cells }, read.file, {
      now,
      retention: anyAge,
    });
    return faults.length > 0
      ? faults
      : events.map(({ sequence, type }) => `${String(sequence)} ${String(type)}`);
  };
  assert.deepEqual(typesOf(row), ['0 subscription.started']);
  assert.deepEqual(typesOf({ ...row, End: '01.03.2025' }), [
    '0 subscription.started',
    '1 subscription.canceled',
  ]);
  assert.deepEqual(typesOf({ ...row, End: 'soon' }), [
    'subscription.canceled $.occurred_at: "soon" is not a time of the form dd.MM.yyyy.',
  ]);
  assert.match(typesOf({ ...row, Customer: '' }).join(), /customer_id is missing/);
});

test('events of any age are sent, since the collector knows its retention; a dry run takes that of the settings', () => {
  const read = parseMapping(
    "events: [{type: cart.created, event_id: '{id}', occurred_at: '{at}', cart_id: '{id}', value: 1, currency: EUR}]",
  );
  assert('file' in read);
  const row = { number: 1, line: 2, cells: { id: 'a', at: '2020-01-01' } };
  assert.equal(eventsOfRow(row, read.file, { now, retention: anyAge }).events.length, 1);
  assert.match(eventsOfRow(row, read.file, { now, retention: retentionMs }).faults.join(), /too late/);
});
