import { median, medianAbsoluteDeviation, probit } from 'simple-statistics';
import { bucketMs } from '@tidemark/runtime/counters';
import {
  bucketOf,
  sumOver,
  valueAt,
  type Instant,
  type Series,
  type SeriesBook,
} from '../series/series-book.ts';
import { levelOf } from './amount.ts';
import type { Detector, Finding, Verdict } from './finding.ts';
import { deviationPerMad } from './seasonal.ts';
import { normalBelow } from './tail.ts';

const dayMs = 86_400_000;
const month = 30 * dayMs;

/** How a falling score is told: NPS, the share of the satisfied. Lengths in milliseconds. */
export type ScoreDropOptions = {
  /** Series of answers that count +1, −1 and all; the first dimension of each may be kept apart. */
  readonly plus: string;
  readonly minus: string | undefined;
  readonly all: readonly string[];
  readonly by: string | undefined;
  readonly windowsMs: readonly number[];
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** Answers there must be in the window. */
  readonly answersMin: number;
  /** Fallen by so much, at least: 0.1 is ten points of NPS, ten percent of the satisfied. */
  readonly atLeast: number;
  readonly falsePerMonth: number;
};

/** A score lower than before by more than the number of answers lets one expect. */
export function scoreDropDetector(book: SeriesBook, options: ScoreDropOptions): Detector {
  const look = (now: Instant): Verdict => {
    const longest = Math.max(...options.windowsMs);
    const start = Math.min(...options.all.map((name) => book.start(name) ?? Infinity));
    if (now - longest - start < options.warmUpMs)
      return { status: 'held', reason: `it has not seen ${options.warmUpMs / dayMs} days of answers yet` };
    const keys = keysOf(book, options);
    const findings = keys.flatMap((key) => {
      const found = options.windowsMs.flatMap(
        (ms) => scoreDrop(book, options, key, ms, keys.length, now) ?? [],
      );
      return found.toSorted((a, b) => a.chance! - b.chance!).slice(0, 1);
    });
    return { status: 'seen', findings };
  };
  const recount = ({ labels, from, to }: Finding): number => {
    const key = options.by === undefined ? undefined : labels[options.by];
    const { count, score } = scoreOver(book, options, key, bucketOf(from), Math.ceil(to / bucketMs));
    return count === 0 ? Infinity : score;
  };
  return { look, recount };
}

function keysOf(book: SeriesBook, { by, all }: ScoreDropOptions): readonly (string | undefined)[] {
  if (by === undefined) return [undefined];
  return [...new Set(all.flatMap((name) => book.of(name).map(({ dimensions }) => dimensions[0] ?? '')))];
}

type Score = { readonly count: number; readonly score: number; readonly variance: number };

function scoreOver(
  book: SeriesBook,
  { plus, minus, all }: ScoreDropOptions,
  key: string | undefined,
  from: number,
  to: number,
): Score {
  const countOf = (name: string): number => {
    const series = book.of(name).filter(({ dimensions }) => key === undefined || dimensions[0] === key);
    return sumOver(series, from, to);
  };
  const count = all.reduce((sum, name) => sum + countOf(name), 0);
  if (count === 0) return { count, score: 0, variance: 0 };
  const up = countOf(plus) / count;
  const down = minus === undefined ? 0 : countOf(minus) / count;
  return { count, score: up - down, variance: up + down - (up - down) ** 2 };
}

function scoreDrop(
  book: SeriesBook,
  options: ScoreDropOptions,
  key: string | undefined,
  windowMs: number,
  groups: number,
  now: Instant,
): Finding | undefined {
  const end = bucketOf(now) + 1;
  const from = end - windowMs / bucketMs;
  const recent = scoreOver(book, options, key, from, end);
  if (recent.count < options.answersMin) return undefined;
  const before = scoreOver(book, options, key, from - options.historyMs / bucketMs, from);
  if (before.count < 2 * options.answersMin) return undefined;
  // Unanimity so far is no proof: a little variance remains.
  const variance = Math.max(before.variance, recent.variance, 0.02);
  const error = Math.sqrt(variance / recent.count + variance / before.count);
  const looks = (month / windowMs) * 3 * options.windowsMs.length * groups;
  const chanceMax = options.falsePerMonth / looks;
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

/** How a falling standing is told. Lengths in milliseconds. */
export type LevelDropOptions = {
  /** A series whose sum over all time is the standing, by currency. */
  readonly level: string;
  readonly overMs: number;
  readonly historyMs: number;
  readonly warmUpMs: number;
  /** Fallen by this share of the standing, at least. */
  readonly atLeastShare: number;
};

/** Robust standard deviations below the usual change of that length. */
const deviations = 5;

/** A standing, MRR by currency, that fell by more than such stretches usually bring. */
export function levelDropDetector(book: SeriesBook, options: LevelDropOptions): Detector {
  const { level, overMs } = options;
  const span = overMs / bucketMs;
  const look = (now: Instant): Verdict => {
    const start = book.start(level) ?? Infinity;
    if (now - overMs - start < options.warmUpMs)
      return { status: 'held', reason: `it has not seen ${options.warmUpMs / dayMs} days of ${level} yet` };
    const end = bucketOf(now) + 1;
    const findings = [...byCurrency(book.of(level))].flatMap(([currency, series]): Finding[] => {
      const change = sumOver(series, end - span, end);
      const standing = levelOf(book, level, currency);
      const before = standing - change;
      if (change >= 0 || before <= 0) return [];
      const usual = usualChange(
        series,
        end - span,
        span,
        Math.max(bucketOf(start), end - span - options.historyMs / bucketMs),
      );
      const limit =
        before + Math.min(-options.atLeastShare * before, usual.middle - deviations * usual.spread);
      if (standing > limit) return [];
      const expected = before + usual.middle;
      const from = (end - span) * bucketMs;
      return [
        {
          labels: { currency },
          from,
          to: now,
          unit: 'money',
          value: standing,
          expected,
          limit,
          below: true,
          chance: undefined,
        },
      ];
    });
    return { status: 'seen', findings };
  };
  // The standing at the end of the stretch: what it is now, without what came after.
  const recount = ({ labels, to }: Finding): number => {
    const currency = labels['currency'] ?? '';
    const series = byCurrency(book.of(level)).get(currency) ?? [];
    const last = Math.max(...series.flatMap(({ values }) => [...values.keys()]), 0);
    return levelOf(book, level, currency) - sumOver(series, Math.ceil(to / bucketMs), last + 1);
  };
  return { look, recount };
}

function byCurrency(series: readonly Series[]): Map<string, Series[]> {
  return Map.groupBy(series, ({ dimensions }) => dimensions[0] ?? '');
}

/** Median and robust deviation of the changes over stretches of that length, one after the other. */
function usualChange(series: readonly Series[], end: number, span: number, start: number) {
  const changes: number[] = [];
  for (let to = end; to - span >= start; to -= span) {
    let change = 0;
    for (let bucket = to - span; bucket < to; bucket++) change += valueAt(series, bucket);
    changes.push(change);
  }
  if (changes.length === 0) return { middle: 0, spread: 0 };
  return { middle: median(changes), spread: deviationPerMad * medianAbsoluteDeviation(changes) };
}
