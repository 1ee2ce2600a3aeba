import assert from 'node:assert/strict';
import { test } from 'node:test';
import { random } from '../workload.ts';
import { trendOf, type Point } from './trend.ts';

const noise = random(7);
const series = (slope: number): Point[] =>
  Array.from({ length: 60 }, (_, minute) => [minute, 100 + slope * minute + noise() * 10]);

test('what grows has its slope, and is no chance', () => {
  const { slope, chance } = trendOf(series(2));
  assert.ok(Math.abs(slope - 2) < 0.1, String(slope));
  assert.ok(chance < 0.001);
});

test('noise around a level is likely by chance', () => {
  const { slope, chance } = trendOf(series(0));
  assert.ok(Math.abs(slope) < 0.1, String(slope));
  assert.ok(chance > 0.05, String(chance));
});

test('one outlier makes no trend, and a constant has none', () => {
  const flat = Array.from({ length: 20 }, (_, minute): Point => [minute, minute === 19 ? 1_000_000 : 5]);
  assert.equal(trendOf(flat).slope, 0);
  assert.deepEqual(
    trendOf([
      [0, 1],
      [1, 1],
      [2, 1],
    ]),
    { slope: 0, chance: 1 },
  );
});

test('the chance is that of Z, computed by hand', () => {
  // Nine pairs rise and one falls: S = 8, its variance is 5 · 4 · 15 / 18, Z = 7 / 4.082, and both sides of 1.715 have 0.0864.
  const { chance } = trendOf([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 5],
    [5, 4],
  ]);
  assert.equal(chance.toFixed(3), '0.086');
});
