import { mean, median, medianAbsoluteDeviation, quantile } from 'simple-statistics';
import { bucketMs } from '@tidemark/runtime/counters';
import { bucketOf, sumOver, type Instant, type SeriesStore } from '../series/series-store.ts';
import { byGroup, groupsOf, labelKey, type Group, type Selection } from '../series/selection.ts';
import { type Detector, type Finding, tooLittleOf, type Verdict } from './finding.ts';
import { hoursPerWeek, inUtc, type Calendar } from './calendar.ts';
import { historyOf, Learning, type History } from './learning.ts';
import { deviationPerMad } from './habits.ts';
import { bucketsPerHour } from './seasonal.ts';
import { hourly, recounted } from './spike.ts';

/** When an amount of money is unusual. Durations in milliseconds. */
export type AmountOptions = {
  /** Its `by` includes `currency`. */
  readonly select: Selection;
  readonly windowsMs: readonly number[];
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** The smallest multiple of the usual amount. */
  readonly times: number;
  /** The smallest share of the level in that currency; the level is the sum of the series `level` over all time. */
  readonly atLeastShare: number;
  readonly level: string;
};

/** The usual amounts of one window, by hour of the week; and by day of the month, with 24 hours each, the oldest first. */
type Usual = {
  readonly bySlot: readonly { readonly middle: number; readonly limit: number }[];
  readonly byDay: ReadonlyMap<string, readonly (readonly number[])[]>;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Robust standard deviations from the median. Lost money is skewed, so this limit alone would be too low. */
const deviations = 6;
/** The limit is also 1.5 times the 99.5th percentile of all windows of that length. */
const rare = 0.995;
const beyondRare = 1.5;

/**
 * Finds that more money is lost than usual. Amounts are not counts: one large customer weighs as much as a hundred small
 * ones. So the sum of a window must exceed five limits: median and MAD of its hour of the week, a high percentile of all
 * windows of that length, 1.5 times what this day of the month had twice, a multiple of the usual amount, and a share of the
 * level.
 */
export function amountDetector(
  store: SeriesStore,
  options: AmountOptions,
  calendar: Calendar = inUtc,
): Detector {
  const { select } = options;
  const windows = options.windowsMs.map((ms) => ms / bucketMs).toSorted((a, b) => a - b);
  const learning = new Learning<ReadonlyMap<string, readonly Usual[]>>();
  const evaluate = (now: Instant): Verdict => {
    const day = Math.floor((now - windows.at(-1)! * bucketMs) / dayMs);
    const history = historyOf(store, select.series, day, options);
    if (history === undefined) return tooLittleOf(select.series, options.warmUpMs);
    const groups = groupsOf(store, select);
    const known = learning.of(store, select.series, day, () =>
      byGroup(groups, (group) => learn(group, history, windows, calendar)),
    );
    const findings = groups.flatMap((group) => {
      const usual = known.get(labelKey(group.labels));
      const currency = group.labels['currency'] ?? '';
      const level = levelOf(store, options.level, currency);
      return largest(group, usual, level, now, windows, options, calendar) ?? [];
    });
    return { status: 'evaluated', findings };
  };
  return { evaluate, recount: (finding) => recounted(store, select, finding) };
}

/** The level of a series in a currency: its sum over all time. */
export function levelOf(store: SeriesStore, name: string, currency: string): number {
  return store
    .of(name)
    .filter(({ dimensions }) => dimensions[0] === currency)
    .reduce((sum, { total }) => sum + total, 0);
}

function learn(
  group: Group,
  { monthlyHour, firstHour, endHour }: History,
  windows: readonly number[],
  calendar: Calendar,
): Usual[] {
  const all = hourly(group, monthlyHour, endHour);
  const amounts = all.slice(firstHour - monthlyHour);
  const slots = amounts.map((_, index) => calendar.hourOfWeek(firstHour + index));
  return windows.map((window) => {
    const hours = Math.max(1, Math.round(window / bucketsPerHour));
    const sums: number[] = [];
    let sum = 0;
    for (const [index, amount] of amounts.entries()) {
      sum += amount - (amounts[index - hours] ?? 0);
      if (index >= hours - 1) sums.push(sum);
    }
    const byDay = amountsByDay(all, monthlyHour, hours, calendar);
    if (sums.length === 0) return { bySlot: [], byDay };
    const rarely = beyondRare * quantile(sums, rare);
    const average = mean(sums);
    const bySlot = Array.from({ length: hoursPerWeek }, (_, slot) => {
      const values = sums.filter((_value, index) => {
        const apart = Math.abs(slots[hours - 1 + index]! - slot);
        return Math.min(apart, hoursPerWeek - apart) <= 1;
      });
      if (values.length === 0) return { middle: average, limit: rarely };
      const middle = median(values);
      const limit = middle + deviations * deviationPerMad * medianAbsoluteDeviation(values);
      return { middle: Math.max(middle, mean(values)), limit: Math.max(limit, rarely) };
    });
    return { bySlot, byDay };
  });
}

/** Amounts of windows of some hours that end in each hour of the day, by the name of the day in the month. */
function amountsByDay(
  amounts: readonly number[],
  firstHour: number,
  hours: number,
  { hourOfWeek, dayNames }: Calendar,
): Usual['byDay'] {
  const byDay = new Map<string, number[][]>();
  let sum = 0;
  for (const [index, amount] of amounts.entries()) {
    sum += amount - (amounts[index - hours] ?? 0);
    for (const name of dayNames(firstHour + index)) {
      let known = byDay.get(name);
      if (known === undefined) byDay.set(name, (known = Array.from({ length: 24 }, () => [])));
      known[hourOfWeek(firstHour + index) % 24]!.push(sum);
    }
  }
  return byDay;
}

/** What at least two of the last three months had in this hour of this day: one of them alone is an incident. */
function monthlyAt({ byDay }: Usual, { hourOfWeek, dayNames }: Calendar, hour: number): number {
  const seconds = dayNames(hour).map((name) => {
    const known = byDay.get(name)?.[hourOfWeek(hour) % 24] ?? [];
    return known.slice(-3).toSorted((a, b) => b - a)[1] ?? 0;
  });
  return Math.max(0, ...seconds);
}

function largest(
  { labels, series }: Group,
  usual: readonly Usual[] | undefined,
  level: number,
  now: Instant,
  windows: readonly number[],
  { times, atLeastShare }: AmountOptions,
  calendar: Calendar,
): Finding | undefined {
  const end = bucketOf(now) + 1;
  const hour = Math.floor(now / hourMs);
  const slot = calendar.hourOfWeek(hour);
  let best: Finding | undefined;
  for (const [index, window] of windows.entries()) {
    const ofWindow = usual?.[index];
    const { middle, limit: ofWeek } = ofWindow?.bySlot[slot] ?? { middle: 0, limit: 0 };
    const monthly = ofWindow === undefined ? 0 : beyondRare * monthlyAt(ofWindow, calendar, hour);
    const unusual = Math.max(ofWeek, monthly);
    const value = sumOver(series, end - window, end);
    // The level before the loss, so that the lost amount is part of it.
    const limit = Math.max(unusual, times * middle, atLeastShare * (level + value));
    if (value <= 0 || value < limit) continue;
    if (best !== undefined && value / limit <= best.value / best.limit) continue;
    const from = (end - window) * bucketMs;
    const chance = undefined;
    best = { labels, from, to: now, unit: 'money', value, expected: middle, limit, below: false, chance };
  }
  return best;
}
