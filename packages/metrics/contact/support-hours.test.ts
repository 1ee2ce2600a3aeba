import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hour, minute } from '../definition/history.fixtures.ts';
import { workedSeconds } from './support-hours.oracle.ts';
import { parseSupportHours, workedMsWithin } from './support-hours.ts';

const utc = (time: string): number => Date.parse(`${time}Z`);

function hoursWithin(hours: string, from: string, to: string): number {
  const parsed = parseSupportHours(hours);
  assert.ok(parsed !== undefined, hours);
  return workedMsWithin(parsed)(utc(from), utc(to)) / hour;
}

const office = 'Mo-Fr 09:00-17:00 Europe/Berlin; 2026-12-25 off';

test('only the time within the hours counts, in their zone (rule 60)', () => {
  assert.equal(
    hoursWithin(office, '2026-05-08T14:00', '2026-05-11T08:00'),
    2,
    'Friday 16:00 to Monday 10:00',
  );
  assert.equal(hoursWithin(office, '2026-05-09T00:00', '2026-05-10T20:00'), 0, 'a weekend');
  assert.equal(hoursWithin(office, '2026-05-04T00:00', '2026-05-18T00:00'), 80, 'two weeks');
  assert.equal(hoursWithin(office, '2026-12-24T15:00', '2026-12-28T09:00'), 2, 'Christmas is a Friday');
  assert.equal(hoursWithin(office, '2026-05-04T10:00', '2026-05-04T10:00'), 0);
  assert.equal(hoursWithin(office, '2026-05-04T11:00', '2026-05-04T10:00'), 0, 'backwards');
});

test('a later rule replaces an earlier one of the day, a date goes before weekdays, and a day may have pauses', () => {
  const hours = '2026-05-06 10:00-11:00 UTC; Mo-We,Fr 08:00-12:00,13:00-17:00; Tu off';
  assert.equal(hoursWithin(hours, '2026-05-04T00:00', '2026-05-05T00:00'), 8, 'Monday');
  assert.equal(hoursWithin(hours, '2026-05-05T00:00', '2026-05-06T00:00'), 0, 'Tuesday');
  assert.equal(hoursWithin(hours, '2026-05-06T00:00', '2026-05-07T00:00'), 1, 'that Wednesday');
  assert.equal(hoursWithin(hours, '2026-05-04T11:30', '2026-05-04T13:30'), 1, 'over lunch');
});

test('a whole day is as long as the clock makes it, also where the clock is set', () => {
  const always = 'Mo-Su 00:00-24:00 Europe/Berlin';
  assert.equal(hoursWithin(always, '2026-03-28T23:00', '2026-03-29T22:00'), 23);
  assert.equal(hoursWithin(always, '2026-10-24T22:00', '2026-10-25T23:00'), 25);
  assert.equal(hoursWithin('Su 02:30-03:30 Europe/Berlin', '2026-03-28T00:00', '2026-03-30T00:00'), 0.5);
  // Samoa skipped 30 December 2011, a Friday.
  assert.equal(hoursWithin('Fr 09:00-17:00 Pacific/Apia', '2011-12-25T00:00', '2012-01-01T00:00'), 0);
});

test('what is no hours is refused', () => {
  for (const text of [
    '',
    'always',
    'Mo-Fr 09:00-17:00',
    'Mo-Fr 09:00-17:00 Mars/Olympus',
    'Mo-Fr 17:00-09:00 UTC',
    'Mo-Fr 09:00-24:01 UTC',
    'Mo-Fr 09:00-12:00,11:00-13:00 UTC',
    'Fr-Mo 09:00-17:00 UTC',
    'Mo-Fr 9-17 UTC',
    'Mo-Fr 09:00-17:00 UTC; 2026-02-30 off',
    'Mo-Fr 09:00-17:00 UTC; Sa 09:00-12:00 Europe/Berlin',
    'Mo off UTC',
  ])
    assert.equal(parseSupportHours(text), undefined, text);
});

test('any two instants have the time between them that a calendar finds by itself', () => {
  const hours = fc.constantFrom(
    office,
    'Mo-Sa 00:30-02:30,03:00-24:00 America/New_York; Su 01:00-03:00; 2026-11-26 off',
    'Mo-Su 22:00-24:00 Australia/Lord_Howe; 2026-04-05 00:00-06:00',
    'Tu,Th 00:00-24:00 Asia/Kolkata; Th off',
  );
  const at = fc.integer({ min: utc('2026-01-01T00:00') / minute, max: utc('2027-01-01T00:00') / minute });
  fc.assert(
    fc.property(hours, at, fc.integer({ min: 0, max: 60 * 24 * 20 }), (text, start, length) => {
      const [from, to] = [start * minute + 1, (start + length) * minute];
      const parsed = parseSupportHours(text);
      assert.ok(parsed !== undefined);
      assert.equal(workedMsWithin(parsed)(from, to) / 1000, to < from ? 0 : workedSeconds(text, from, to));
    }),
    { numRuns: 200 },
  );
});
