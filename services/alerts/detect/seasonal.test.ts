import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hoursPerWeek, inUtc } from './calendar.ts';
import { noHabits } from './habits.ts';
import { learnBaseline, usualOver } from './seasonal.ts';

const hours = (weeks: number, count: (hour: number) => number): number[] =>
  Array.from({ length: weeks * hoursPerWeek }, (_, hour) => count(hour));
const near = (actual: number, expected: number, share: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < share, `${actual} is not about ${expected}`);

test('each hour of the week has its own usual count: a Monday that is always higher is usual', () => {
  const monday = (hour: number): boolean => Math.floor(hour / 24) % 7 === 0;
  const { byHour } = learnBaseline(
    hours(8, (hour) => (monday(hour) ? 30 : 10)),
    0,
  );
  near(byHour[10]!, 30, 0.05);
  near(byHour[34]!, 10, 0.05);
});

test('a past incident is cut to a credible maximum', () => {
  const quiet = learnBaseline(
    hours(8, () => 5),
    0,
  );
  const spiked = learnBaseline(
    hours(8, (hour) => (hour === 500 ? 400 : 5)),
    0,
  );
  near(spiked.byHour[500 % hoursPerWeek]!, quiet.byHour[500 % hoursPerWeek]!, 0.4);
  assert.ok(spiked.dispersion(1, 5) < 2);
});

test('one hour that is always busy is usual, even if its neighbours are quiet', () => {
  const nightly = hours(8, (hour) => (hour % 24 === 3 ? 40 : 1));
  near(learnBaseline(nightly, 0).byHour[3]!, 40, 0.05);
  const twoWeeks = hours(2, (hour) => (hour === 3 ? 40 : 1));
  assert.ok(learnBaseline(twoWeeks, 0).byHour[3]! < 6, 'once in two weeks is no habit');
});

test('where the median is 0, the usual count is not 0', () => {
  const { byHour } = learnBaseline(
    hours(8, (hour) => (hour % 5 === 0 ? 1 : 0)),
    0,
  );
  near(byHour.reduce((sum, usual) => sum + usual, 0) / hoursPerWeek, 0.2, 0.1);
});

test('days that differ as a whole make large counts vary more than small ones', () => {
  const restless = hours(8, (hour) => (Math.floor(hour / 24) % 2 === 0 ? 150 : 50));
  const { dispersion } = learnBaseline(restless, 0);
  assert.ok(dispersion(1, 100) > 10);
  assert.ok(dispersion(1, 2) < 2);
});

test('without history the usual count is 0', () => {
  const { byHour, dispersion } = learnBaseline([], 0);
  assert.deepEqual(new Set(byHour), new Set([0]));
  assert.ok(dispersion(1, 0) >= 1);
});

test('a part of an hour counts in proportion', () => {
  const { byHour } = learnBaseline(
    hours(8, () => 8),
    0,
  );
  near(usualOver({ byHour, calendar: inUtc, habits: noHabits, dispersion: () => 1 }, 0.5, 6), 11, 0.01);
});
