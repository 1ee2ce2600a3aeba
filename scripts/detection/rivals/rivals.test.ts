import assert from 'node:assert/strict';
import { test } from 'node:test';
import { earsC1, earsC2, earsC3 } from './ears.ts';
import { farringtonFlexible, fitTrend, outbreakWeights } from './farrington.ts';
import { threeSigma } from './sigma.ts';
import { daySteps, hourSteps, Sums } from './windows.ts';

const near = (actual: number, expected: number, within = 1e-6): void =>
  assert.ok(Math.abs(actual - expected) < within, `${actual} is not ${expected}`);

/** A series whose days have these counts, all of them in the last step of the day. */
function days(...counts: number[]): { readonly sums: Sums; readonly last: number } {
  const steps = new Float64Array(counts.length * daySteps);
  for (const [day, count] of counts.entries()) steps[(day + 1) * daySteps - 1] = count;
  return { sums: new Sums(steps), last: steps.length - 1 };
}

test('EARS C1 compares with the seven days before, C2 leaves out two days, C3 adds up three days of C2', () => {
  // Mean 4 and standard deviation 2 of the sample 2 2 4 4 4 6 6 is 1.633.
  const { sums, last } = days(4, 4, 2, 2, 4, 4, 4, 6, 6, 12);
  const c1 = earsC1.judge(sums, last, hourSteps);
  near(c1.expected, 4);
  near(c1.score, 8 / Math.sqrt(16 / 6));
  // The seven days that end three days before: 4 4 2 2 4 4 4.
  const c2 = earsC2.judge(sums, last, hourSteps);
  near(c2.expected, 24 / 7);
  const deviation = Math.sqrt((5 * (4 / 7) ** 2 + 2 * (10 / 7) ** 2) / 6);
  near(c2.score, (12 - 24 / 7) / deviation);
  const c3 = earsC3.judge(sums, last, hourSteps);
  assert.ok(c3.score > c2.score - 1, 'the sixes of the two days before add to it');
});

test('EARS: the limits of C1 and C2 are those of earsC of R, at 3.09 standard deviations', () => {
  const { sums, last } = days(4, 4, 2, 2, 4, 4, 4, 6, 6, 12);
  for (const [rival, limit] of [
    [earsC1, 9.046328],
    [earsC2, 6.444329],
  ] as const) {
    const { expected, score } = rival.judge(sums, last, hourSteps);
    near(expected + (3.090232 * (12 - expected)) / score, limit, 1e-5);
  }
});

test('EARS has a smallest standard deviation, so one after seven zeros is not infinite', () => {
  const { sums, last } = days(0, 0, 0, 0, 0, 0, 0, 1);
  near(earsC1.judge(sums, last, hourSteps).score, 2);
});

test('sigma is of the windows of 14 days', () => {
  const { sums, last } = days(...Array.from({ length: 15 }, () => 24), 48);
  const { expected, score } = threeSigma.judge(sums, last, daySteps);
  near(expected, 24);
  near(score, 48, 1e-6);
});

test('Farrington: the trend of an exact exponential is found, with no dispersion beyond that of chance', () => {
  const times = [-8, -7, -6, -5, -4, -3, -2, -1];
  const counts = times.map((time) => 20 * Math.exp(0.1 * time));
  const fit = fitTrend(
    counts,
    times,
    counts.map(() => 1),
  );
  near(Math.exp(fit.level), 20, 1e-4);
  near(fit.trend, 0.1, 1e-6);
  assert.equal(fit.dispersion, 1);
});

test('Farrington: the dispersion is that of Pearson, of a quasi-Poisson regression', () => {
  const counts = [5, 15, 5, 15];
  const fit = fitTrend(counts, [0, 0, 0, 0], [1, 1, 1, 1], false);
  near(Math.exp(fit.level), 10, 1e-6);
  near(fit.dispersion, (4 * 25) / 10 / 3, 1e-6);
});

/** Expected counts, dispersions and probabilities by R 4.2 and surveillance 1.20.3: `noPeriods` 1, `nbPlugin`, `pThresholdTrend` 1. */
test('Farrington: the same as farringtonFlexible of R', () => {
  const plain = farringtonFlexible(
    30,
    [8, 10, 9, 10, 13, 9, 11, 10, 9, 11, 12, 10, 12],
    [-21, -20, -19, -16, -15, -14, -11, -10, -9, -6, -5, -4, -1],
  );
  near(plain.expected, 11.66347, 1e-5);
  near(plain.chance, 5.203169e-6, 1e-11);
  const years = [-50, -38, -26, -14].flatMap((from) => [from, from + 1, from + 2, from + 3, from + 4]);
  const outbreak = [3, 6, 5, 5, 6, 3, 6, 5, 45, 6, 3, 6, 5, 5, 6, 3, 6, 5, 5, 6, 4, 6];
  const once = farringtonFlexible(14, outbreak, [...years, -2, -1]);
  near(once.expected, 5.134675834, 1e-6);
  near(once.dispersion, 1.987908327, 1e-4);
  near(once.chance, 0.01690443, 1e-5);
  const twice = farringtonFlexible(14, outbreak.with(7, 45), [...years, -2, -1]);
  near(twice.expected, 5.677301155, 1e-5);
  near(twice.chance, 0.13114167, 1e-5);
});

test('Farrington: a past outbreak weighs less', () => {
  const times = Array.from({ length: 24 }, (_, index) => Math.floor(index / 3) - 8);
  const counts = times.map((_, index) => (index === 4 ? 100 : 9 + (index % 3)));
  const weights = outbreakWeights(counts, times, { level: Math.log(10), trend: 0, dispersion: 1 });
  assert.ok(weights[4]! < 0.01 && weights[3]! > 1);
  near(
    weights.reduce((sum, weight) => sum + weight, 0),
    24,
  );
});

test('Farrington: a trend that expects more than was ever counted is left out', () => {
  const { expected } = farringtonFlexible(0, [1, 2, 4, 8], [-4, -3, -2, -1]);
  assert.ok(expected <= 8, `${expected}`);
});
