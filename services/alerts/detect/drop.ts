import { median, medianAbsoluteDeviation, probit } from 'simple-statistics';
import { bucketMs } from '@tidemark/runtime/counters';
import {
  bucketOf,
  sumOver,
  valueAt,
  type Instant,
  type Series,
  type SeriesStore,
} from '../series/series-store.ts';
import { isAmong, type Selection } from '../series/selection.ts';
import { levelOf } from './amount.ts';
import { type Detector, type Finding, tooLittleOf, type Verdict } from './finding.ts';
import { deviationPerMad } from './habits.ts';
import { normalBelow } from './tail.ts';

const month = 30 * 86_400_000;

/** When a lower score is unusual: NPS, the share of satisfied customers. Durations in milliseconds. */
export type ScoreDropOptions = {
  /** Series of the answers that count +1, of those that count −1, and of all answers; `by` is their first dimension. */
  readonly plus: string;
  readonly minus: string | undefined;
  readonly all: readonly string[];
  readonly by: string | undefined;
  readonly windowsMs: readonly number[];
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** The smallest number of answers in the window. */
  readonly answersMin: number;
  /** The smallest fall: 0.1 is ten points of NPS, or ten percentage points of satisfied customers. */
  readonly atLeast: number;
  readonly falseAlarmsPerMonth: number;
};

/** Finds a score that is lower than before by more than the number of answers explains. */
export function scoreDropDetector(store: SeriesStore, options: ScoreDropOptions): Detector {
  const evaluate = (now: Instant): Verdict => {
    const longest = Math.max(...options.windowsMs);
    const start = Math.min(...options.all.map((name) => store.start(name) ?? Infinity));
    if (now - longest - start < options.warmUpMs) return tooLittleOf('answers', options.warmUpMs);
    const keys = keysOf(store, options);
    const findings = keys.flatMap((key) => {
      const found = options.windowsMs.flatMap(
        (ms) => scoreDrop(store, options, key, ms, keys.length, now) ?? [],
      );
      return found.toSorted((a, b) => a.chance! - b.chance!).slice(0, 1);
    });
    return { status: 'evaluated', findings };
  };
  const recount = ({ labels, from, to }: Finding): number => {
    const key = options.by === undefined ? undefined : labels[options.by];
    const { count, score } = scoreOver(store, options, key, bucketOf(from), Math.ceil(to / bucketMs));
    return count === 0 ? Infinity : score;
  };
  return { evaluate, recount };
}

function keysOf(store: SeriesStore, { by, all }: ScoreDropOptions): readonly (string | undefined)[] {
  if (by === undefined) return [undefined];
  return [...new Set(all.flatMap((name) => store.of(name).map(({ dimensions }) => dimensions[0] ?? '')))];
}

type Score = { readonly count: number; readonly score: number; readonly variance: number };

function scoreOver(
  store: SeriesStore,
  { plus, minus, all }: ScoreDropOptions,
  key: string | undefined,
  from: number,
  to: number,
): Score {
  const countOf = (name: string): number => {
    const series = store.of(name).filter(({ dimensions }) => key === undefined || dimensions[0] === key);
    return sumOver(series, from, to);
  };
  const count = all.reduce((sum, name) => sum + countOf(name), 0);
  if (count === 0) return { count, score: 0, variance: 0 };
  const up = countOf(plus) / count;
  const down = minus === undefined ? 0 : countOf(minus) / count;
  return { count, score: up - down, variance: up + down - (up - down) ** 2 };
}

function scoreDrop(
  store: SeriesStore,
  options: ScoreDropOptions,
  key: string | undefined,
  windowMs: number,
  groups: number,
  now: Instant,
): Finding | undefined {
  const end = bucketOf(now) + 1;
  const from = end - windowMs / bucketMs;
  const recent = scoreOver(store, options, key, from, end);
  if (recent.count < options.answersMin) return undefined;
  const before = scoreOver(store, options, key, from - options.historyMs / bucketMs, from);
  if (before.count < 2 * options.answersMin) return undefined;
  // Even if all answers so far agree, the variance is not zero.
  const variance = Math.max(before.variance, recent.variance, 0.02);
  const error = Math.sqrt(variance / recent.count + variance / before.count);
  const evaluations = (month / windowMs) * 3 * options.windowsMs.length * groups;
  const chanceMax = options.falseAlarmsPerMonth / evaluations;
  const limit = before.score - Math.max(options.atLeast, -probit(chanceMax) * error);
  const chance = normalBelow((recent.score - before.score) / error);
  if (recent.score > limit || chance > chanceMax) return undefined;
  return {
    labels: key === undefined ? {} : { [options.by!]: key },
    from: from * bucketMs,
    to: now,
    unit: options.minus === undefined ? 'share' : 'points',
    value: recent.score,
    expected: before.score,
    limit,
    below: true,
    chance,
  };
}

/** When a lower level is unusual. Durations in milliseconds. */
export type LevelDropOptions = {
  /** A series whose sum over all time is the level, by currency. */
  readonly level: string;
  /** Money by currency that was taken from the level and is no fall: what was announced. */
  readonly leaveOut: Selection | undefined;
  readonly overMs: number;
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** The smallest fall, as a share of the level. */
  readonly atLeastShare: number;
};

/** Robust standard deviations below the usual change of that length. */
const deviations = 5;

/** Finds a level, such as MRR by currency, that fell by more than is usual in such a window. */
export function levelDropDetector(store: SeriesStore, options: LevelDropOptions): Detector {
  const { level, leaveOut, overMs } = options;
  const span = overMs / bucketMs;
  const leftOutOf = (currency: string): readonly Series[] =>
    leaveOut === undefined
      ? []
      : store.of(leaveOut.series).filter((one) => one.dimensions[0] === currency && isAmong(leaveOut, one));
  const evaluate = (now: Instant): Verdict => {
    const start = store.start(level) ?? Infinity;
    if (now - overMs - start < options.warmUpMs) return tooLittleOf(level, options.warmUpMs);
    const end = bucketOf(now) + 1;
    const findings = [...byCurrency(store.of(level))].flatMap(([currency, series]): Finding[] => {
      const leftOut = leftOutOf(currency);
      const apart = sumOver(leftOut, end - span, end);
      const change = sumOver(series, end - span, end) + apart;
      const present = levelOf(store, level, currency) + apart;
      const before = present - change;
      if (change >= 0 || before <= 0) return [];
      const usual = usualChange(
        series,
        leftOut,
        end - span,
        span,
        Math.max(bucketOf(start), end - span - options.historyMs / bucketMs),
      );
      const limit =
        before + Math.min(-options.atLeastShare * before, usual.middle - deviations * usual.spread);
      if (present > limit) return [];
      const expected = before + usual.middle;
      const from = (end - span) * bucketMs;
      return [
        {
          labels: { currency },
          from,
          to: now,
          unit: 'money',
          value: present,
          expected,
          limit,
          below: true,
          chance: undefined,
        },
      ];
    });
    return { status: 'evaluated', findings };
  };
  // The level at the end of the window: the present level without later changes.
  const recount = ({ labels, from, to }: Finding): number => {
    const currency = labels['currency'] ?? '';
    const series = byCurrency(store.of(level)).get(currency) ?? [];
    const last = Math.max(...series.flatMap(({ values }) => [...values.keys()]), 0);
    const end = Math.ceil(to / bucketMs);
    const apart = sumOver(leftOutOf(currency), bucketOf(from), end);
    return levelOf(store, level, currency) + apart - sumOver(series, end, last + 1);
  };
  return { evaluate, recount };
}

function byCurrency(series: readonly Series[]): Map<string, Series[]> {
  return Map.groupBy(series, ({ dimensions }) => dimensions[0] ?? '');
}

/** Median and robust deviation of the changes over consecutive windows of that length. */
function usualChange(
  series: readonly Series[],
  leftOut: readonly Series[],
  end: number,
  span: number,
  start: number,
) {
  const changes: number[] = [];
  for (let to = end; to - span >= start; to -= span) {
    let change = 0;
    for (let bucket = to - span; bucket < to; bucket++)
      change += valueAt(series, bucket) + valueAt(leftOut, bucket);
    changes.push(change);
  }
  if (changes.length === 0) return { middle: 0, spread: 0 };
  return { middle: median(changes), spread: deviationPerMad * medianAbsoluteDeviation(changes) };
}
