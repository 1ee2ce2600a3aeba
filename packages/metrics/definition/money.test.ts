import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalOf, microsOf, monthlyMicros, roundHalfEven, type Price } from './money.ts';

const price = (given: Partial<Price>): Price => ({
  unit_amount: 0,
  quantity: 1,
  discount_amount: 0,
  currency: 'USD',
  interval: 'month',
  interval_count: 1,
  ...given,
});

test('minor units become micros by the exponent of the currency', () => {
  assert.equal(microsOf(5900, 'USD'), 59_000_000n);
  assert.equal(microsOf(5900, 'JPY'), 5_900_000_000n);
  assert.equal(microsOf(5900, 'KWD'), 5_900_000n);
  assert.equal(microsOf(-1, 'EUR'), -10_000n);
  assert.equal(microsOf(1e15, 'JPY'), 10n ** 21n);
});

test('an unknown currency is refused by name', () => {
  assert.throws(() => microsOf(1, 'XQZ'), /XQZ/);
});

test('a tie is rounded to the even neighbour, on both sides of zero', () => {
  const cases: readonly (readonly [bigint, bigint, bigint])[] = [
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [1n, 2n, 0n],
    [-1n, 2n, 0n],
    [8n, 3n, 3n],
    [7n, 3n, 2n],
    [-8n, 3n, -3n],
    [6n, 3n, 2n],
    [9n, 1n, 9n],
  ];
  for (const [numerator, denominator, expected] of cases) {
    assert.equal(roundHalfEven(numerator, denominator), expected, `${numerator} / ${denominator}`);
  }
});

test('rounding is never further off than a half, and mirrors at zero', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 12n }), (numerator, denominator) => {
      const rounded = roundHalfEven(numerator, denominator);
      const off = 2n * (rounded * denominator - numerator);
      assert.ok(off <= denominator && -off <= denominator);
      assert.equal(roundHalfEven(-numerator, denominator), -rounded);
    }),
  );
});

test('a yearly $1,200 plan is $100 of MRR; three seats at $59 are $177', () => {
  assert.equal(monthlyMicros(price({ unit_amount: 120_000, interval: 'year' })), 100_000_000n);
  assert.equal(monthlyMicros(price({ unit_amount: 5_900, quantity: 3 })), 177_000_000n);
});

test('a day is 12/365 of a month, a week 12/52, each times the count', () => {
  assert.equal(monthlyMicros(price({ unit_amount: 100, interval: 'day' })), 30_416_667n); // 365/12 = 30.41666…
  assert.equal(monthlyMicros(price({ unit_amount: 1200, interval: 'week' })), 52_000_000n);
  assert.equal(monthlyMicros(price({ unit_amount: 1200, interval: 'week', interval_count: 2 })), 26_000_000n);
  assert.equal(
    monthlyMicros(price({ unit_amount: 10_000, interval: 'month', interval_count: 3 })),
    33_333_333n,
  );
});

test('the fraction is rounded once, half to even (rule 10)', () => {
  // 0.000001 JOD does not exist in minor units; a tie needs a division: 0.001 KWD / 16 = 62.5 micros.
  assert.equal(monthlyMicros(price({ unit_amount: 1, currency: 'KWD', interval_count: 16 })), 62n);
  assert.equal(monthlyMicros(price({ unit_amount: 3, currency: 'KWD', interval_count: 16 })), 188n); // 187.5
});

test('a discount is taken off once an interval, and never below nothing', () => {
  assert.equal(monthlyMicros(price({ unit_amount: 1000, quantity: 3, discount_amount: 500 })), 25_000_000n);
  assert.equal(monthlyMicros(price({ unit_amount: 1000, discount_amount: 5000 })), 0n);
  assert.equal(monthlyMicros(price({ unit_amount: 1000, quantity: 0 })), 0n);
});

test('the greatest amounts allowed stay exact', () => {
  assert.equal(
    monthlyMicros(price({ unit_amount: 1e15, quantity: 1e9, discount_amount: 1, currency: 'JPY' })),
    (10n ** 24n - 1n) * 1_000_000n,
  );
});

test('micros are written exactly, whatever their size and sign', () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, '0.000000'],
    [1n, '0.000001'],
    [-1n, '-0.000001'],
    [-1_000_000n, '-1.000000'],
    [59_000_000n, '59.000000'],
    [12_345_678_901_234_567_890_123_456n, '12345678901234567890.123456'],
  ];
  for (const [micros, text] of cases) assert.equal(decimalOf(micros), text);
});
