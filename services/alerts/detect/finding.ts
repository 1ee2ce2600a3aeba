import type { Instant, Labels } from '../series/series-store.ts';

/** The unit of a value. `money` is in micros of the label `currency`, `duration` in milliseconds, `share` and `points` are fractions. */
export type Unit = 'count' | 'money' | 'share' | 'points' | 'duration';

/** Something out of the ordinary, as of now. There is one finding for each set of labels: that of the strongest window. */
export type Finding = {
  readonly labels: Labels;
  /** The window of event time `[from, to)` in which it occurs; `from` is the best estimate of its start. */
  readonly from: Instant;
  readonly to: Instant;
  readonly unit: Unit;
  readonly value: number;
  /** The usual value of such a window; for a threshold, its limit. */
  readonly expected: number;
  /** The value must be beyond this limit. */
  readonly limit: number;
  /** Whether beyond the limit means below it: a drop. */
  readonly below: boolean;
  /** The probability of such a value on a usual day; `undefined` where it is unknown. */
  readonly chance: number | undefined;
  /** When it was found: the total of all quarter hours that the window touches, and how much was retracted in them. */
  readonly counted?: { readonly total: number; readonly lowered: number };
};

/** The result of one evaluation by a detector. */
export type Verdict =
  | { readonly status: 'evaluated'; readonly findings: readonly Finding[] }
  /** The detector cannot decide: history is too short, or the data are behind. No alert starts or is resolved. */
  | { readonly status: 'suppressed'; readonly reason: string };

/** The verdict while there is less than `warmUpMs` of what a rule is evaluated on. */
export function tooLittleOf(what: string, warmUpMs: number): Verdict {
  return { status: 'suppressed', reason: `there are less than ${warmUpMs / 86_400_000} days of ${what}` };
}

/** Evaluates the series of a rule at a moment of event time. */
export type Detector = {
  readonly evaluate: (now: Instant) => Verdict;
  /** The value of a finding's window as it is counted now, with late and retracted events. */
  readonly recount: (finding: Finding, now: Instant) => number;
};
