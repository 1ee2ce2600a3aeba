import type { Counters } from '@tidemark/events/counter-codec';
import { bucketMs } from '@tidemark/runtime/counters';
import { inUtc, type Calendar } from './detect/calendar.ts';
import { evaluator } from './evaluator.ts';
import { AlertStore } from './lifecycle/alert-store.ts';
import type { Alert } from './lifecycle/alert.ts';
import type { Rule } from './rules/rule.ts';
import { SeriesStore, type Instant } from './series/series-store.ts';

/** A bucket of counters, and the partition that counted it. */
export type Counted = Counters & { readonly partition: number };

/** The result of a replay. */
export type Replayed = { readonly fired: readonly Alert[]; readonly suppressed: readonly SuppressedShare[] };

/** A rule that was suppressed, at which share of the evaluations, and the last reason. */
export type SuppressedShare = { readonly rule: string; readonly share: number; readonly reason: string };

/**
 * Evaluates rules over a stretch of history: once at the end of each quarter hour, because history is kept in quarter
 * hours. The service evaluates every few seconds, so its alerts fire up to a quarter of an hour earlier. Late events count
 * where they happened, as if they had arrived in time.
 *
 * @returns The alerts that fired in `[from, to)`, oldest first, and the rules that were suppressed at some evaluations.
 */
export function replay(
  rules: readonly Rule[],
  counted: readonly Counted[],
  from: Instant,
  to: Instant,
  calendar: Calendar = inUtc,
): Replayed {
  const series = new SeriesStore();
  const alerts = new AlertStore(rules);
  let reached = from;
  const dataThrough = (): Instant => reached;
  const evaluate = evaluator({ rules, series, dataThrough, customersOf: () => [], calendar });
  const buckets = counted.toSorted((a, b) => a.bucket - b.bucket);
  const suppressed = new Map<string, { count: number; reason: string }>();
  let evaluations = 0;
  let next = 0;
  for (let at = Math.ceil(from / bucketMs) * bucketMs; at <= to; at += bucketMs) {
    for (; next < buckets.length && buckets[next]!.bucket < at; next++)
      series.apply(buckets[next]!.partition, buckets[next]!);
    reached = at - 1;
    evaluations++;
    for (const { rule, reason } of evaluate(alerts, reached))
      suppressed.set(rule, { count: (suppressed.get(rule)?.count ?? 0) + 1, reason });
  }
  const fired = [...alerts.alerts]
    .filter(({ firedAt }) => firedAt !== null)
    .toSorted((a, b) => a.firedAt! - b.firedAt!);
  return {
    fired,
    suppressed: [...suppressed].map(([rule, { count, reason }]) => ({
      rule,
      share: count / evaluations,
      reason,
    })),
  };
}
