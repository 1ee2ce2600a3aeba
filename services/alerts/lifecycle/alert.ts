import type { Finding } from '../detect/finding.ts';
import type { Instant, Labels } from '../series/series-store.ts';

/** How urgent an alert is: `page` wakes somebody, `ticket` waits for the morning. */
export type Severity = 'page' | 'ticket';

/** One entry of an alert's timeline. */
export type TimelineEntry = {
  readonly at: Instant;
  readonly type: 'pending' | 'firing' | 'notified' | 'acknowledged' | 'silenced' | 'resolved' | 'retracted';
  readonly text: string;
};

/** A value of a dimension that makes up a large part of a finding, e.g. the segment `consumer` with 20 customers. */
export type Contributor = { readonly dimension: string; readonly value: string; readonly amount: number };

/** An alert of one rule for one set of labels, from the first evaluation that finds it until it is resolved. */
export type Alert = {
  readonly id: string;
  readonly rule: string;
  readonly labels: Labels;
  readonly severity: Severity;
  readonly status: 'pending' | 'firing' | 'resolved';
  /** Id of the incident it belongs to; `null` while it is pending. */
  readonly incident: string | null;
  /** The finding of the last evaluation that had one. */
  readonly finding: Finding;
  /** The largest finding since it began. */
  readonly worst: Finding;
  readonly contributors: readonly Contributor[];
  /** Customers behind the finding, as far as the service knows them. */
  readonly customers: readonly string[];
  /** Event time of the first evaluation that found it. */
  readonly pendingAt: Instant;
  readonly firedAt: Instant | null;
  /** Event time since when the rule finds nothing any more and the alert keeps firing; `null` while it finds something. */
  readonly keepFiringSince: Instant | null;
  readonly resolvedAt: Instant | null;
  /** Why it was resolved: the cause `ended`, or later events `retracted` it. `null` before. */
  readonly outcome: 'ended' | 'retracted' | null;
  readonly acknowledged: { readonly at: Instant; readonly by: string; readonly note: string } | null;
  readonly timeline: readonly TimelineEntry[];
};

/** Alerts of one group that share their notifications, so that one cause is one page. */
export type Incident = {
  readonly id: string;
  readonly group: string;
  readonly status: 'open' | 'closed';
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  /** Wall clock of the last notification; `null` before the first. */
  readonly notifiedAt: Instant | null;
  /** How many notifications there were. */
  readonly notificationCount: number;
  /** The highest severity that a notification has reported. */
  readonly notifiedSeverity: Severity | null;
};

/** Mutes the notifications of matching alerts for a time. */
export type Silence = {
  readonly id: string;
  /** A rule's name, or `*` for every rule. */
  readonly rule: string;
  /** Values that the alert's labels must have; empty for any. */
  readonly labels: Labels;
  readonly from: Instant;
  readonly until: Instant;
  readonly by: string;
  readonly reason: string;
};

/** What happened to an incident, to be sent to the receivers. */
export type Notification = {
  /** The same for the same notification, whichever instance sends it and however often. */
  readonly id: string;
  readonly kind: 'firing' | 'escalated' | 'repeated' | 'resolved';
  readonly incident: Incident;
  readonly alerts: readonly Alert[];
  readonly at: Instant;
};

/** Whether a silence mutes an alert at this moment. */
export function isSilenced(
  silences: Iterable<Silence>,
  { rule, labels }: Pick<Alert, 'rule' | 'labels'>,
  wallClock: Instant,
): boolean {
  for (const silence of silences) {
    if (wallClock < silence.from || wallClock >= silence.until) continue;
    if (silence.rule !== '*' && silence.rule !== rule) continue;
    if (Object.entries(silence.labels).every(([name, value]) => labels[name] === value)) return true;
  }
  return false;
}
