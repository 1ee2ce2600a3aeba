import { bucketMs } from '../../runtime/counters.ts';
import { bucketOf, sumOver, valueAt, type Instant, type SeriesBook } from '../series/series-book.ts';
import { groupsOf, labelKey, type Group, type Selection } from '../series/selection.ts';
import { chanceLimit, smallestSpike, type Size } from './budget.ts';
import type { Detector, Finding, Verdict } from './finding.ts';
import { type Baseline, bucketsPerHour, learnBaseline, usualOver } from './seasonal.ts';
import { upperTail } from './tail.ts';

/** How a spike of counts is told from a usual day. Lengths in milliseconds. */
export type SpikeOptions = Size & {
  readonly select: Selection;
  /** Windows that end now, each a whole number of quarter hours; the one under way counts for as far as it has come. */
  readonly windowsMs: readonly number[];
  /** History that is learned from, before the longest window. */
  readonly historyMs: number;
  /** History there must be. */
  readonly warmUpMs: number;
  /** How often it may fire by chance in 30 days, all groups together. */
  readonly falsePerMonth: number;
};

type Learned = {
  readonly hour: number;
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly chanceMax: number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nothingUsual: Baseline = { byHour: Array.from({ length: 168 }, () => 0), dispersion: () => 1 };

/**
 * More of something than usual: churn, cancellations, abandonments, contacts. Counts in sliding windows against the
 * hour of the week, judged as counts.
 */
export function spikeDetector(book: SeriesBook, options: SpikeOptions): Detector {
  const { select } = options;
  const windows = options.windowsMs.map((ms) => ms / bucketMs).toSorted((a, b) => a - b);
  let learned: Learned | undefined;
  const usual = new UsualBefore(windows);
  const look = (now: Instant): Verdict => {
    // Learned anew once a day: what one more day teaches, an hour does not.
    const historyEnd = Math.floor((now - windows.at(-1)! * bucketMs) / dayMs) * 24;
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
    if (learned?.hour !== historyEnd) {
      learned = learn(groups, firstHour, historyEnd, windows, options);
      usual.forget();
    }
    const { baselines, chanceMax } = learned;
    const findings = groups.flatMap((group) => {
      const baseline = baselines.get(labelKey(group.labels)) ?? nothingUsual;
      const before = usual.of(labelKey(group.labels), baseline, bucketOf(now));
      return strongest(group, before, baseline, now, windows, options, chanceMax) ?? [];
    });
    return { status: 'seen', findings };
  };
  return { look, recount: (finding) => recounted(book, select, finding) };
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

/** What is usual of each window without the bucket under way: it changes every quarter of an hour only. */
class UsualBefore {
  readonly #windows: readonly number[];
  readonly #known = new Map<string, readonly number[]>();
  #bucket = -1;

  constructor(windows: readonly number[]) {
    this.#windows = windows;
  }

  forget(): void {
    this.#bucket = -1;
  }

  of(key: string, baseline: Baseline, bucket: number): readonly number[] {
    if (bucket !== this.#bucket) this.#known.clear();
    this.#bucket = bucket;
    let usual = this.#known.get(key);
    if (usual === undefined) {
      usual = this.#windows.map((window) => usualOver(baseline, bucket + 1 - window, bucket));
      this.#known.set(key, usual);
    }
    return usual;
  }
}

function learn(
  groups: readonly Group[],
  firstHour: number,
  endHour: number,
  windows: readonly number[],
  options: SpikeOptions,
): Learned {
  const baselines = new Map(
    groups.map((group) => [
      labelKey(group.labels),
      learnBaseline(hourly(group, firstHour, endHour), firstHour),
    ]),
  );
  const chanceMax = chanceLimit([...baselines.values()], windows, options, options.falsePerMonth);
  return { hour: endHour, baselines, chanceMax };
}

/** The window that is least credible as chance among those that are spikes. */
function strongest(
  { labels, series }: Group,
  usualBefore: readonly number[],
  baseline: Baseline,
  now: Instant,
  windows: readonly number[],
  size: Size,
  chanceMax: number,
): Finding | undefined {
  const current = bucketOf(now);
  const usualNow = usualOver(baseline, current, now / bucketMs);
  let best: Finding | undefined;
  let count = 0;
  let reached = current + 1;
  for (const [index, window] of windows.entries()) {
    for (; reached > current + 1 - window; reached--) count += valueAt(series, reached - 1);
    const usual = usualBefore[index]! + usualNow;
    const smallest = smallestSpike(usual, size);
    if (count < smallest) continue;
    const dispersion = baseline.dispersion(window / bucketsPerHour);
    const chance = upperTail(count, usual, dispersion);
    if (chance > chanceMax || (best !== undefined && chance >= best.chance!)) continue;
    let limit = smallest;
    while (upperTail(limit, usual, dispersion) > chanceMax) limit++;
    const from = reached * bucketMs;
    best = {
      labels,
      from,
      to: now,
      unit: 'count',
      value: count,
      expected: usual,
      limit,
      below: false,
      chance,
    };
  }
  return best;
}
