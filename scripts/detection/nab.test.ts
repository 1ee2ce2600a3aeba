import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ourScores, profiles, scaledSigmoid, scoreOf, type Series } from './nab.ts';

/** A thousand values of five minutes, something wrong with values 400 to 499 and 700 to 799. */
const series: Series = {
  name: 'one',
  times: Array.from({ length: 1000 }, (_, index) => Date.UTC(2026, 0, 5) + index * 300_000),
  values: Array.from({ length: 1000 }, () => 10),
  windows: [
    [400, 499],
    [700, 799],
  ],
};
const scored = (...anomalous: number[]): number =>
  scoreOf(
    [series],
    new Map([['one', series.values.map((_, index) => (anomalous.includes(index) ? 1 : 0))]]),
    profiles.standard,
  );

test('a detection counts by where it lies in its window, as the benchmark documents it', () => {
  const rounded = [-1, -0.5, 0, 1, 4].map((position) => Number(scaledSigmoid(position).toFixed(5)));
  assert.deepEqual(rounded, [0.98661, 0.84828, 0, -0.98661, -1]);
});

test('to detect nothing is 0, the first value of each window 100, one of two windows the half', () => {
  assert.equal(scored(), 0);
  assert.equal(scored(400, 700), 100);
  assert.equal(scored(400), 50);
  assert.equal(scored(400, 410, 450), 50, 'only the first detection in a window counts');
  assert.ok(scored(490) < 35, 'late in the window');
});

test('a false detection costs a little, and one within the first 15 % nothing', () => {
  // Far from any window before it: −1 × 0.11 of four points between nothing and everything.
  assert.ok(Math.abs(scored(400, 700, 300) - (100 - (100 * 0.11) / 4)) < 1e-9);
  assert.equal(scored(400, 700, 100), 100);
});

test('our scores are 0 while there is less than a day to learn from, and great where a value is far above the usual', () => {
  const values = series.values.map((value, index) => (index === 700 ? 10 * value : value));
  const scores = ourScores({ ...series, values });
  assert.ok(scores.slice(0, 288).every((score) => score === 0));
  assert.equal(scores.indexOf(Math.max(...scores)), 700);
  assert.ok(scores[700]! > 10);
});
