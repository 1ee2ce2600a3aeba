import { mean, median, medianAbsoluteDeviation, sum } from 'simple-statistics';

/** Buckets of a quarter hour in an hour, hours in a week. */
export const bucketsPerHour = 4;
export const hoursPerWeek = 168;

/** What is usual of a count, by hour of the week (UTC). */
export type Baseline = {
  /** Usual count of an hour, by its number (hours since the epoch) modulo a week. */
  readonly byHour: readonly number[];
  /** Variance ÷ mean of counts over some hours, at least 1: how much more than dice this count varies. */
  readonly dispersion: (hours: number) => number;
};

/** A standard deviation, of normally distributed values, in median absolute deviations. */
export const deviationPerMad = 1.4826;
/** Weeks that the general rhythm of days and hours counts for beside what an hour of the week itself has shown. */
const priorWeeks = 2;
const dispersionAt = [1, 4, 24];

/**
 * Learns what is usual from whole hours. Spikes of the past are cut to what the hours around them make credible (median
 * and MAD over the same hour of the week and its neighbours), so that yesterday's incident does not hide today's.
 * Medians alone will not do: where an hour sees 0.4 on average the median is 0, and everything would be infinitely more.
 *
 * @param counts Counts of consecutive hours, oldest first.
 * @param firstHour Number of the first of them: hours since the epoch.
 */
export function learnBaseline(counts: readonly number[], firstHour: number): Baseline {
  const credible = withoutSpikes(counts, firstHour);
  const rhythm = rhythmOf(credible, firstHour);
  const weeks = counts.length / hoursPerWeek;
  const byHour = rhythm.map((usual, slot) => {
    const own = pool(credible, firstHour, slot, 0);
    return (sum(own) + priorWeeks * usual) / (own.length + priorWeeks);
  });
  const measured = dispersionAt.map((hours) => dispersionOver(credible, firstHour, byHour, hours, weeks));
  return {
    byHour,
    dispersion(hours) {
      const index = dispersionAt.findLastIndex((one) => hours >= one);
      return Math.max(...measured.slice(0, Math.max(1, index + 1)));
    },
  };
}

/** The values of the same hour of the week, over all weeks, of `slot` and those beside it. */
function pool(counts: readonly number[], firstHour: number, slot: number, reach: number): number[] {
  const values: number[] = [];
  const start = (((slot - firstHour) % hoursPerWeek) + hoursPerWeek) % hoursPerWeek;
  for (let at = start - hoursPerWeek; at < counts.length + reach; at += hoursPerWeek)
    for (let hour = at - reach; hour <= at + reach; hour++) {
      const value = counts[hour];
      if (value !== undefined) values.push(value);
    }
  return values;
}

function withoutSpikes(counts: readonly number[], firstHour: number): number[] {
  const limits = Array.from({ length: hoursPerWeek }, (_, slot) => {
    const values = pool(counts, firstHour, slot, 1);
    if (values.length === 0) return Infinity;
    const middle = median(values);
    const spread = Math.max(
      deviationPerMad * medianAbsoluteDeviation(values),
      // Counts vary at least as dice do, whatever a handful of equal values suggests.
      Math.sqrt(Math.max(middle, 1)),
    );
    return middle + 4 * spread;
  });
  return counts.map((count, index) => Math.min(count, limits[(firstHour + index) % hoursPerWeek]!));
}

/** The level times how busy the day and the hour of the day are: what is known after a week or two already. */
function rhythmOf(counts: readonly number[], firstHour: number): number[] {
  const level = counts.length === 0 ? 0 : mean([...counts]);
  const days = Array.from({ length: 7 }, () => ({ sum: 0, count: 0 }));
  const hours = Array.from({ length: 24 }, () => ({ sum: 0, count: 0 }));
  for (const [index, count] of counts.entries()) {
    const slot = (firstHour + index) % hoursPerWeek;
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

function dispersionOver(
  counts: readonly number[],
  firstHour: number,
  byHour: readonly number[],
  hours: number,
  weeks: number,
): number {
  let squares = 0;
  let expected = 0;
  for (let from = 0; from + hours <= counts.length; from += hours) {
    let count = 0;
    let usual = 0;
    for (let hour = from; hour < from + hours; hour++) {
      count += counts[hour]!;
      usual += byHour[(firstHour + hour) % hoursPerWeek]!;
    }
    squares += (count - usual) ** 2;
    expected += usual;
  }
  if (expected === 0) return 1;
  // What was fitted to these very counts lies closer to them than to the next; and it is itself in doubt by 1 ÷ weeks.
  const fitted = weeks / Math.max(1, weeks - 1 + priorWeeks / (weeks + priorWeeks));
  return Math.max(1, (squares / expected) * fitted) + 1 / (weeks + priorWeeks);
}

/** The usual count over buckets `[from, to)`; both may be fractions of buckets. */
export function usualOver({ byHour }: Baseline, from: number, to: number): number {
  let usual = 0;
  for (let at = from; at < to;) {
    const hour = Math.floor(at / bucketsPerHour);
    const end = Math.min(to, (hour + 1) * bucketsPerHour);
    usual += (byHour[hour % hoursPerWeek]! * (end - at)) / bucketsPerHour;
    at = end;
  }
  return usual;
}
