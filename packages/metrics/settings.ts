/** What the definitions take from the operator; durations in milliseconds. */
export type MetricSettings = {
  /** How long a cart is quiet until it is abandoned. */
  readonly cartAbandonAfterMs: number;
  /** How long after a resolution a reopening takes the first-contact resolution back. */
  readonly fcrWindowMs: number;
  /** When support works, as `Mo-Fr 09:00-17:00 Europe/Berlin; 2026-12-25 off`; `null` for no hours. */
  readonly supportHours: string | null;
  /** How long after the last purchase a buyer has lapsed. */
  readonly lapseAfterMs: number;
  /** How long a subscription is past due until it ends by itself; `null` for never. */
  readonly pastDueEndsAfterMs: number | null;
  /** Whether pausing loses a customer who has nothing else, or keeps it. */
  readonly pauseCountsAs: 'churn' | 'kept';
  /** How long after the end of a customer's MRR a new start replaces it; 0 for at the same instant alone. */
  readonly replacementWindowMs: number;
};

const dayMs = 86_400_000;

/** The contract's defaults. */
export const defaultMetricSettings: MetricSettings = {
  cartAbandonAfterMs: 30 * 60_000,
  fcrWindowMs: 7 * dayMs,
  supportHours: null,
  lapseAfterMs: 180 * dayMs,
  pastDueEndsAfterMs: null,
  pauseCountsAs: 'churn',
  replacementWindowMs: 0,
};
