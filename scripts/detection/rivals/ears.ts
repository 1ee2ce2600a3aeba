/**
 * EARS, the Early Aberration Reporting System of the CDC: C1, C2 and C3 of L. Hutwagner, W. Thompson, G. M. Seeman, T. Treadwell,
 * "The bioterrorism preparedness and response Early Aberration Reporting System (EARS)", Journal of Urban Health 80 (2003), i89–i96;
 * formulas as in `earsC` of R's package surveillance. Its unit is a day; here the same window of the preceding days.
 */
import { daySteps, spreadOf, type Rival, type Sums } from './windows.ts';

/** Days of the baseline. */
const baselineDays = 7;
/** The smallest standard deviation: without it the first count after seven zeros would be infinitely unusual. */
const deviationMin = 0.5;

/** How many standard deviations a window is above those of seven days, that end `lag` days before. */
function deviations(sums: Sums, step: number, length: number, lag: number) {
  const values = Array.from({ length: baselineDays }, (_, index) =>
    sums.over(step - (lag + 1 + index) * daySteps, length),
  );
  const { mean, deviation } = spreadOf(values);
  return { expected: mean, score: (sums.over(step, length) - mean) / Math.max(deviation, deviationMin) };
}

/** C1: against the seven days before. */
export const earsC1: Rival = {
  name: 'EARS C1',
  judge: (sums, step, length) => deviations(sums, step, length, 0),
};

/** C2: against seven days, without the two days before, so that an incident does not raise its own limit. */
export const earsC2: Rival = {
  name: 'EARS C2',
  judge: (sums, step, length) => deviations(sums, step, length, 2),
};

/** C3: what C2 exceeds one standard deviation by, on this day and the two before, together. */
export const earsC3: Rival = {
  name: 'EARS C3',
  judge(sums, step, length) {
    const days = [0, 1, 2].map((back) => deviations(sums, step - back * daySteps, length, 2));
    return {
      expected: days[0]!.expected,
      score: days.reduce((sum, { score }) => sum + Math.max(0, score - 1), 0),
    };
  },
};
