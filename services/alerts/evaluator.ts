import type { Family } from '@tidemark/events/families';
import type { Detector, Finding } from './detect/finding.ts';
import { inUtc, type Calendar } from './detect/calendar.ts';
import { contributorsOf, detectorOf } from './detect/index.ts';
import type { AlertStore } from './lifecycle/alert-store.ts';
import type { Rule } from './rules/rule.ts';
import type { Instant, SeriesStore } from './series/series-store.ts';

/** What the rules are evaluated on. */
export type EvaluatorOptions = {
  readonly rules: readonly Rule[];
  readonly series: SeriesStore;
  /** Event time up to which all of these families are counted; `undefined` while it is unknown. */
  readonly dataThrough: (families: readonly Family[]) => Instant | undefined;
  /** Customers behind a finding, as far as they are known. */
  readonly customersOf: (rule: Rule, finding: Finding) => readonly string[];
  /** The hours of the week and the days of the month, by the clocks of a time zone; UTC when left out. */
  readonly calendar?: Calendar;
};

/** A rule that starts and resolves nothing now, and why. */
export type Suppressed = { readonly rule: string; readonly reason: string };

/** Evaluates all rules at a wall clock, updates the alerts, and returns the suppressed rules. */
export type Evaluate = (alerts: AlertStore, wallClock: Instant) => Suppressed[];

/** Rules are suppressed while their data are further behind the wall clock. */
const staleAfterMs = 3 * 60_000;

type Evaluated = {
  readonly rule: Rule;
  readonly through: () => Instant | undefined;
  readonly detector: Detector;
};

/**
 * Makes the function that evaluates the rules at the present. It suppresses a rule while its families are not counted up
 * to the present: after a stop, or during a backfill in which event time runs faster than the wall clock.
 */
export function evaluator({
  rules,
  series,
  dataThrough,
  customersOf,
  calendar = inUtc,
}: EvaluatorOptions): Evaluate {
  const evaluated = rules.map((rule): Evaluated => {
    const through = (): Instant | undefined => dataThrough(rule.families);
    return { rule, through, detector: detectorOf(rule, series, through, calendar) };
  });
  const evaluateRule = (
    { rule, through, detector }: Evaluated,
    alerts: AlertStore,
    wallClock: Instant,
  ): string | undefined => {
    const reached = rule.search.kind === 'behind' ? wallClock : through();
    if (reached === undefined) return 'it is unknown how far the data are counted';
    if (wallClock - reached > staleAfterMs)
      return `the data are counted only up to ${new Date(reached).toISOString()}`;
    const now = Math.min(reached, wallClock);
    const verdict = detector.evaluate(now);
    alerts.observe({
      rule,
      verdict,
      now,
      recount: (finding) => detector.recount(finding, now),
      explain: (finding) => ({
        contributors: contributorsOf(rule, series, finding),
        customers: customersOf(rule, finding),
      }),
    });
    return verdict.status === 'suppressed' ? verdict.reason : undefined;
  };
  return (alerts, wallClock) =>
    evaluated.flatMap((one) => {
      const reason = evaluateRule(one, alerts, wallClock);
      return reason === undefined ? [] : [{ rule: one.rule.name, reason }];
    });
}
