import { mean, median, medianAbsoluteDeviation, quantile } from 'simple-statistics';
import { bucketMs } from '@tidemark/runtime/counters';
import { bucketOf, sumOver, type Instant, type SeriesStore } from '../series/series-store.ts';
import { byGroup, groupsOf, labelKey, type Group, type Selection } from '../series/selection.ts';
import { type Detector, type Finding, tooLittleOf, type Verdict } from './finding.ts';
import { hoursPerWeek, inUtc, type HourOfWeek } from './hour-of-week.ts';
import { firstHourOf, Learning } from './learning.ts';
import { bucketsPerHour, deviationPerMad } from './seasonal.ts';
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

/** The usual amounts of one window, by hour of the week. */
type Usual = { readonly bySlot: readonly { readonly middle: number; readonly limit: number }[] };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Robust standard deviations from the median. Lost money is skewed, so this limit alone would be too low. */
const deviations = 6;
/** The limit is also 1.5 times the 99.5th percentile of all windows of that length. */
const rare = 0.995;
const beyondRare = 1.5;

/**
 * Finds that more money is lost than usual. Amounts are not counts: one large customer weighs as much as a hundred small
 * ones. So the sum of a window must exceed four limits: median and MAD of its hour of the week, a high percentile of all
 * windows of that length, a multiple of the usual amount, and a share of the level.
 */
export function amountDetector(
  store: SeriesStore,
  options: AmountOptions,
  hourOfWeek: HourOfWeek = inUtc,
): Detector {
  const { select } = options;
  const windows = options.windowsMs.map((ms) => ms / bucketMs).toSorted((a, b) => a - b);
  const learning = new Learning<ReadonlyMap<string, readonly Usual[]>>();
  const evaluate = (now: Instant): Verdict => {
    const day = Math.floor((now - windows.at(-1)! * bucketMs) / dayMs);
    const firstHour = firstHourOf(store, select.series, day, options);
    if (firstHour === undefined) return tooLittleOf(select.series, options.warmUpMs);
    const groups = groupsOf(store, select);
    const known = learning.of(store, select.series, day, () =>
      byGroup(groups, (group) => learn(group, firstHour, day * 24, windows, hourOfWeek)),
    );
    const findings = groups.flatMap((group) => {
      const usual = known.get(labelKey(group.labels));
      const currency = group.labels['currency'] ?? '';
      const level = levelOf(store, options.level, currency);
      return largest(group, usual, level, now, windows, options, hourOfWeek) ?? [];
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
  firstHour: number,
  endHour: number,
  windows: readonly number[],
  hourOfWeek: HourOfWeek,
): Usual[] {
  const amounts = hourly(group, firstHour, endHour);
  const slots = amounts.map((_, index) => hourOfWeek(firstHour + index));
  return windows.map((window) => {
    const hours = Math.max(1, Math.round(window / bucketsPerHour));
    const sums: number[] = [];
    let sum = 0;
    for (const [index, amount] of amounts.entries()) {
      sum += amount - (amounts[index - hours] ?? 0);
      if (index >= hours - 1) sums.push(sum);
    }
    if (sums.length === 0) return { bySlot: [] };
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
    return { bySlot };
  });
}

function largest(
  { labels, series }: Group,
  usual: readonly Usual[] | undefined,
  level: number,
  now: Instant,
  windows: readonly number[],
  { times, atLeastShare }: AmountOptions,
  hourOfWeek: HourOfWeek,
): Finding | undefined {
  const end = bucketOf(now) + 1;
  const slot = hourOfWeek(Math.floor(now / hourMs));
  let best: Finding | undefined;
  for (const [index, window] of windows.entries()) {
    const { middle, limit: unusual } = usual?.[index]?.bySlot[slot] ?? { middle: 0, limit: 0 };
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
