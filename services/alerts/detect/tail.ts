import { cumulativeStdNormalProbability, gammaln } from 'simple-statistics';

/**
 * The probability of a count of at least `count`, where `expected` is usual. Counts follow a Poisson distribution when
 * `dispersion` (variance ÷ mean) is 1, and a negative binomial distribution with that variance when it is greater.
 *
 * @returns A probability; 1 where `count` is not above `expected`.
 */
export function upperTail(count: number, expected: number, dispersion = 1): number {
  if (count <= 0 || count <= expected) return 1;
  if (expected <= 0) return 0;
  const logOfFirst = dispersion > 1.01 ? logNegativeBinomial : logPoisson;
  const size = expected / (dispersion - 1);
  // From `count` on, the terms fall at least as fast as a geometric series, so a few dozen terms suffice.
  let term = Math.exp(logOfFirst(count, expected, dispersion));
  let sum = term;
  for (let k = count + 1; term > sum * 1e-12 && k < count + 100_000; k++) {
    term *= dispersion > 1.01 ? ((size + k - 1) / k) * ((dispersion - 1) / dispersion) : expected / k;
    sum += term;
  }
  return Math.min(1, sum);
}

/** The probability of a count of 0 where `expected` is usual. */
export function chanceOfNone(expected: number, dispersion = 1): number {
  if (dispersion <= 1.01) return Math.exp(-expected);
  return Math.exp(-(expected / (dispersion - 1)) * Math.log(dispersion));
}

/** The probability of a standard normal value of at most `z`. */
export function normalBelow(z: number): number {
  // The table of the library ends at ±3.09; below, the usual bound is a close approximation.
  if (z > -3) return cumulativeStdNormalProbability(z);
  return Math.exp((-z * z) / 2) / (-z * Math.sqrt(2 * Math.PI));
}

function logPoisson(count: number, expected: number): number {
  return count * Math.log(expected) - expected - gammaln(count + 1);
}

function logNegativeBinomial(count: number, expected: number, dispersion: number): number {
  const size = expected / (dispersion - 1);
  return (
    gammaln(size + count) -
    gammaln(size) -
    gammaln(count + 1) +
    count * Math.log((dispersion - 1) / dispersion) -
    size * Math.log(dispersion)
  );
}
