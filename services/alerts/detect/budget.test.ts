import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceLimit, smallestSpike } from './budget.ts';
import { hoursPerWeek, inUtc } from './calendar.ts';
import { noHabits } from './habits.ts';
import type { Baseline } from './seasonal.ts';
import { upperTail } from './tail.ts';

const hour = 3_600_000;

/** The same count in every hour of the week, that varies as chance does. */
const steady = (usual: number): Baseline => ({
  byHour: Array.from({ length: hoursPerWeek }, () => usual),
  calendar: inUtc,
  habits: noHabits,
  dispersion: () => 1,
});

const size = { atLeast: 10, times: 3 };

test('a spike is so many more than usual and so many times the usual, whichever is larger', () => {
  assert.equal(smallestSpike(0, size), 10);
  assert.equal(smallestSpike(5, size), 15, 'both are the same here');
  assert.equal(smallestSpike(20, size), 60);
  assert.equal(smallestSpike(1.2, size), 12, '11.2 is not a count');
  assert.equal(
    smallestSpike(0.1 + 0.2, { atLeast: 0.7, times: 1 }),
    1,
    'an error of rounding is no event more',
  );
});

/** Evaluations of a window of an hour that count as independent, in 30 days: three an hour. */
const evaluations = 30 * 24 * 3;

/** How often an hour would reach the size by chance in 30 days, where every count less probable than `limit` fires. */
const firesOf = (limit: number, usual: number): number =>
  Math.min(limit, upperTail(smallestSpike(usual, size), usual)) * evaluations;

test('the limit is as high as the budget allows: with it a rule fires by chance as often as the budget says', () => {
  const limit = chanceLimit([steady(5)], [hour], size, 0.2);
  assert.ok(Math.abs(firesOf(limit, 5) / 0.2 - 1) < 1e-3, `${firesOf(limit, 5)} times in 30 days`);
});

test('where the size alone makes chance rare enough, the limit is one in a thousand, and no higher', () => {
  assert.ok(firesOf(1, 0.5) < 0.2);
  assert.equal(chanceLimit([steady(0.5)], [hour], size, 0.2), 1e-3);
  assert.equal(chanceLimit([], [hour], size, 0.2), 1e-3);
  assert.equal(chanceLimit([steady(5)], [hour], size, 1e6), 1e-3);
});

test('all groups share the budget: two that are alike get half of it each', () => {
  const one = chanceLimit([steady(5)], [hour], size, 0.1);
  const two = chanceLimit([steady(5), steady(5)], [hour], size, 0.2);
  assert.ok(Math.abs(two / one - 1) < 1e-3);
});

test('a group in which chance never reaches the size uses none of the budget', () => {
  const alone = chanceLimit([steady(5)], [hour], size, 0.2);
  assert.equal(chanceLimit([steady(5), steady(0)], [hour], size, 0.2), alone);
});

test('windows share the budget too; one that is hardly longer than another uses none', () => {
  const alone = chanceLimit([steady(5)], [hour], size, 0.2);
  assert.equal(chanceLimit([steady(5)], [hour, 1.09 * hour], size, 0.2), alone);
  assert.ok(chanceLimit([steady(5)], [hour, 2 * hour], size, 0.2) < alone);
});

test('a window of two hours is evaluated half as often, against what is usual of both', () => {
  const [usual, limit] = [10, chanceLimit([steady(5)], [2 * hour], size, 0.05)];
  const fires = (Math.min(limit, upperTail(smallestSpike(usual, size), usual)) * evaluations) / 2;
  assert.ok(limit < 1e-3 ? Math.abs(fires / 0.05 - 1) < 1e-3 : fires < 0.05);
  const alternating: Baseline = {
    ...steady(0),
    byHour: Array.from({ length: hoursPerWeek }, (_, slot) => (slot % 2 === 0 ? 10 : 0)),
  };
  assert.equal(
    chanceLimit([alternating], [2 * hour], size, 0.05),
    limit,
    'any two hours have the same count',
  );
});
