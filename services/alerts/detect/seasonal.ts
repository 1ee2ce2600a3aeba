import { hoursPerWeek, inUtc, type Calendar } from './calendar.ts';
import { mean, median, medianAbsoluteDeviation, sum } from 'simple-statistics';
import { deviationPerMad, habitAt, learnHabits, noHabits, withoutHabits, type Habits } from './habits.ts';

/** Quarter-hour buckets in an hour. */
export const bucketsPerHour = 4;

/** The usual values of a count, by hour of the week and day of the month. */
export type Baseline = {
  /** Usual count of an hour, by hour of the week. */
  readonly byHour: readonly number[];
  readonly calendar: Calendar;
  /** What some days of the month have on top of that. */
  readonly habits: Habits;
  /**
   * Variance ÷ mean, at least 1, of counts over some hours where `usual` is usual. Some days are busier or quieter as a
   * whole, which moves large counts more than small ones: the variance is usual + overdispersion × usual². `added` is the
   * part of the usual that days of the month add, which is less certain.
   */
  readonly dispersion: (hours: number, usual: number, added?: number) => number;
};
/** Weeks of history that the general pattern of days and hours counts for when the uncertainty is estimated. */
const priorWeeks = 2;
/** The pattern never weighs more than so many counted events. */
const patternWeightMax = 500;
/** Lengths, in hours, over which overdispersion is measured. */
const overdispersionHours = [1, 4, 24];

/**
 * Learns the usual counts from whole hours. Past spikes are cut to a credible maximum (from median and MAD of the same hour
 * of the week and its neighbours), so that yesterday's incident does not hide today's. Medians alone do not suffice: where
 * an hour has 0.4 on average its median is 0, and every count would be infinitely more. Days of the month that are always busier
 * are learned from all counts, the hours of the week from the last ones and without what such days add.
 *
 * @param counts Counts of consecutive hours, oldest first.
 * @param firstHour Number of the first of them: hours since the epoch.
 * @param weekly From which of them on hours of the week are learned.
 */
export function learnBaseline(
  counts: readonly number[],
  firstHour: number,
  calendar: Calendar = inUtc,
  weekly = 0,
): Baseline {
  const recent = counts.slice(weekly);
  const first = learnWeek(recent, firstHour + weekly, calendar, noHabits);
  const habits = learnHabits(counts, firstHour, calendar, first.byHour);
  if (habits.size === 0) return first;
  return learnWeek(
    withoutHabits(recent, firstHour + weekly, calendar, habits),
    firstHour + weekly,
    calendar,
    habits,
  );
}

function learnWeek(
  counts: readonly number[],
  firstHour: number,
  calendar: Calendar,
  habits: Habits,
): Baseline {
  const slots = counts.map((_, index) => calendar.hourOfWeek(firstHour + index));
  const credible = withoutSpikes(counts, slots);
  const pattern = patternOf(credible, slots);
  const weeks = counts.length / hoursPerWeek;
  const ownOf = pools(credible, slots, 0);
  const weight = patternWeight(pattern, ownOf);
  const byHour = pattern.map((usual, slot) => {
    const own = ownOf[slot]!;
    return usual === 0 ? 0 : (sum(own) + weight) / (own.length + weight / usual);
  });
  const uncertainty = Math.max(0, ...[...habits.values()].map(({ variance }) => variance));
  const measured = overdispersionHours.map((hours) => overdispersion(credible, slots, byHour, hours, weeks));
  return {
    byHour,
    calendar,
    habits,
    dispersion(hours, usual, added = 0) {
      const index = Math.max(
        0,
        overdispersionHours.findLastIndex((one) => hours >= one),
      );
      // The usual value is itself uncertain; so many weeks bound the uncertainty.
      const ofWeek = 1 + measured[index]! * usual + Math.min(hours, 1) / (weeks + priorWeeks);
      return added === 0 ? ofWeek : ofWeek + (uncertainty * added ** 2) / usual;
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

/** So many weeks distinguish a habit of one hour from something that happened once. */
const habitWeeks = 3;

function withoutSpikes(counts: readonly number[], slots: readonly number[]): number[] {
  const around = pools(counts, slots, 1);
  const limits = pools(counts, slots, 0).map((own, slot) => {
    const limit = credibleMax(around[slot]!);
    // A batch that ends contracts at three each night is not a spike, even if the neighbouring hours are quiet.
    return own.length < habitWeeks ? limit : Math.max(limit, credibleMax(own));
  });
  return counts.map((count, index) => Math.min(count, limits[slots[index]!]!));
}

function credibleMax(values: readonly number[]): number {
  if (values.length === 0) return Infinity;
  const middle = median([...values]);
  const spread = Math.max(
    deviationPerMad * medianAbsoluteDeviation([...values]),
    // Counts vary at least as a Poisson distribution does, even if a few values happen to be equal.
    Math.sqrt(Math.max(middle, 1)),
  );
  return middle + 4 * spread;
}

/** The average times a factor for the day and one for the hour of the day: known after a week or two already. */
function patternOf(counts: readonly number[], slots: readonly number[]): number[] {
  const average = counts.length === 0 ? 0 : mean([...counts]);
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
    count === 0 || average === 0 ? 1 : sum / count / average;
  return Array.from(
    { length: hoursPerWeek },
    (_, slot) => average * factor(days[Math.floor(slot / 24)]!) * factor(hours[slot % 24]!),
  );
}

/**
 * The weight of the pattern against an hour's own history, as a number of events (empirical Bayes). It is large where the hours
 * differ from the pattern by chance only, and small where some hours of the week are always different.
 */
function patternWeight(pattern: readonly number[], ownOf: readonly (readonly number[])[]): number {
  let excess = 0;
  let squares = 0;
  for (const [slot, usual] of pattern.entries()) {
    const expected = usual * ownOf[slot]!.length;
    excess += (sum([...ownOf[slot]!]) - expected) ** 2 - expected;
    squares += expected ** 2;
  }
  return squares === 0 ? 0 : 1 / Math.max(excess / squares, 1 / patternWeightMax);
}

/** Variance beyond a Poisson distribution, as a squared share of the usual: 0.01 where most days differ by a tenth. */
function overdispersion(
  counts: readonly number[],
  slots: readonly number[],
  byHour: readonly number[],
  hours: number,
  weeks: number,
): number {
  // The baseline was fitted to these counts, so it is closer to them than to new ones.
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
export function usualOver(baseline: Baseline, from: number, to: number): number {
  const { byHour, calendar } = baseline;
  const ofWeek = overHours(from, to, (hour) => byHour[calendar.hourOfWeek(hour)]!);
  return ofWeek + addedOver(baseline, from, to);
}

/** The part of the usual count over buckets `[from, to)` that days of the month add. */
export function addedOver({ calendar, habits }: Baseline, from: number, to: number): number {
  return habits.size === 0 ? 0 : overHours(from, to, (hour) => habitAt(habits, calendar, hour));
}

function overHours(from: number, to: number, of: (hour: number) => number): number {
  let sum = 0;
  for (let at = from; at < to;) {
    const hour = Math.floor(at / bucketsPerHour);
    const end = Math.min(to, (hour + 1) * bucketsPerHour);
    sum += (of(hour) * (end - at)) / bucketsPerHour;
    at = end;
  }
  return sum;
}
