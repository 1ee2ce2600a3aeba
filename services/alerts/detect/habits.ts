import { mean, median, medianAbsoluteDeviation, sum } from 'simple-statistics';
import { hoursPerWeek, type Calendar } from './calendar.ts';

/** What comes on top of the usual on one day of each month: the day on which a business bills, pays or is paid. */
export type Habit = {
  /** Additional count by hour of the day. */
  readonly byHour: readonly number[];
  /** Variance of the additional count as a share of its square: months differ, and few are known. */
  readonly variance: number;
};

/** Habits by the name of the day. */
export type Habits = ReadonlyMap<string, Habit>;

/** No day of the month is special. */
export const noHabits: Habits = new Map();

/** Standard deviations in one median absolute deviation (MAD) of normally distributed values. */
export const deviationPerMad = 1.4826;
/** A day of the month is learned from its last so many occurrences. */
const occurrencesMax = 3;
/** What occurred on so many of them is a habit; once is an incident. */
const busyMin = 2;
/** A day is busy with more than so many robust standard deviations above the usual, an hour with more than so many. */
const [dayDeviations, hourDeviations] = [4, 5];
/** Months differ by so much at least: a standard deviation of a seventh. */
const varianceMin = 0.02;

/** A local day of the history. */
type Day = {
  readonly names: readonly string[];
  readonly counts: number[];
  readonly usual: number[];
};

/**
 * Learns which days of the month have more than the same day of other weeks. Quarter ends come too seldom to be learned.
 *
 * @param counts Counts of consecutive hours, oldest first.
 * @param firstHour Number of the first of them: hours since the epoch.
 * @param usualOf The usual count of an hour, by hour of the week.
 */
export function learnHabits(
  counts: readonly number[],
  firstHour: number,
  calendar: Calendar,
  usualOf: readonly number[],
): Habits {
  const days = daysOf(counts, firstHour, calendar, usualOf);
  const isBusy = busyAmong(days);
  const habits = new Map<string, Habit>();
  if (!days.some(isBusy)) return habits;
  for (const [name, all] of occurrencesOf(days)) {
    const busy = all.slice(-occurrencesMax).filter(isBusy);
    if (busy.length >= busyMin) habits.set(name, habitOf(busy));
  }
  return habits;
}

/** What the day of the month adds to an hour; of several names of the day, that which adds most. */
export function habitAt(habits: Habits, calendar: Calendar, hour: number): number {
  let most = 0;
  for (const name of calendar.dayNames(hour)) {
    const habit = habits.get(name);
    if (habit !== undefined) most = Math.max(most, habit.byHour[calendar.hourOfWeek(hour) % 24]!);
  }
  return most;
}

/** The counts without what is usual of their day of the month, so that the hours of the week are learned from the rest. */
export function withoutHabits(
  counts: readonly number[],
  firstHour: number,
  calendar: Calendar,
  habits: Habits,
): readonly number[] {
  if (habits.size === 0) return counts;
  return counts.map((count, index) => Math.max(0, count - habitAt(habits, calendar, firstHour + index)));
}

/** Whole local days; where clocks change, one has an hour less or an hour with two counts. */
function daysOf(
  counts: readonly number[],
  firstHour: number,
  { hourOfWeek, dayNames }: Calendar,
  usualOf: readonly number[],
): Day[] {
  const days: (Day & { readonly hours: number })[] = [];
  let before = -1;
  for (const [index, count] of counts.entries()) {
    const slot = hourOfWeek(firstHour + index) % hoursPerWeek;
    const number = Math.floor(slot / 24);
    if (number !== before) {
      const zeros = (): number[] => Array.from({ length: 24 }, () => 0);
      days.push({ names: dayNames(firstHour + index), counts: zeros(), usual: zeros(), hours: 0 });
    }
    before = number;
    const day = days.at(-1)!;
    day.counts[slot % 24]! += count;
    day.usual[slot % 24]! += usualOf[slot]!;
    days[days.length - 1] = { ...day, hours: day.hours + 1 };
  }
  return days.filter(({ hours }) => hours >= 23);
}

function moreOf({ counts, usual }: Day): number {
  return sum(counts) - sum(usual);
}

/** Whether a day is busy. Most days are not busy, so medians say how much days and hours differ by chance. */
function busyAmong(days: readonly Day[]): (day: Day) => boolean {
  const deviationOf = (more: number, usual: number): number => more / Math.sqrt(Math.max(usual, 1));
  const ofDay = (day: Day): number => deviationOf(moreOf(day), sum(day.usual));
  const ofHours = (day: Day): number[] =>
    day.counts.map((count, hour) => deviationOf(count - day.usual[hour]!, day.usual[hour]!));
  const spread = (values: number[]): number =>
    values.length === 0 ? 1 : Math.max(1, deviationPerMad * medianAbsoluteDeviation(values));
  const dayLimit = dayDeviations * spread(days.map(ofDay));
  const hourLimit = hourDeviations * spread(days.flatMap(ofHours));
  return (day) => ofDay(day) > dayLimit || ofHours(day).some((deviation) => deviation > hourLimit);
}

function occurrencesOf(days: readonly Day[]): ReadonlyMap<string, readonly Day[]> {
  const byName = new Map<string, Day[]>();
  for (const day of days)
    for (const name of day.names) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [day]);
      else known.push(day);
    }
  return byName;
}

/**
 * The middle month, the lower of two: an incident of one of them is no habit. Where the events come at another hour each month,
 * the middles of the hours miss them, and the means are taken.
 */
function habitOf(days: readonly Day[]): Habit {
  const totals = days.map((day) => Math.max(0, moreOf(day)));
  const total = Math.max(1, lowerMiddle(totals));
  const more = Array.from({ length: 24 }, (_, hour) =>
    days.map(({ counts, usual }) => Math.max(0, counts[hour]! - usual[hour]!)),
  );
  const middles = more.map(lowerMiddle);
  const shape = sum(middles) < total / 2 ? more.map((ofHour) => mean(ofHour)) : middles;
  // The middles of the hours are less than the middle of the day where chance moves events between hours.
  const factor = Math.max(1, total / sum(shape));
  const apart = totals.map((one) => ((one - median(totals)) / total) ** 2);
  return {
    byHour: shape.map((ofHour) => ofHour * factor),
    variance: Math.max(varianceMin, mean(apart)) * (1 + 1 / days.length) + 1 / (days.length * total),
  };
}

function lowerMiddle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}
