import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chanceOfNone, normalBelow, upperTail } from './tail.ts';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-6, `${actual} is not ${expected}`);

test('tails of the Poisson distribution are as in tables', () => {
  near(upperTail(15, 5), 2.2625367617669e-4);
  near(upperTail(10, 1), 1.1142547833872074e-7);
  near(upperTail(1, 0.5), 1 - Math.exp(-0.5));
});

test('tails of the negative binomial with r = 5, p = 1/2 are the probability of five heads before so many tails', () => {
  // Mean 5, variance 10: P(X >= 6) = 1 - sum of C(k+4, k) / 2^(k+5) for k = 0..5.
  const below = [1, 5, 15, 35, 70, 126].reduce((sum, ways, k) => sum + ways / 2 ** (k + 5), 0);
  near(upperTail(6, 5, 2), 1 - below);
});

test('a count at the usual has probability 1; any count has probability 0 where none is usual', () => {
  assert.equal(upperTail(5, 5), 1);
  assert.equal(upperTail(0, 0), 1);
  assert.equal(upperTail(1, 0), 0);
});

test('a higher count is less probable, and more dispersion makes it more probable', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (count, mean) => {
        assert.ok(upperTail(count + 1, mean) <= upperTail(count, mean));
        if (count > 2 * mean + 5) assert.ok(upperTail(count, mean, 2) >= upperTail(count, mean));
      },
    ),
  );
});

test('the probability of no events', () => {
  near(chanceOfNone(10), Math.exp(-10));
  near(chanceOfNone(5, 2), 0.5 ** 5);
});

test('the normal tail continues where the table ends', () => {
  assert.ok(Math.abs(normalBelow(-2) - 0.02275) < 1e-4);
  assert.ok(Math.abs(normalBelow(-4) / 3.167e-5 - 1) < 0.07);
});
