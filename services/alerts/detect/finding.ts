import type { Instant, Labels } from '../series/series-book.ts';

/** What a value is: how it is written, and whether it is money in micros of the label `currency`. */
export type Unit = 'count' | 'money' | 'share' | 'points' | 'duration';

/** Something out of the ordinary, as it stands now. One finding a set of labels: that of the strongest window. */
export type Finding = {
  readonly labels: Labels;
  /** The stretch of event time in which it shows, half-open; `from` is where it began as far as is known. */
  readonly from: Instant;
  readonly to: Instant;
  readonly unit: Unit;
  readonly value: number;
  /** What is usual in such a stretch; the limit, for a plain threshold. */
  readonly expected: number;
  /** What the value has to be beyond for this finding to be one. */
  readonly limit: number;
  /** Whether beyond is below: a drop. */
  readonly below: boolean;
  /** The chance of such a value on a usual day, where it is known. */
  readonly chance: number | undefined;
  /** What the quarter hours of the stretch held in all when it was found, and how much had been counted back in them. */
  readonly counted?: { readonly held: number; readonly lowered: number };
};

/** What a detector says at one moment. */
export type Verdict =
  | { readonly status: 'seen'; readonly findings: readonly Finding[] }
  /** It cannot be told: too little history, or the data are behind. Nothing begins or ends. */
  | { readonly status: 'held'; readonly reason: string };

/** Looks at the series at a moment of event time. */
export type Detector = {
  readonly look: (now: Instant) => Verdict;
  /** The value of a finding's stretch as it is counted today: late and retracted events included. */
  readonly recount: (finding: Finding, now: Instant) => number;
};
