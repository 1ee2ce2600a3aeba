/**
 * Farrington flexible: A. Noufaily, D. G. Enki, P. Farrington, P. Garthwaite, N. Andrews, A. Charlett, "An improved algorithm for outbreak
 * detection in multiple surveillance systems", Statistics in Medicine 32 (2013), 1206–1222; `farringtonFlexible` of R's package surveillance.
 * A quasi-Poisson regression with a trend over the reference windows, past outbreaks weighted down by their Anscombe residuals, and the
 * quantile of a negative binomial distribution as the limit. Its unit is a week and its season a year; here the season is a week, so
 * the reference windows are those of this hour of the week and of an hour before and after, over eight weeks.
 */
import { upperTail } from '../../../services/alerts/detect/tail.ts';
import { daySteps, hourSteps, type Rival } from './windows.ts';

const weeks = 8;
/** Residuals above this weigh less (`weightsThreshold`). */
const weightsThreshold = 2.58;

/** A fitted regression: log of the mean = `level` + `trend` × t, and the dispersion. */
export type Fit = { readonly level: number; readonly trend: number; readonly dispersion: number };

/**
 * Fits counts to a log-linear trend by iteratively reweighted least squares.
 *
 * @param times When the counts were, in any unit.
 * @param weights Of the counts; all 1 at first.
 * @param hasTrend Whether a trend is fitted at all.
 */
export function fitTrend(
  counts: readonly number[],
  times: readonly number[],
  weights: readonly number[],
  hasTrend = true,
): Fit {
  let level = Math.log(Math.max(meanOf(counts, weights), 1e-3));
  let trend = 0;
  for (let round = 0; round < 25; round++) {
    // Newton's step for a Poisson likelihood with a log link.
    let [a, b, c, u, v] = [0, 0, 0, 0, 0];
    for (const [index, count] of counts.entries()) {
      const mean = Math.exp(Math.min(30, level + trend * times[index]!));
      const [weight, time] = [weights[index]!, times[index]!];
      a += weight * mean;
      b += weight * mean * time;
      c += weight * mean * time * time;
      u += weight * (count - mean);
      v += weight * (count - mean) * time;
    }
    const determinant = a * c - b * b;
    const isSingular = !hasTrend || determinant <= 1e-9 * a * c;
    const [byLevel, byTrend] = isSingular
      ? [u / Math.max(a, 1e-9), 0]
      : [(c * u - b * v) / determinant, (a * v - b * u) / determinant];
    const size = Math.max(1, Math.abs(byLevel), Math.abs(byTrend));
    level += byLevel / size;
    trend += byTrend / size;
    if (Math.abs(byLevel) + Math.abs(byTrend) < 1e-6) break;
  }
  let chiSquared = 0;
  for (const [index, count] of counts.entries()) {
    const mean = Math.exp(level + trend * times[index]!);
    chiSquared += (weights[index]! * (count - mean) ** 2) / Math.max(mean, 1e-9);
  }
  const parameters = hasTrend ? 2 : 1;
  return { level, trend, dispersion: Math.max(1, chiSquared / Math.max(1, counts.length - parameters)) };
}

/** Weights by Anscombe residuals: 1 up to the threshold, beyond it ∝ residual⁻², all of them scaled to sum up to their number. */
export function outbreakWeights(
  counts: readonly number[],
  times: readonly number[],
  { level, trend, dispersion }: Fit,
  hasTrend = true,
): number[] {
  const means = times.map((time) => Math.max(Math.exp(level + trend * time), 1e-9));
  const of = (power: number): number =>
    means.reduce((sum, mean, index) => sum + mean * times[index]! ** power, 0);
  const [a, b, c] = [of(0), of(1), of(2)];
  const determinant = a * c - b * b;
  const raw = counts.map((count, index) => {
    const [mean, time] = [means[index]!, times[index]!];
    // How much the fit follows this count: the diagonal of the hat matrix.
    const hat =
      mean * (hasTrend && determinant > 0 ? (c - 2 * b * time + a * time * time) / determinant : 1 / a);
    const residual =
      (1.5 * (count ** (2 / 3) * mean ** (-1 / 6) - Math.sqrt(mean))) /
      Math.sqrt(dispersion * Math.max(1 - hat, 1e-9));
    return residual > weightsThreshold ? residual ** -2 : 1;
  });
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => (weight * counts.length) / total);
}

/** What is expected at time 0 and how improbable the count is, from the counts of the reference windows. */
export function farringtonFlexible(
  count: number,
  references: readonly number[],
  times: readonly number[],
): { readonly expected: number; readonly dispersion: number; readonly chance: number } {
  const ones = references.map(() => 1);
  let fit = fitTrend(references, times, ones);
  let weights = outbreakWeights(references, times, fit);
  fit = fitTrend(references, times, weights);
  // A trend that expects more than was ever seen is left out, as in the original.
  if (Math.exp(Math.min(30, fit.level)) > Math.max(...references)) {
    fit = fitTrend(references, times, ones, false);
    weights = outbreakWeights(references, times, fit, false);
    fit = fitTrend(references, times, weights, false);
  }
  const expected = Math.exp(fit.level);
  return { expected, dispersion: fit.dispersion, chance: upperTail(count, expected, fit.dispersion) };
}

function meanOf(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, index) => sum + value * weights[index]!, 0) / total;
}

/** Farrington flexible, with the negative logarithm of the probability as the score. */
export const farrington: Rival = {
  name: 'Farrington flexible',
  judge(sums, step, length) {
    const references: number[] = [];
    const times: number[] = [];
    for (let back = weeks; back > 0; back--)
      for (const shift of [-hourSteps, 0, hourSteps]) {
        references.push(sums.over(step - back * 7 * daySteps + shift, length));
        times.push(-back + shift / (7 * daySteps));
      }
    const { expected, chance } = farringtonFlexible(sums.over(step, length), references, times);
    return { expected, score: chance <= 0 ? 350 : -Math.log10(chance) };
  },
};
