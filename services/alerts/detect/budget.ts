import { hoursPerWeek } from './hour-of-week.ts';
import type { Baseline } from './seasonal.ts';
import { upperTail } from './tail.ts';

/** What makes a count a spike, beside its chance. */
export type Size = {
  /** So many more than usual, at least. */
  readonly atLeast: number;
  /** So many times the usual, at least. */
  readonly times: number;
};

const month = 30 * 24;
const hourMs = 3_600_000;
/**
 * Looks a window takes per its own length that count as independent. It slides: more than one, though neighbouring
 * looks see mostly the same. Measured with `scripts/bench/detection.ts`.
 */
const looksPerLength = 3;
/** Rarer than this on a usual day is needed in any case. */
const chanceMax = 1e-3;

/** The smallest count that is of the size, where `usual` is usual. */
export function smallestSpike(usual: number, { atLeast, times }: Size): number {
  return Math.ceil(Math.max(usual + atLeast, usual * times) - 1e-9);
}

/**
 * How unlikely a count must be so that, on usual days, all windows over all groups of a rule together fire as seldom as
 * the budget says. Where already the size makes chance findings rare (10 more where 1 is usual), nothing of the budget
 * is used up; all of it goes to where size alone would let dice through (10 more where 5 are usual).
 *
 * @param windowsMs Lengths, shortest first.
 * @param firesPerMonth How often the rule may fire by chance in 30 days.
 */
export function chanceLimit(
  baselines: readonly Baseline[],
  windowsMs: readonly number[],
  size: Size,
  firesPerMonth: number,
): number {
  const risks: { readonly chance: number; readonly looks: number }[] = [];
  for (const baseline of baselines)
    for (const { windowMs, news } of apart(windowsMs)) {
      const hours = windowMs / hourMs;
      const looks = (month / hoursPerWeek / hours) * looksPerLength * news;
      for (const usual of usualByHour(baseline, hours)) {
        const chance = upperTail(smallestSpike(usual, size), usual, baseline.dispersion(hours, usual));
        if (chance > 1e-12) risks.push({ chance, looks });
      }
    }
  const fires = (limit: number): number =>
    risks.reduce((total, { chance, looks }) => total + Math.min(limit, chance) * looks, 0);
  if (fires(chanceMax) <= firesPerMonth) return chanceMax;
  let [low, high] = [Math.log(1e-15), Math.log(chanceMax)];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (fires(Math.exp(middle)) > firesPerMonth) high = middle;
    else low = middle;
  }
  return Math.exp(low);
}

/** Windows that differ by a tenth at least, each with how much of what it sees the one before does not. */
function apart(windowsMs: readonly number[]): { readonly windowMs: number; readonly news: number }[] {
  const kept: { windowMs: number; news: number }[] = [];
  for (const windowMs of windowsMs) {
    const before = kept.at(-1)?.windowMs;
    if (before === undefined) kept.push({ windowMs, news: 1 });
    else if (windowMs >= 1.1 * before)
      kept.push({ windowMs, news: Math.min(1, Math.log2(windowMs / before)) });
  }
  return kept;
}

/** The usual count of windows of some hours that end in each hour of the week. */
function usualByHour({ byHour }: Baseline, hours: number): number[] {
  if (hours <= 1) return byHour.map((usual) => usual * hours);
  return byHour.map((_, slot) => {
    let usual = 0;
    let left = hours;
    for (let back = 0; left > 0; back++, left--)
      usual += byHour[(slot - (back % hoursPerWeek) + hoursPerWeek) % hoursPerWeek]! * Math.min(1, left);
    return usual;
  });
}
