/**
 * The score on the Numenta Anomaly Benchmark: 58 public series, mostly of machines, with labelled windows. Its rules are those of
 * `nab/sweeper.py` and `config/profiles.json` (NAB v1.1; S. Ahmad, A. Lavin, S. Purdy, Z. Agha, "Unsupervised real-time anomaly detection for
 * streaming data", Neurocomputing 2017): the first detection in a window counts, the earlier the more, a false one costs a little, and
 * one limit is set for all series, the best one in hindsight. 0 is to detect nothing, 100 is perfect.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inUtc } from '../../services/alerts/detect/calendar.ts';
import { learnBaseline, type Baseline } from '../../services/alerts/detect/seasonal.ts';
import { upperTail } from '../../services/alerts/detect/tail.ts';

/** A series of the benchmark: when and what was measured, and the windows in which something was wrong, as indices. */
export type Series = {
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly windows: readonly (readonly [first: number, last: number])[];
};

/** What a true, a false and a missed detection count. */
export type Profile = {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
};

/** The three profiles of the benchmark. */
export const profiles = {
  standard: { truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  lowFalsePositives: { truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  lowFalseNegatives: { truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
} as const satisfies { readonly [name: string]: Profile };

/** The scores of a method: 0 is to detect nothing, 100 is perfect. */
export type NabScore = { readonly method: string } & { readonly [Name in keyof typeof profiles]: number };

/** What a detection counts by where it lies: −1 at the left edge of a window, 0 at its right edge, 1 a window's length after it. */
export function scaledSigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

type Point = { readonly score: number; readonly counts: number; readonly window: string | undefined };

/** Detections in the first 15 % of a series, of 5,000 points at most, do not count. */
function probationOf({ values }: Series): number {
  return Math.min(Math.floor(0.15 * values.length), 0.15 * 5_000);
}

function pointsOf(
  series: Series,
  scores: readonly number[],
  { truePositive, falsePositive }: Profile,
): Point[] {
  const probation = probationOf(series);
  const points: Point[] = [];
  for (const [index, score] of scores.entries()) {
    if (index < probation) continue;
    const window = series.windows.find(([first, last]) => index >= first && index <= last);
    if (window !== undefined) {
      const [first, last] = window;
      const position = -(last - index + 1) / (last - first + 1);
      const counts = (scaledSigmoid(position) * truePositive) / scaledSigmoid(-1);
      points.push({ score, counts, window: `${series.name} ${first}` });
      continue;
    }
    const before = series.windows.findLast(([, last]) => last < index);
    const counts = before === undefined ? -1 : scaledSigmoid((index - before[1]) / (before[1] - before[0]));
    points.push({ score, counts: counts * falsePositive, window: undefined });
  }
  return points;
}

/**
 * The score of a detector over all series, with the best limit for all of them.
 *
 * @param scores How anomalous each value is, by series.
 */
export function scoreOf(
  all: readonly Series[],
  scores: ReadonlyMap<string, readonly number[]>,
  profile: Profile,
): number {
  const points = all
    .flatMap((series) => pointsOf(series, scores.get(series.name)!, profile))
    .toSorted((a, b) => b.score - a.score);
  const windows = new Set(points.flatMap(({ window }) => window ?? []));
  const found = new Map<string, number>();
  const nothing = -windows.size * profile.falseNegative;
  let total = nothing;
  let best = nothing;
  for (const [index, { score, counts, window }] of points.entries()) {
    if (window === undefined) total += counts;
    else {
      const before = found.get(window) ?? -profile.falseNegative;
      total += Math.max(before, counts) - before;
      found.set(window, Math.max(before, counts));
    }
    // Equal scores are above the same limits.
    if (points[index + 1]?.score !== score) best = Math.max(best, total);
  }
  return (100 * (best - nothing)) / (windows.size * profile.truePositive - nothing);
}

/** The series in a copy of the repository numenta/NAB. */
export function readSeries(folder: string): Series[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8')) as Readonly<
    Record<string, readonly (readonly [string, string])[]>
  >;
  return globSync('**/*.csv', { cwd: join(folder, 'data') })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()
    .map((name) => {
      const lines = readFileSync(join(folder, 'data', name), 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1);
      const rows = lines.map((line) => line.split(','));
      const times = rows.map(([time]) => Date.parse(`${time!.slice(0, 19).replace(' ', 'T')}Z`));
      const indexOf = (time: string): number =>
        times.indexOf(Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`));
      const windows = (labels[name] ?? []).map(([from, to]) => [indexOf(from), indexOf(to)] as const);
      return { name, times, values: rows.map(([, value]) => Number(value)), windows };
    });
}

const hourMs = 3_600_000;
/** Values are counts of this many on average, so that what is usual of counts says something about them. */
const countOfMean = 100;

/**
 * How anomalous each value is by our usual counts and their tail: −log₁₀ of the probability of a count as large. It learns from
 * the whole days before. What is lower than usual is not looked at, as in the rules; series of one or two weeks give it little to learn.
 */
export function ourScores(series: Series): number[] {
  const { times, values } = series;
  const probation = values.slice(0, probationOf(series)).map((value) => Math.max(0, value));
  const mean = probation.reduce((sum, value) => sum + value, 0) / Math.max(1, probation.length);
  const counts = values.map((value) => Math.round((Math.max(0, value) * countOfMean) / (mean || 1)));
  const first = Math.ceil(times[0]! / hourMs / 24) * 24;
  const hours: number[] = [];
  let baseline: Baseline | undefined;
  let inHour: number[] = [];
  const scores = counts.map((count, index) => {
    const hour = Math.floor(times[index]! / hourMs);
    if (index > 0 && hour !== Math.floor(times[index - 1]! / hourMs)) {
      // Hours without a value are as the one before.
      const average = inHour.reduce((sum, one) => sum + one, 0) / Math.max(1, inHour.length);
      while (first + hours.length < hour) hours.push(average);
      inHour = [];
      if (hours.length >= 24 && hour % 24 === 0) baseline = learnBaseline(hours, first, inUtc);
    }
    inHour.push(count);
    if (baseline === undefined) return 0;
    const usual = baseline.byHour[inUtc.hourOfWeek(hour)]!;
    const average = inHour.reduce((sum, one) => sum + one, 0) / inHour.length;
    const chances = [count, average].map((value) => upperTail(value, usual, baseline!.dispersion(1, usual)));
    return -Math.log10(Math.max(Math.min(...chances), 1e-300));
  });
  return scores.map((score, index) => (isRepeated(index, scores, times) ? 0 : score));
}

/** Whether it was at least as anomalous within the day before: an incident is one page. */
function isRepeated(index: number, scores: readonly number[], times: readonly number[]): boolean {
  for (let before = index - 1; before >= 0 && times[index]! - times[before]! < 24 * hourMs; before--)
    if (scores[before]! >= scores[index]!) return true;
  return false;
}

/**
 * NAB's own windowed Gaussian (`nab/detectors/gaussian`), here to check the scorer: its published score is 39.6. Deviations from
 * the mean of the last 6,400 values, that move on by a hundred.
 */
export function windowedGaussian({ values }: Series): number[] {
  const [size, stride] = [6_400, 100];
  let from = 0;
  let to = 0;
  return values.map((value, index) => {
    if (index <= size) to = index;
    else if (index - to === stride) [from, to] = [from + stride, index];
    if (to === 0) return 0;
    const window = values.slice(from, to);
    const mean = window.reduce((sum, one) => sum + one, 0) / window.length;
    const squares = window.reduce((sum, one) => sum + (one - mean) ** 2, 0) / window.length;
    return Math.abs(value - mean) / (Math.sqrt(squares) || 1e-6);
  });
}

/** The scores on a copy of the repository numenta/NAB. */
export function nabScores(folder: string): NabScore[] {
  const all = readSeries(folder);
  const methods = { tidemark: ourScores, 'windowed Gaussian': windowedGaussian };
  return Object.entries(methods).map(([method, scoresOf]) => {
    const scores = new Map(all.map((one) => [one.name, scoresOf(one)]));
    const of = (profile: Profile): number => scoreOf(all, scores, profile);
    const { standard, lowFalsePositives, lowFalseNegatives } = profiles;
    return {
      method,
      standard: of(standard),
      lowFalsePositives: of(lowFalsePositives),
      lowFalseNegatives: of(lowFalseNegatives),
    };
  });
}
