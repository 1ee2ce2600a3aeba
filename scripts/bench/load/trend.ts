/** A point in time and what was measured then. */
export type Point = readonly [at: number, value: number];

/** Whether a series goes anywhere, whatever its shape and its outliers. */
export type Trend = {
  /** Median of the slopes between all pairs of points (Theil and Sen): units of the value per unit of time. */
  readonly slope: number;
  /** Mann and Kendall's test: how likely so much order is in a series without a trend, from 0 to 1. */
  readonly chance: number;
};

/**
 * The trend of a series of two points or more with different times.
 *
 * @see https://doi.org/10.1080/01621459.1968.10480934 for the slope
 */
export function trendOf(points: readonly Point[]): Trend {
  const slopes: number[] = [];
  let order = 0;
  for (const [index, [laterAt, later]] of points.entries())
    for (const [earlierAt, earlier] of points.slice(0, index)) {
      slopes.push((later - earlier) / (laterAt - earlierAt));
      order += Math.sign(later - earlier);
    }
  return { slope: medianOf(slopes), chance: chanceOf(order, points) };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of the sum of all signs, by the normal distribution, with Mann and Kendall's correction for ties. */
function chanceOf(order: number, points: readonly Point[]): number {
  const spread = (count: number): number => count * (count - 1) * (2 * count + 5);
  const ties = Map.groupBy(points, ([, value]) => value);
  const tied = [...ties.values()].reduce((sum, { length }) => sum + spread(length), 0);
  const deviation = Math.sqrt((spread(points.length) - tied) / 18);
  if (deviation === 0 || order === 0) return 1;
  return complementaryErrorFunction((Math.abs(order) - 1) / deviation / Math.SQRT2);
}

/** Abramowitz and Stegun 7.1.26, right to 1.5e-7, for x from 0. */
function complementaryErrorFunction(x: number): number {
  const t = 1 / (1 + 0.327_591_1 * x);
  const factors = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
  return factors.reduce((sum, factor) => sum * t + factor, 0) * t * Math.exp(-x * x);
}
