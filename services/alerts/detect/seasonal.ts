import { hoursPerWeek, inUtc, type HourOfWeek } from './hour-of-week.ts';
import { mean, median, medianAbsoluteDeviation, sum } from 'simple-statistics';

/** Buckets of a quarter hour in an hour. */
export const bucketsPerHour = 4;

/** What is usual of a count, by hour of the week. */
export type Baseline = {
  /** Usual count of an hour, by hour of the week. */
  readonly byHour: readonly number[];
  readonly hourOfWeek: HourOfWeek;
  /**
   * Variance ÷ mean, at least 1, of counts over some hours where `usual` is usual. Days that are busier or quieter as a
   * whole move large counts more than small ones: the variance is usual + unrest × usual².
   */
  readonly dispersion: (hours: number, usual: number) => number;
};

/** A standard deviation, of normally distributed values, in median absolute deviations. */
export const deviationPerMad = 1.4826;
/** Weeks that the general rhythm of days and hours is worth at least, in what is said about doubt. */
const priorWeeks = 2;
/** The rhythm is never trusted as if it had been counted more often than this. */
const trustMax = 500;
/** Lengths, in hours, over which unrest is measured. */
const unrestOver = [1, 4, 24];

/**
 * Learns what is usual from whole hours. Spikes of the past are cut to what the hours around them make credible (median
 * and MAD over the same hour of the week and its neighbours), so that yesterday's incident does not hide today's.
 * Medians alone will not do: where an hour sees 0.4 on average the median is 0, and everything would be infinitely more.
 *
 * @param counts Counts of consecutive hours, oldest first.
 * @param firstHour Number of the first of them: hours since the epoch.
 */
export function learnBaseline(
  counts: readonly number[],
  firstHour: number,
  hourOfWeek: HourOfWeek = inUtc,
): Baseline {
  const slots = counts.map((_, index) => hourOfWeek(firstHour + index));
  const credible = withoutSpikes(counts, slots);
  const rhythm = rhythmOf(credible, slots);
  const weeks = counts.length / hoursPerWeek;
  const ownOf = pools(credible, slots, 0);
  const trust = trustIn(rhythm, ownOf);
  const byHour = rhythm.map((usual, slot) => {
    const own = ownOf[slot]!;
    return usual === 0 ? 0 : (sum(own) + trust) / (own.length + trust / usual);
  });
  const measured = unrestOver.map((hours) => unrest(credible, slots, byHour, hours, weeks));
  return {
    byHour,
    hourOfWeek,
    dispersion(hours, usual) {
      const index = Math.max(
        0,
        unrestOver.findLastIndex((one) => hours >= one),
      );
      // What is usual is itself in doubt, by what so many weeks can tell.
      return 1 + measured[index]! * usual + Math.min(hours, 1) / (weeks + priorWeeks);
    },
  };
}

/** By hour of the week: the values of that hour and of `reach` hours before and after it, over all weeks. */
function pools(counts: readonly number[], slots: readonly number[], reach: number): number[][] {
  const values = Array.from({ length: hoursPerWeek }, (): number[] => []);
  for (const [index, slot] of slots.entries())
    for (let hour = index - reach; hour <= index + reach; hour++) {
      const value = counts[hour];
      if (value !== undefined) values[slot]!.push(value);
    }
  return values;
}

/** So many weeks tell a habit of one hour from something that happened once. */
const habitWeeks = 3;

function withoutSpikes(counts: readonly number[], slots: readonly number[]): number[] {
  const around = pools(counts, slots, 1);
  const limits = pools(counts, slots, 0).map((own, slot) => {
    const limit = credibleMax(around[slot]!);
    // A batch that ends contracts at three each night is no spike, however quiet the hours beside it.
    return own.length < habitWeeks ? limit : Math.max(limit, credibleMax(own));
  });
  return counts.map((count, index) => Math.min(count, limits[slots[index]!]!));
}

function credibleMax(values: readonly number[]): number {
  if (values.length === 0) return Infinity;
  const middle = median([...values]);
  const spread = Math.max(
    deviationPerMad * medianAbsoluteDeviation([...values]),
    // Counts vary at least as dice do, whatever a handful of equal values suggests.
    Math.sqrt(Math.max(middle, 1)),
  );
  return middle + 4 * spread;
}

/** The level times how busy the day and the hour of the day are: what is known after a week or two already. */
function rhythmOf(counts: readonly number[], slots: readonly number[]): number[] {
  const level = counts.length === 0 ? 0 : mean([...counts]);
  const days = Array.from({ length: 7 }, () => ({ sum: 0, count: 0 }));
  const hours = Array.from({ length: 24 }, () => ({ sum: 0, count: 0 }));
  for (const [index, count] of counts.entries()) {
    const slot = slots[index]!;
    for (const part of [days[Math.floor(slot / 24)]!, hours[slot % 24]!]) {
      part.sum += count;
      part.count++;
    }
  }
  const factor = ({ sum, count }: { sum: number; count: number }): number =>
    count === 0 || level === 0 ? 1 : sum / count / level;
  return Array.from(
    { length: hoursPerWeek },
    (_, slot) => level * factor(days[Math.floor(slot / 24)]!) * factor(hours[slot % 24]!),
  );
}

/**
 * How many counted events the rhythm is worth beside what an hour of the week has shown itself: many where the hours keep
 * to it but for what dice do, few where some hours of the week have a habit of their own (empirical Bayes).
 */
function trustIn(rhythm: readonly number[], ownOf: readonly (readonly number[])[]): number {
  let excess = 0;
  let squares = 0;
  for (const [slot, usual] of rhythm.entries()) {
    const expected = usual * ownOf[slot]!.length;
    excess += (sum([...ownOf[slot]!]) - expected) ** 2 - expected;
    squares += expected ** 2;
  }
  return squares === 0 ? 0 : 1 / Math.max(excess / squares, 1 / trustMax);
}

/** How much counts vary beyond dice, as a squared share of the usual: 0.01 where most days differ by a tenth. */
function unrest(
  counts: readonly number[],
  slots: readonly number[],
  byHour: readonly number[],
  hours: number,
  weeks: number,
): number {
  // What was fitted to these very counts lies closer to them than to the next.
  const fitted = weeks / Math.max(1, weeks - weeks / (weeks + priorWeeks));
  let excess = 0;
  let squares = 0;
  for (let from = 0; from + hours <= counts.length; from += hours) {
    let count = 0;
    let usual = 0;
    for (let hour = from; hour < from + hours; hour++) {
      count += counts[hour]!;
      usual += byHour[slots[hour]!]!;
    }
    excess += (count - usual) ** 2 * fitted - usual;
    squares += usual ** 2;
  }
  return squares === 0 ? 0 : Math.max(0, excess / squares);
}

/** The usual count over buckets `[from, to)`; both may be fractions of buckets. */
export function usualOver({ byHour, hourOfWeek }: Baseline, from: number, to: number): number {
  let usual = 0;
  for (let at = from; at < to;) {
    const hour = Math.floor(at / bucketsPerHour);
    const end = Math.min(to, (hour + 1) * bucketsPerHour);
    usual += (byHour[hourOfWeek(hour)]! * (end - at)) / bucketsPerHour;
    at = end;
  }
  return usual;
}
