import type { Instant } from '../definition/definition.ts';
import type { Balance } from './balances.ts';
import type { Context } from './facts.ts';

/**
 * The end of a customer's MRR in a currency that is not counted yet, because a new start may replace it until `until`
 * (rule 62). Until then the customer counts as before.
 */
export type PendingEnd = {
  readonly currency: string;
  /** What it was worth, micros a month. */
  readonly mrr: bigint;
  /** When it ended. */
  readonly endedAt: Instant;
  /**
   * When it counts, once it does: when it ended, but of a customer who had nothing else and came back in another currency,
   * when that began.
   */
  readonly countsAt: Instant;
  readonly until: Instant;
  /** Whether `until` has come: nothing is to be waited for. */
  readonly isOver: boolean;
  /** The place of its cause in the customer's order. */
  readonly order: number;
  readonly context: Context;
  /** Whether it was announced, should it be churn (rule 65). */
  readonly announced: boolean;
};

/** No end is pending. */
export const noPendingEnds: readonly PendingEnd[] = [];

/** When the first of the ends comes to count; `undefined` for never. */
export function firstOver(ends: readonly PendingEnd[]): Instant | undefined {
  let first: Instant | undefined;
  for (const { until, isOver } of ends) if (!isOver && (first === undefined || until < first)) first = until;
  return first;
}

/** The ends, of which some are over at an instant. */
export function overAt(ends: readonly PendingEnd[], at: Instant): readonly PendingEnd[] {
  return ends.some(({ until }) => until <= at)
    ? ends.map((end) => (end.until <= at ? { ...end, isOver: true } : end))
    : ends;
}

/**
 * The ends of a customer who had no MRR left and is active again at an instant: the last of them count then, so that the
 * customer was never lost.
 */
export function bridgedAt(ends: readonly PendingEnd[], at: Instant): readonly PendingEnd[] {
  const last = Math.max(...ends.map(({ endedAt }) => endedAt));
  return ends.map((end) => (end.endedAt === last ? { ...end, countsAt: at } : end));
}

/** What counts as before of the ends that are pending. */
export function pendingBalances(ends: readonly PendingEnd[]): readonly Balance[] {
  return ends.map(({ currency, mrr }) => ({ currency, mrr, keeping: 0 }));
}
