/** What the definitions take from the operator; all in milliseconds. */
export type MetricSettings = {
  /** How long a cart is quiet until it is abandoned. */
  readonly cartAbandonAfterMs: number;
  /** How long after a resolution a reopening takes the first-contact resolution back. */
  readonly fcrWindowMs: number;
  /** How long after the last purchase a buyer has lapsed. */
  readonly lapseAfterMs: number;
};

const dayMs = 86_400_000;

/** The contract's defaults. */
export const defaultMetricSettings: MetricSettings = {
  cartAbandonAfterMs: 30 * 60_000,
  fcrWindowMs: 7 * dayMs,
  lapseAfterMs: 180 * dayMs,
};
