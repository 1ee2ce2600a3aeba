import { bucketMs } from '@tidemark/runtime/counters';
import {
  bucketOf,
  loweredOver,
  sumOver,
  valueAt,
  type Instant,
  type Series,
  type SeriesStore,
} from '../series/series-store.ts';
import { byGroup, groupsOf, labelKey, type Group, type Selection } from '../series/selection.ts';
import { chanceLimit, smallestSpike, type Size } from './budget.ts';
import { type Detector, type Finding, tooLittleOf, type Verdict } from './finding.ts';
import { hoursPerWeek, inUtc, type Calendar } from './calendar.ts';
import { historyOf, Learning, type History } from './learning.ts';
import { noHabits } from './habits.ts';
import { addedOver, type Baseline, bucketsPerHour, learnBaseline, usualOver } from './seasonal.ts';
import { upperTail } from './tail.ts';

/** When a count is a spike. Durations in milliseconds. */
export type SpikeOptions = Size & {
  readonly select: Selection;
  /** Lengths of windows that end now: up to two hours whole minutes, beyond that whole quarter hours. */
  readonly windowsMs: readonly number[];
  /** Length of the history to learn from, before the longest window. */
  readonly historyMs: number;
  /** The shortest history; with less, the rule is suppressed. */
  readonly warmUpMs: number;
  /** How often the rule may fire by chance in 30 days, over all groups. */
  readonly falseAlarmsPerMonth: number;
};

type Learned = {
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly chanceMax: number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const emptyBaseline: Baseline = {
  byHour: Array.from({ length: hoursPerWeek }, () => 0),
  calendar: inUtc,
  habits: noHabits,
  dispersion: () => 1,
};

/**
 * Finds more of something than usual: churn, cancellations, abandonments, contacts. It compares the counts of sliding
 * windows with the same hours of past weeks.
 *
 * @param calendar By which clocks hours of the week and days of the month are compared.
 */
export function spikeDetector(store: SeriesStore, given: SpikeOptions, calendar: Calendar = inUtc): Detector {
  const options = { ...given, windowsMs: given.windowsMs.toSorted((a, b) => a - b) };
  const { select, windowsMs } = options;
  const learning = new Learning<Learned>();
  const minuteCounts = new MinuteCounts();
  const recent = new RecentFindings();
  let baselines: Learned['baselines'] = new Map();
  let chanceMax = 0;
  const evaluate = (now: Instant): Verdict => {
    const day = Math.floor((now - windowsMs.at(-1)!) / dayMs);
    const history = historyOf(store, select.series, day, options);
    if (history === undefined) return tooLittleOf(select.series, options.warmUpMs);
    const groups = groupsOf(store, select);
    ({ baselines, chanceMax } = learning.of(store, select.series, day, () =>
      learn(groups, history, options, calendar),
    ));
    const findings = groups.flatMap((group) => {
      const baseline = baselines.get(labelKey(group.labels)) ?? emptyBaseline;
      const minutes = minuteCounts.record(labelKey(group.labels), group.series, now);
      const found = strongest(group, baseline, minutes, now, options, chanceMax);
      return recent.latest(group, found, now) ?? [];
    });
    return { status: 'evaluated', findings };
  };
  const recount = (finding: Finding, now: Instant): number => {
    const group = groupsOf(store, select).find((one) => labelKey(one.labels) === labelKey(finding.labels));
    const baseline = baselines.get(labelKey(finding.labels)) ?? emptyBaseline;
    return group === undefined ? 0 : stillCounted(finding, countedIn(group, finding), baseline, now);
  };
  return { evaluate, recount };
}

type Counted = NonNullable<Finding['counted']>;

/** The present total of the quarter hours that a window touches, and how much was retracted in them. */
function countedIn({ series }: Group, { from, to }: Pick<Finding, 'from' | 'to'>): Counted {
  const [begin, end] = [bucketOf(from), Math.ceil(to / bucketMs)];
  return { total: sumOver(series, begin, end), lowered: loweredOver(series, begin, end) };
}

/**
 * What is left of a finding's value after retractions. Its quarter hours also contain events before the window, which were
 * counted with the finding, and events after it, which are taken to be as many as usual. No more is subtracted than was
 * retracted since this process started. If nothing was, a difference within chance is not taken for a retraction.
 */
function stillCounted(finding: Finding, now: Counted, baseline: Baseline, at: Instant): number {
  const { to, value, counted = { total: value, lowered: 0 } } = finding;
  const end = Math.min(Math.ceil(to / bucketMs), Math.max(to, at) / bucketMs);
  const usualSince = usualOver(baseline, to / bucketMs, end);
  const left = now.total - (counted.total - value) - usualSince;
  const retracted = now.lowered - counted.lowered;
  const remaining = retracted > 0 ? Math.max(left, value - retracted) : left + 3 * Math.sqrt(usualSince);
  return Math.min(value, remaining);
}

/** The value of a finding's window as it is counted now. */
export function recounted(store: SeriesStore, select: Selection, { labels, from, to }: Finding): number {
  const group = groupsOf(store, select).find((one) => labelKey(one.labels) === labelKey(labels));
  return group === undefined ? 0 : sumOver(group.series, bucketOf(from), Math.ceil(to / bucketMs));
}

/** The usual counts of a group. */
export function baselineOf(
  group: Group,
  { monthlyHour, firstHour, endHour }: History,
  calendar: Calendar,
): Baseline {
  return learnBaseline(hourly(group, monthlyHour, endHour), monthlyHour, calendar, firstHour - monthlyHour);
}

/** Counts by whole hours `[firstHour, endHour)`. */
export function hourly({ series }: Group, firstHour: number, endHour: number): number[] {
  const counts: number[] = [];
  for (let hour = firstHour; hour < endHour; hour++)
    counts.push(sumOver(series, hour * bucketsPerHour, (hour + 1) * bucketsPerHour));
  return counts;
}

/** Windows up to this length begin at whole minutes, longer ones with a bucket. */
const byMinuteMaxMs = 2 * hourMs;
const minuteMs = 60_000;

/**
 * The value of the current bucket at each minute, as earlier evaluations saw it. Counters have quarter hours; with these
 * values a window can begin within one, so that quiet minutes before a burst do not dilute it. After a restart there are
 * none at first, and windows begin with buckets.
 */
class MinuteCounts {
  readonly #byGroup = new Map<string, Map<number, number>>();

  /** Records the present value of the current bucket. @returns The values so far, by minute. */
  record(key: string, series: readonly Series[], now: Instant): Map<number, number> {
    let counts = this.#byGroup.get(key);
    if (counts === undefined) this.#byGroup.set(key, (counts = new Map()));
    const minute = Math.floor(now / minuteMs);
    if (!counts.has(minute)) {
      counts.set(minute, valueAt(series, bucketOf(now)));
      for (const old of counts.keys()) if (old < minute - byMinuteMaxMs / minuteMs) counts.delete(old);
    }
    return counts;
  }
}

/** A finding is continued for so long after an evaluation has found it last. */
const recentMs = 2 * minuteMs;

/**
 * Findings of the last moments that are still as large. A spike near its limit may be found in one minute and not in the
 * next, because windows begin at other minutes. It should end only if events were retracted.
 */
class RecentFindings {
  readonly #byGroup = new Map<string, Finding>();

  /** The present finding, otherwise the last one if it is recent and was not retracted. */
  latest(group: Group, found: Finding | undefined, now: Instant): Finding | undefined {
    const key = labelKey(group.labels);
    if (found !== undefined) {
      this.#byGroup.set(key, found);
      return found;
    }
    const before = this.#byGroup.get(key);
    if (before === undefined) return undefined;
    const outside = (before.counted?.total ?? before.value) - before.value;
    const isStillLarge = countedIn(group, before).total - outside >= before.limit;
    if (isStillLarge && now - before.to <= recentMs) return before;
    this.#byGroup.delete(key);
    return undefined;
  }
}

function learn(
  groups: readonly Group[],
  history: History,
  options: SpikeOptions,
  calendar: Calendar,
): Learned {
  const baselines = byGroup(groups, (group) => baselineOf(group, history, calendar));
  const chanceMax = chanceLimit(
    [...baselines.values()],
    options.windowsMs,
    options,
    options.falseAlarmsPerMonth,
  );
  return { baselines, chanceMax };
}

/** The least probable window among those that are spikes. */
function strongest(
  { labels, series }: Group,
  baseline: Baseline,
  minuteCounts: ReadonlyMap<number, number>,
  now: Instant,
  { windowsMs, ...size }: SpikeOptions,
  chanceMax: number,
): Finding | undefined {
  const end = now / bucketMs;
  let best: Finding | undefined;
  let count = 0;
  let usual = 0;
  let reached = bucketOf(now) + 1;
  for (const windowMs of windowsMs) {
    const begin = beginOf(now, windowMs, minuteCounts);
    for (const whole = Math.ceil(begin); reached > whole; reached--) {
      count += valueAt(series, reached - 1);
      usual += usualOver(baseline, reached - 1, Math.min(reached, end));
    }
    const isWhole = Number.isInteger(begin);
    const bucket = Math.floor(begin);
    const before = isWhole ? 0 : minuteCounts.get((begin * bucketMs) / minuteMs)!;
    const value = isWhole ? count : count + valueAt(series, bucket) - before;
    const expected = isWhole ? usual : usual + usualOver(baseline, begin, Math.min(bucket + 1, end));
    const smallest = smallestSpike(expected, size);
    if (value < smallest) continue;
    const dispersion = baseline.dispersion(windowMs / hourMs, expected, addedOver(baseline, begin, end));
    const chance = upperTail(value, expected, dispersion);
    if (chance > chanceMax || (best !== undefined && chance >= best.chance!)) continue;
    let limit = smallest;
    while (upperTail(limit, expected, dispersion) > chanceMax) limit++;
    const from = begin * bucketMs;
    const counted = countedIn({ labels, series }, { from, to: now });
    best = { labels, from, to: now, unit: 'count', value, expected, limit, below: false, chance, counted };
  }
  return best;
}

/** Where a window begins, in buckets: at a recorded minute, otherwise with the bucket that makes it nearly as long. */
function beginOf(now: Instant, windowMs: number, minuteCounts: ReadonlyMap<number, number>): number {
  if (windowMs <= byMinuteMaxMs) {
    const minute = Math.floor((now - windowMs) / minuteMs);
    if (minuteCounts.has(minute)) return (minute * minuteMs) / bucketMs;
  }
  return bucketOf(now) + 1 - Math.ceil(windowMs / bucketMs);
}
