import type { Counters } from '@tidemark/events/counter-codec';
import { bucketMs } from '@tidemark/runtime/counters';
import { inUtc, type HourOfWeek } from './detect/hour-of-week.ts';
import { AlertBook } from './life/alert-book.ts';
import type { Episode } from './life/episode.ts';
import type { Rule } from './rules/rule.ts';
import { SeriesBook, type Instant } from './series/series-book.ts';
import { watch } from './watch.ts';

/** A bucket of counters with the partition that counts it. */
export type Counted = Counters & { readonly partition: number };

/** What a replay shows. */
export type Replayed = { readonly fired: readonly Episode[]; readonly held: readonly HeldFor[] };

/** A rule that could not tell anything at a share of the looks, and why, when it was so last. */
export type HeldFor = { readonly rule: string; readonly share: number; readonly reason: string };

/**
 * What rules would have told in a stretch of history: looks at the end of each quarter hour, since that is how finely
 * history is kept. Live they look every few seconds, so an alert fires up to a quarter of an hour sooner. What came late
 * counts where it happened, as if it had been there in time.
 *
 * @returns Alerts that fired in `[from, to)`, oldest first, and rules that were held at all of the looks, or at some.
 */
export function replay(
  rules: readonly Rule[],
  counted: readonly Counted[],
  from: Instant,
  to: Instant,
  hourOfWeek: HourOfWeek = inUtc,
): Replayed {
  const book = new SeriesBook();
  const alerts = new AlertBook(rules);
  let reached = from;
  const dataThrough = (): Instant => reached;
  const look = watch({ rules, book, dataThrough, customersOf: () => [], hourOfWeek });
  const waiting = counted.toSorted((a, b) => a.bucket - b.bucket);
  const held = new Map<string, { count: number; reason: string }>();
  let looks = 0;
  let next = 0;
  for (let at = Math.ceil(from / bucketMs) * bucketMs; at <= to; at += bucketMs) {
    for (; next < waiting.length && waiting[next]!.bucket < at; next++)
      book.apply(waiting[next]!.partition, waiting[next]!);
    reached = at - 1;
    looks++;
    for (const { rule, reason } of look(alerts, reached))
      held.set(rule, { count: (held.get(rule)?.count ?? 0) + 1, reason });
  }
  const fired = [...alerts.episodes]
    .filter(({ firedAt }) => firedAt !== null)
    .toSorted((a, b) => a.firedAt! - b.firedAt!);
  return {
    fired,
    held: [...held].map(([rule, { count, reason }]) => ({ rule, share: count / looks, reason })),
  };
}
