/** The shipped rules and other methods on the same series, at the same budget of false pages. */
import { baseBucket } from '@tidemark/runtime/counters';
import { detectorOf } from '../../services/alerts/detect/index.ts';
import { SeriesStore } from '../../services/alerts/series/series-store.ts';
import type { Elsewhere } from './rivals/elsewhere.ts';
import { daySteps, Sums, windowSteps, type Rival } from './rivals/windows.ts';
import {
  generate,
  isEvaluated,
  learnSteps,
  stepMs,
  timeOf,
  yearWeeks,
  type Generated,
  type Incident,
  type Kind,
} from './series.ts';
import { day, hour, minute, quarter, shippedRules } from './world.ts';

/** How one method did on one kind of series. */
export type Compared = {
  readonly series: string;
  readonly method: string;
  /** Incidents of size. */
  readonly incidents: number;
  readonly found: number;
  readonly missed: number;
  /** From when they were of size to the page. */
  readonly medianMinutes: number | undefined;
  readonly maxMinutes: number | undefined;
  readonly falsePagesPerYear: number;
};

/** Steps at which a method is alarmed, from the beginning of the year. */
export type Alarms = readonly number[];

/** An alarm that returns within half an hour is the same page. */
const samePageSteps = (30 * minute) / stepMs;
/** A page begins so long after an incident at most, to have it as its cause: the longest window, and a little more. */
const afterIncidentSteps = (26 * hour) / stepMs;

/** Compares our rules and the others on a kind of series, over the years of some seeds. */
export function compare(
  kind: Kind,
  seeds: readonly number[],
  rivals: readonly Rival[],
  {
    weeks = yearWeeks,
    elsewhere,
  }: { readonly weeks?: number; readonly elsewhere?: Elsewhere | undefined } = {},
): Compared[] {
  const years = seeds.map((seed) => generate(kind, seed, false, weeks));
  const rows = [rowOf(kind, 'tidemark', years, years.map(ourAlarms))];
  // The others know what the series is like: their limit is set on a year of it in which nothing happens.
  const quietSeed = seeds[0]! + 1_000_000;
  const quiet = generate(kind, quietSeed, true, weeks);
  const budget = (budgetOf(kind) * weeks) / yearWeeks;
  for (const rival of rivals) {
    const limit = limitOf(scoresOf(rival, quiet), budget);
    const alarms = years.map((year) => stepsAbove(scoresOf(rival, year), limit));
    rows.push(rowOf(kind, rival.name, years, alarms));
  }
  if (elsewhere === undefined) return rows;
  const ofQuiet = elsewhere.scoresOf(quiet, quietSeed);
  const ofYears = years.map((year, index) => elsewhere.scoresOf(year, seeds[index]!));
  if (ofQuiet === undefined || ofYears.includes(undefined)) return rows;
  const limit = limitOf(ofSizeAlone(ofQuiet, quiet), budget);
  const alarms = years.map((year, index) => stepsAbove(ofSizeAlone(ofYears[index]!, year), limit));
  return [...rows, rowOf(kind, elsewhere.name, years, alarms)];
}

/** False pages a year that our rules on this kind allow themselves; one where they have no budget. */
export function budgetOf({ rules }: Kind): number {
  const perMonth = shippedRules(...rules).map(({ search }) =>
    search.kind === 'spike' ? search.falseAlarmsPerMonth : 1 / 12,
  );
  return perMonth.reduce((sum, one) => sum + one, 0) * (365 / 30);
}

/** Steps of the year at which one of our rules finds something. */
export function ourAlarms({ kind, counts, incidents }: Generated): Alarms {
  const store = new SeriesStore();
  const series = JSON.stringify(kind.series);
  const money = kind.mrr === undefined ? 1 : 1_000_000;
  if (kind.mrr !== undefined)
    store.apply(0, {
      definition: 'level',
      bucket: baseBucket,
      values: { '["mrr","USD"]': BigInt(kind.mrr * money) },
    });
  const detectors = shippedRules(...kind.rules).map((rule) => detectorOf(rule, store, () => undefined));
  const alarms: number[] = [];
  let inBucket = 0;
  for (const [step, count] of counts.entries()) {
    const at = timeOf(step);
    if (at % quarter === 0) inBucket = 0;
    inBucket += count;
    const bucket = Math.floor(at / quarter) * quarter;
    // Within the learning weeks only whole quarter hours matter.
    if (step < learnSteps && (at + stepMs) % quarter !== 0) continue;
    if (count > 0 || step < learnSteps)
      store.apply(0, {
        definition: 'compared',
        bucket,
        values: inBucket === 0 ? {} : { [series]: BigInt(inBucket * money) },
      });
    if (!isEvaluated({ incidents }, step)) continue;
    const verdicts = detectors.map(({ evaluate }) => evaluate(at + stepMs - 1));
    if (verdicts.some((one) => one.status === 'evaluated' && one.findings.length > 0)) alarms.push(step);
  }
  return alarms;
}

/** By step of the year: the greatest score of the windows that have the size of an incident, −∞ without any. */
export function scoresOf({ judge }: Rival, { kind, counts, incidents }: Generated): Float64Array {
  const sums = new Sums(counts);
  const scores = new Float64Array(counts.length).fill(-Infinity);
  const { times, atLeast } = kind.size;
  for (let step = learnSteps; step < counts.length; step++) {
    if (!isEvaluated({ incidents }, step)) continue;
    for (const length of windowSteps) {
      const value = sums.over(step, length);
      if (value < atLeast) continue;
      const { expected, score } = judge(sums, step, length);
      const isOfSize =
        value >= times * expected && (kind.mrr === undefined ? value - expected >= atLeast : true);
      if (isOfSize && score > scores[step]!) scores[step] = score;
    }
  }
  return scores;
}

/** Scores of another program, −∞ where no window has the size of an incident against the mean of the eight weeks before. */
function ofSizeAlone(scores: Float64Array, series: Generated): Float64Array {
  const ofWeeks: Rival = {
    name: '',
    judge(sums, step, length) {
      let sum = 0;
      for (let week = 1; week <= 8; week++) sum += sums.over(step - week * 7 * daySteps, length);
      return { expected: sum / 8, score: scores[step]! };
    },
  };
  return scoresOf(ofWeeks, series);
}

/** Steps whose score is above the limit. */
export function stepsAbove(scores: Float64Array, limit: number): Alarms {
  const steps: number[] = [];
  for (const [step, score] of scores.entries()) if (score > limit) steps.push(step);
  return steps;
}

/** The lowest limit at which a quiet year has no more pages than the budget, and at no higher limit either. */
export function limitOf(scores: Float64Array, budget: number): number {
  const known = [...new Set(scores.filter((score) => score > -Infinity))].toSorted((a, b) => b - a);
  let limit = known[0] ?? 0;
  const candidates = known.length <= 400 ? known : thinned(known);
  for (const candidate of candidates) {
    if (pagesOf(stepsAbove(scores, candidate)).length > budget) break;
    limit = candidate;
  }
  return limit;
}

/** Scores from the highest down, further apart the lower they are. */
function thinned(scores: readonly number[]): number[] {
  const kept: number[] = [];
  for (let index = 0; index < scores.length; index = Math.max(index + 1, Math.floor(index * 1.05)))
    kept.push(scores[index]!);
  return kept;
}

/** First steps of the pages that alarms make. */
export function pagesOf(alarms: Alarms): readonly number[] {
  return alarms.filter((step, index) => index === 0 || step - alarms[index - 1]! > samePageSteps);
}

function rowOf(
  { name }: Kind,
  method: string,
  years: readonly Generated[],
  alarms: readonly Alarms[],
): Compared {
  const minutes: number[] = [];
  let falsePages = 0;
  let incidents = 0;
  for (const [index, year] of years.entries()) {
    const sized = year.incidents.filter(({ sized: at }) => at !== undefined);
    incidents += sized.length;
    for (const one of sized) {
      const first = alarms[index]!.find((step) => step >= one.from && step < one.to + hour / stepMs);
      if (first !== undefined) minutes.push((Math.max(0, first - one.sized!) * stepMs) / minute);
    }
    falsePages += pagesOf(alarms[index]!).filter((page) => !isCaused(page, year.incidents)).length;
  }
  const sorted = minutes.toSorted((a, b) => a - b);
  const compared = years.reduce((sum, { counts }) => sum + (counts.length - learnSteps) * stepMs, 0);
  return {
    series: name,
    method,
    incidents,
    found: sorted.length,
    missed: incidents - sorted.length,
    medianMinutes: sorted[Math.floor(sorted.length / 2)],
    maxMinutes: sorted.at(-1),
    falsePagesPerYear: falsePages / (compared / (365 * day)),
  };
}

function isCaused(page: number, incidents: readonly Incident[]): boolean {
  return incidents.some(({ from, to }) => page >= from && page < to + afterIncidentSteps);
}
