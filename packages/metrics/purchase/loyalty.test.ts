import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import { day, hour, instant, lines, timeOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { loyalty } from './loyalty.ts';
import { histories, purchased, refunded } from './purchases.fixtures.ts';

const definition = loyalty(180 * day);

/** What holds at `clock`: time, repeat purchase with its number, the first and the one before, or lapse. */
function published(
  clock: string,
  ...events: readonly (PurchaseCompleted | PurchaseRefunded)[]
): readonly string[] {
  return lines(factsOf(definition, clock, ...events), (fact) =>
    fact.kind === 'lapse'
      ? `lapse since ${timeOf(fact.last_purchase_at)}`
      : `number ${fact.number} since ${timeOf(fact.first_at)} after ${timeOf(fact.previous_at)}`,
  );
}

test('a first purchase repeats nothing', () => {
  assert.deepEqual(published('12:00', purchased('p1', '10:00')), []);
});

test('every further purchase says its number, the first and the one before', () => {
  const events = [purchased('p1', '10:00'), purchased('p2', '05-03 10:00'), purchased('p3', '05-09 10:00')];
  assert.deepEqual(published('05-10 10:00', ...events), [
    '05-03 10:00 number 2 since 10:00 after 10:00',
    '05-09 10:00 number 3 since 10:00 after 05-03 10:00',
  ]);
});

test('a repeat purchase names its customer and purchase, a lapse its customer', () => {
  const ids = factsOf(definition, '2027-05-01T00:00', purchased('p1', '10:00'), purchased('p2', '11:00')).map(
    (fact) => [fact.kind, fact.customer_id, fact.kind === 'lapse' ? '' : fact.purchase_id],
  );
  assert.deepEqual(ids, [
    ['repeat_purchase', 'ann', 'p2'],
    ['lapse', 'ann', ''],
  ]);
});

test('a second event of one purchase_id is no second purchase', () => {
  assert.deepEqual(published('12:00', purchased('p1', '10:00'), purchased('p1', '11:00')), []);
});

test('a refund neither repeats nor keeps a buyer', () => {
  assert.deepEqual(published('12-31 10:00', purchased('p1', '10:00'), refunded('p1', '10-27 10:00', 5)), [
    '10-28 10:00 lapse since 10:00',
  ]);
});

test('a buyer lapses 180 days after the last purchase, once the clock is past it (rule 16)', () => {
  assert.deepEqual(published('10-28 10:00', purchased('p1', '10:00')), []);
  assert.deepEqual(published('10-28 10:00:00.001', purchased('p1', '10:00')), [
    '10-28 10:00 lapse since 10:00',
  ]);
});

test('a purchase at the very instant of the lapse keeps the buyer (rule 16)', () => {
  const events = [purchased('p1', '10:00'), purchased('p2', '10-28 10:00')];
  assert.deepEqual(published('12-31 10:00', ...events), ['10-28 10:00 number 2 since 10:00 after 10:00']);
});

test('buying again undoes no lapse, and a buyer can lapse again (rule 16)', () => {
  const timeline = published('2028-01-01T00:00', purchased('p1', '10:00'), purchased('p2', '11-01 10:00'));
  assert.deepEqual(timeline, [
    '10-28 10:00 lapse since 10:00',
    '11-01 10:00 number 2 since 10:00 after 10:00',
    '04-30 10:00 lapse since 11-01 10:00',
  ]);
});

test('a purchase that arrives after the lapse was published takes it back', () => {
  const driver = driverOf(definition);
  driver.at(instant('12-31 10:00'));
  driver.arrives(purchased('p1', '10:00'));
  const published = driver.arrives(purchased('p2', '10-01 10:00'));
  assert.deepEqual(
    published.map(({ sign, fact }) => `${sign} ${fact.kind}`),
    ['-1 lapse', '1 repeat_purchase'],
  );
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  assertConverges(loyalty(2 * hour), histories);
});
