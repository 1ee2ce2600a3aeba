import { contributorsOf, detectorOf } from './detect/index.ts';
import type { Detector, Finding } from './detect/finding.ts';
import { inUtc, type HourOfWeek } from './detect/hour-of-week.ts';
import type { AlertBook } from './life/alert-book.ts';
import type { Family } from '@tidemark/events/families';
import type { Rule } from './rules/rule.ts';
import type { Instant, SeriesBook } from './series/series-book.ts';

/** What a watch looks at. */
export type Watched = {
  readonly rules: readonly Rule[];
  readonly book: SeriesBook;
  /** Up to when all of these families are counted, by event time; `undefined` while it is not known. */
  readonly dataThrough: (families: readonly Family[]) => Instant | undefined;
  /** Customers behind a finding, as far as they are known. */
  readonly customersOf: (rule: Rule, finding: Finding) => readonly string[];
  /** By whose clocks hours are usual; UTC without it. */
  readonly hourOfWeek?: HourOfWeek;
};

/** Why a rule neither begins nor ends anything now. */
export type Held = { readonly rule: string; readonly reason: string };

/** Data further behind the wall clock say nothing about now: rules on them are held. */
const staleAfterMs = 3 * 60_000;

/**
 * Looks with all rules at the present. Only at families counted up to it: while data are behind, whether after a stop or
 * in a backfill through which the clock of the data runs, nothing begins and nothing ends.
 *
 * @returns A function of the wall clock that brings the alerts up to date and says which rules are held.
 */
export function watch({
  rules,
  book,
  dataThrough,
  customersOf,
  hourOfWeek = inUtc,
}: Watched): (alerts: AlertBook, wallClock: Instant) => Held[] {
  const watched = rules.map((rule) => {
    const through = (): Instant | undefined => dataThrough(rule.families);
    return { rule, through, detector: detectorOf(rule, book, through, hourOfWeek) };
  });
  const lookWith = (
    { rule, through, detector }: { rule: Rule; through: () => Instant | undefined; detector: Detector },
    alerts: AlertBook,
    wallClock: Instant,
  ): string | undefined => {
    const reached = rule.search.kind === 'behind' ? wallClock : through();
    if (reached === undefined) return 'it is not known how far the data go';
    if (wallClock - reached > staleAfterMs) return `the data go to ${new Date(reached).toISOString()} only`;
    const now = Math.min(reached, wallClock);
    const verdict = detector.look(now);
    alerts.observe({
      rule,
      verdict,
      now,
      recount: (finding) => detector.recount(finding, now),
      explain: (finding) => ({
        contributors: contributorsOf(rule, book, finding),
        customers: customersOf(rule, finding),
      }),
    });
    return verdict.status === 'held' ? verdict.reason : undefined;
  };
  return (alerts, wallClock) =>
    watched.flatMap((one) => {
      const reason = lookWith(one, alerts, wallClock);
      return reason === undefined ? [] : [{ rule: one.rule.name, reason }];
    });
}
