import { bucketMs } from '@tidemark/runtime/counters';
import {
  bucketOf,
  loweredOver,
  sumOver,
  valueAt,
  type Instant,
  type Series,
  type SeriesBook,
} from '../series/series-book.ts';
import { groupsOf, labelKey, type Group, type Selection } from '../series/selection.ts';
import { chanceLimit, smallestSpike, type Size } from './budget.ts';
import type { Detector, Finding, Verdict } from './finding.ts';
import { hoursPerWeek, inUtc, type HourOfWeek } from './hour-of-week.ts';
import { Learning } from './learning.ts';
import { type Baseline, bucketsPerHour, learnBaseline, usualOver } from './seasonal.ts';
import { upperTail } from './tail.ts';

/** How a spike of counts is told from a usual day. Lengths in milliseconds. */
export type SpikeOptions = Size & {
  readonly select: Selection;
  /** Windows that end now. Up to two hours they are whole minutes, longer ones whole quarter hours. */
  readonly windowsMs: readonly number[];
  /** History that is learned from, before the longest window. */
  readonly historyMs: number;
  /** History there must be. */
  readonly warmUpMs: number;
  /** How often it may fire by chance in 30 days, all groups together. */
  readonly falsePerMonth: number;
};

type Learned = {
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly chanceMax: number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nothingUsual: Baseline = {
  byHour: Array.from({ length: hoursPerWeek }, () => 0),
  hourOfWeek: inUtc,
  dispersion: () => 1,
};

/**
 * More of something than usual: churn, cancellations, abandonments, contacts. Counts in sliding windows against the
 * hour of the week, judged as counts.
 *
 * @param hourOfWeek By whose clocks hours are usual.
 */
export function spikeDetector(
  book: SeriesBook,
  given: SpikeOptions,
  hourOfWeek: HourOfWeek = inUtc,
): Detector {
  const options = { ...given, windowsMs: given.windowsMs.toSorted((a, b) => a - b) };
  const { select, windowsMs } = options;
  const learning = new Learning<Learned>();
  const marks = new Marks();
  const recent = new Recent();
  let baselines: Learned['baselines'] = new Map();
  let chanceMax = 0;
  const look = (now: Instant): Verdict => {
    const day = Math.floor((now - windowsMs.at(-1)!) / dayMs);
    const historyEnd = day * 24;
    const start = book.start(select.series);
    const firstHour = Math.max(
      Math.ceil((start ?? Infinity) / hourMs),
      historyEnd - Math.round(options.historyMs / hourMs),
    );
    if ((historyEnd - firstHour) * hourMs < options.warmUpMs)
      return {
        status: 'held',
        reason: `it has not seen ${options.warmUpMs / 86_400_000} days of ${select.series} yet`,
      };
    const groups = groupsOf(book, select);
    ({ baselines, chanceMax } = learning.of(book, select.series, day, () =>
      learn(groups, firstHour, historyEnd, options, hourOfWeek),
    ));
    const findings = groups.flatMap((group) => {
      const baseline = baselines.get(labelKey(group.labels)) ?? nothingUsual;
      const minutes = marks.note(labelKey(group.labels), group.series, now);
      return recent.orFound(group, strongest(group, baseline, minutes, now, options, chanceMax), now) ?? [];
    });
    return { status: 'seen', findings };
  };
  const recount = (finding: Finding, now: Instant): number => {
    const group = groupsOf(book, select).find((one) => labelKey(one.labels) === labelKey(finding.labels));
    const baseline = baselines.get(labelKey(finding.labels)) ?? nothingUsual;
    return group === undefined ? 0 : stillCounted(finding, heldIn(group, finding), baseline, now);
  };
  return { look, recount };
}

type Held = NonNullable<Finding['counted']>;

/** What the quarter hours of a stretch hold now, and how much was counted back in them. */
function heldIn({ series }: Group, { from, to }: Pick<Finding, 'from' | 'to'>): Held {
  const [begin, end] = [bucketOf(from), Math.ceil(to / bucketMs)];
  return { held: sumOver(series, begin, end), lowered: loweredOver(series, begin, end) };
}

/**
 * What is left of a finding's value. Its quarter hours hold more: what came before it, as counted with it, and what came
 * after it, as much as is usual. No more is gone than was counted back; where that is not known, for it was before this
 * process began, what may be chance is nothing taken back.
 */
function stillCounted(finding: Finding, now: Held, baseline: Baseline, at: Instant): number {
  const { to, value, counted = { held: value, lowered: 0 } } = finding;
  const end = Math.min(Math.ceil(to / bucketMs), Math.max(to, at) / bucketMs);
  const usualSince = usualOver(baseline, to / bucketMs, end);
  const left = now.held - (counted.held - value) - usualSince;
  const back = now.lowered - counted.lowered;
  return Math.min(value, back > 0 ? Math.max(left, value - back) : left + 3 * Math.sqrt(usualSince));
}

/** The value of a finding's stretch as it is counted now. */
export function recounted(book: SeriesBook, select: Selection, { labels, from, to }: Finding): number {
  const group = groupsOf(book, select).find((one) => labelKey(one.labels) === labelKey(labels));
  return group === undefined ? 0 : sumOver(group.series, bucketOf(from), Math.ceil(to / bucketMs));
}

/** Counts by whole hours `[firstHour, endHour)`. */
export function hourly({ series }: Group, firstHour: number, endHour: number): number[] {
  const counts: number[] = [];
  for (let hour = firstHour; hour < endHour; hour++)
    counts.push(sumOver(series, hour * bucketsPerHour, (hour + 1) * bucketsPerHour));
  return counts;
}

/** Windows up to here begin at whole minutes, longer ones with a bucket. */
const finestMs = 2 * hourMs;
const minuteMs = 60_000;

/**
 * What the bucket under way held at each minute, as seen by earlier looks. Counters come by quarter hours; with these
 * marks a window can begin between: a burst is not watered down by the quiet minutes before it. After a restart there are
 * none for a while, and windows begin with buckets.
 */
class Marks {
  readonly #byGroup = new Map<string, Map<number, number>>();

  /** Notes how much the bucket under way holds now. */
  note(key: string, series: readonly Series[], now: Instant): Map<number, number> {
    let marks = this.#byGroup.get(key);
    if (marks === undefined) this.#byGroup.set(key, (marks = new Map()));
    const minute = Math.floor(now / minuteMs);
    if (!marks.has(minute)) {
      marks.set(minute, valueAt(series, bucketOf(now)));
      for (const old of marks.keys()) if (old < minute - finestMs / minuteMs) marks.delete(old);
    }
    return marks;
  }
}

/** A finding is gone on with for so long. */
const recentMs = 2 * minuteMs;

/**
 * What was found within the last moments and still is as large. A spike near the limit comes and goes with the minute at
 * which windows begin; what decides whether it lasts is whether it was netted away, not where windows lie.
 */
class Recent {
  readonly #byGroup = new Map<string, Finding>();

  /** What is found now, else what was found a moment ago and was not taken back since. */
  orFound(group: Group, found: Finding | undefined, now: Instant): Finding | undefined {
    const key = labelKey(group.labels);
    if (found !== undefined) {
      this.#byGroup.set(key, found);
      return found;
    }
    const before = this.#byGroup.get(key);
    if (before === undefined) return undefined;
    const besides = (before.counted?.held ?? before.value) - before.value;
    const isThere = heldIn(group, before).held - besides >= before.limit;
    if (isThere && now - before.to <= recentMs) return before;
    this.#byGroup.delete(key);
    return undefined;
  }
}

function learn(
  groups: readonly Group[],
  firstHour: number,
  endHour: number,
  options: SpikeOptions,
  hourOfWeek: HourOfWeek,
): Learned {
  const baselines = new Map(
    groups.map((group) => [
      labelKey(group.labels),
      learnBaseline(hourly(group, firstHour, endHour), firstHour, hourOfWeek),
    ]),
  );
  const chanceMax = chanceLimit([...baselines.values()], options.windowsMs, options, options.falsePerMonth);
  return { baselines, chanceMax };
}

/** The window that is least credible as chance among those that are spikes. */
function strongest(
  { labels, series }: Group,
  baseline: Baseline,
  marks: ReadonlyMap<number, number>,
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
    const begin = beginOf(now, windowMs, marks);
    for (const whole = Math.ceil(begin); reached > whole; reached--) {
      count += valueAt(series, reached - 1);
      usual += usualOver(baseline, reached - 1, Math.min(reached, end));
    }
    const isWhole = Number.isInteger(begin);
    const bucket = Math.floor(begin);
    const mark = isWhole ? 0 : marks.get((begin * bucketMs) / minuteMs)!;
    const value = isWhole ? count : count + valueAt(series, bucket) - mark;
    const expected = isWhole ? usual : usual + usualOver(baseline, begin, Math.min(bucket + 1, end));
    const smallest = smallestSpike(expected, size);
    if (value < smallest) continue;
    const dispersion = baseline.dispersion(windowMs / hourMs, expected);
    const chance = upperTail(value, expected, dispersion);
    if (chance > chanceMax || (best !== undefined && chance >= best.chance!)) continue;
    let limit = smallest;
    while (upperTail(limit, expected, dispersion) > chanceMax) limit++;
    const from = begin * bucketMs;
    const counted = heldIn({ labels, series }, { from, to: now });
    best = { labels, from, to: now, unit: 'count', value, expected, limit, below: false, chance, counted };
  }
  return best;
}

/** Where a window begins, in buckets: at a minute that is marked, else with the bucket that makes it nearly as long. */
function beginOf(now: Instant, windowMs: number, marks: ReadonlyMap<number, number>): number {
  if (windowMs <= finestMs) {
    const minute = Math.floor((now - windowMs) / minuteMs);
    if (marks.has(minute)) return (minute * minuteMs) / bucketMs;
  }
  return bucketOf(now) + 1 - Math.ceil(windowMs / bucketMs);
}
