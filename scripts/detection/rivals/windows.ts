import { stepMs } from '../series.ts';

const stepsOf = (minutes: number): number => (minutes * 60_000) / stepMs;

/** Lengths of the windows that every other method looks at, in steps: 15 minutes, 1, 4 and 24 hours. */
export const windowSteps: readonly number[] = [15, 60, 240, 1440].map(stepsOf);
/** Steps in an hour. */
export const hourSteps = stepsOf(60);
/** Steps in a day. */
export const daySteps = 24 * hourSteps;

/** Sums of a series over windows. */
export class Sums {
  readonly #before: Float64Array;

  constructor(counts: Float64Array) {
    this.#before = new Float64Array(counts.length + 1);
    for (let step = 0; step < counts.length; step++)
      this.#before[step + 1] = this.#before[step]! + counts[step]!;
  }

  /** The sum of the `length` steps that end with `step`; of those that exist. */
  over(step: number, length: number): number {
    const end = Math.max(0, step + 1);
    return this.#before[end]! - this.#before[Math.max(0, end - length)]!;
  }
}

/** What a method makes of a window: what it expects, and how unusual the value is; greater is more unusual. */
export type Judged = { readonly expected: number; readonly score: number };

/** A method other than ours. It knows the counts before the window only. */
export type Rival = {
  readonly name: string;
  /** Judges the window of `length` steps that ends with `step`. */
  readonly judge: (sums: Sums, step: number, length: number) => Judged;
};

/** Mean and standard deviation (of a sample) of some values. */
export function spreadOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
