import type { Finding, Verdict } from '../detect/finding.ts';
import type { Instant } from '../series/series-store.ts';
import type { Alert, Contributor, Incident, Severity, Silence } from './alert.ts';

/** The part of a rule that governs the lifecycle of its alerts. Durations in milliseconds. */
export type LifecycleRule = {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  /** Alerts of one group share an incident and its notifications. */
  readonly group: string;
  /** An alert is pending for so long, in event time, before it fires: at least a minute, so that a retraction within it wakes nobody (rule 47). */
  readonly forMs: number;
  /** An alert keeps firing for so long, in event time, after the rule has found nothing any more. */
  readonly keepFiringForMs: number;
  /** A notification is repeated after so long while nobody has acknowledged the alert. */
  readonly repeatIntervalMs: number;
};

/** The result of evaluating one rule. */
export type Observation = {
  readonly rule: LifecycleRule;
  readonly verdict: Verdict;
  /** Event time. */
  readonly now: Instant;
  readonly recount: (finding: Finding) => number;
  readonly explain: (finding: Finding) => {
    readonly contributors: readonly Contributor[];
    readonly customers: readonly string[];
  };
};

/** A stored entry that changed; `null` when it was deleted. */
export type Change =
  | { readonly type: 'alert'; readonly id: string; readonly value: Alert | null }
  | { readonly type: 'incident'; readonly id: string; readonly value: Incident | null }
  | { readonly type: 'silence'; readonly id: string; readonly value: Silence | null };
