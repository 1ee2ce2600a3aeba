import { daySteps, hourSteps, spreadOf, type Rival } from './windows.ts';

/** How many standard deviations a window is above the mean of the windows that ended in each hour of the last 14 days. */
export const threeSigma: Rival = {
  name: 'sigma over 14 days',
  judge(sums, step, length) {
    const values: number[] = [];
    for (let back = length; back <= 14 * daySteps; back += hourSteps)
      values.push(sums.over(step - back, length));
    const { mean, deviation } = spreadOf(values);
    return { expected: mean, score: (sums.over(step, length) - mean) / Math.max(deviation, 0.5) };
  },
};
