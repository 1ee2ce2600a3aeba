import { hoursPerWeek } from './calendar.ts';
import type { Baseline } from './seasonal.ts';
import { upperTail } from './tail.ts';

/** The size of a spike, in addition to its probability. */
export type Size = {
  /** The smallest difference to the usual count. */
  readonly atLeast: number;
  /** The smallest multiple of the usual count. */
  readonly times: number;
};

const month = 30 * 24;
const hourMs = 3_600_000;
/**
 * Independent evaluations of a window in a time as long as the window. It slides, so they are more than one, although
 * consecutive evaluations see mostly the same events. Measured with `npm run detection`.
 */
const evaluationsPerLength = 3;
/** A spike must be less probable than this on a usual day, whatever the budget. */
const chanceMax = 1e-3;

/** The smallest count that has the size of a spike, where `usual` is usual. */
export function smallestSpike(usual: number, { atLeast, times }: Size): number {
  return Math.ceil(Math.max(usual + atLeast, usual * times) - 1e-9);
}

/**
 * The highest probability that a count may have, so that all windows and groups of a rule together fire on usual days only as
 * often as the budget allows. Where the size alone makes findings by chance rare (10 more where 1 is usual), none of the
 * budget is used. All of it goes to the counts at which size alone would let chance through (10 more where 5 are usual).
 *
 * @param windowsMs Lengths of the windows, shortest first.
 * @param firesPerMonth Budget: how often the rule may fire by chance in 30 days.
 */
export function chanceLimit(
  baselines: readonly Baseline[],
  windowsMs: readonly number[],
  size: Size,
  firesPerMonth: number,
): number {
  const risks: { readonly chance: number; readonly evaluations: number }[] = [];
  for (const baseline of baselines)
    for (const { windowMs, newShare } of apart(windowsMs)) {
      const hours = windowMs / hourMs;
      const evaluations = (month / hoursPerWeek / hours) * evaluationsPerLength * newShare;
      for (const usual of usualByHour(baseline, hours)) {
        const chance = upperTail(smallestSpike(usual, size), usual, baseline.dispersion(hours, usual));
        if (chance > 1e-12) risks.push({ chance, evaluations });
      }
    }
  const fires = (limit: number): number =>
    risks.reduce((total, { chance, evaluations }) => total + Math.min(limit, chance) * evaluations, 0);
  if (fires(chanceMax) <= firesPerMonth) return chanceMax;
  let [low, high] = [Math.log(1e-15), Math.log(chanceMax)];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (fires(Math.exp(middle)) > firesPerMonth) high = middle;
    else low = middle;
  }
  return Math.exp(low);
}

/** Windows that differ by at least a tenth, each with the share of it that the previous one does not cover. */
function apart(windowsMs: readonly number[]): { readonly windowMs: number; readonly newShare: number }[] {
  const kept: { windowMs: number; newShare: number }[] = [];
  for (const windowMs of windowsMs) {
    const before = kept.at(-1)?.windowMs;
    if (before === undefined) kept.push({ windowMs, newShare: 1 });
    else if (windowMs >= 1.1 * before)
      kept.push({ windowMs, newShare: Math.min(1, Math.log2(windowMs / before)) });
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
