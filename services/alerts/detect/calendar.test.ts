import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inUtc, inZone } from './calendar.ts';

const hourOf = (text: string): number => Date.parse(text) / 3_600_000;

test('a day of the month has its number, and a name where it is the last or a first or last working day', () => {
  const names = (date: string) => inUtc.dayNames(hourOf(`${date}T12:00:00Z`));
  assert.deepEqual(names('2026-05-01'), ['1', 'first working day']);
  assert.deepEqual(names('2026-08-01'), ['1'], 'a Saturday');
  assert.deepEqual(names('2026-08-03'), ['3', 'first working day']);
  assert.deepEqual(names('2026-02-28'), ['28', 'last'], 'a Saturday');
  assert.deepEqual(names('2026-02-27'), ['27', 'last working day']);
  assert.deepEqual(names('2028-02-29'), ['29', 'last', 'last working day']);
  assert.deepEqual(names('2026-05-15'), ['15']);
});

test('by the clocks of a zone the 1st begins at its midnight, in summer and in winter', () => {
  const { dayNames, hourOfWeek } = inZone('Europe/Berlin');
  assert.deepEqual(dayNames(hourOf('2026-05-31T21:00:00Z')), ['31', 'last']);
  assert.deepEqual(dayNames(hourOf('2026-05-31T22:00:00Z')), ['1', 'first working day']);
  assert.deepEqual(dayNames(hourOf('2026-11-30T22:00:00Z')), ['30', 'last', 'last working day']);
  assert.deepEqual(dayNames(hourOf('2026-11-30T23:00:00Z')), ['1', 'first working day']);
  assert.equal(hourOfWeek(hourOf('2026-05-04T07:00:00Z')), 9, 'nine on Monday');
  assert.equal(hourOfWeek(hourOf('2026-11-02T08:00:00Z')), 9);
});
