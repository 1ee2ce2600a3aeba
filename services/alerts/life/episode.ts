import type { Finding } from '../detect/finding.ts';
import type { Instant, Labels } from '../series/series-book.ts';

/** How much an alert matters: `page` wakes somebody, `ticket` waits for the morning. */
export type Severity = 'page' | 'ticket';

/** One line of an alert's story. */
export type Chapter = {
  readonly at: Instant;
  readonly what: 'pending' | 'firing' | 'notified' | 'acknowledged' | 'silenced' | 'resolved' | 'taken back';
  readonly text: string;
};

/** Who or what makes up most of a finding. */
export type Contributor = { readonly dimension: string; readonly value: string; readonly amount: number };

/** One rule's alert for one set of labels, from its first sign to its end. */
export type Episode = {
  readonly id: string;
  readonly rule: string;
  readonly labels: Labels;
  readonly severity: Severity;
  readonly status: 'pending' | 'firing' | 'resolved';
  /** What is told together. */
  readonly incident: string | null;
  /** As it stands, or stood last. */
  readonly finding: Finding;
  /** As bad as it was. */
  readonly worst: Finding;
  readonly contributors: readonly Contributor[];
  /** Customers behind it, as far as they are known here. */
  readonly customers: readonly string[];
  /** Event time of the first look that found it; of the first look of the present calm. */
  readonly pendingAt: Instant;
  readonly firedAt: Instant | null;
  readonly quietSince: Instant | null;
  readonly resolvedAt: Instant | null;
  /** Why it ended: the cause passed, or was taken back by later events. */
  readonly outcome: 'over' | 'taken back' | null;
  readonly acknowledged: { readonly at: Instant; readonly by: string; readonly note: string } | null;
  readonly story: readonly Chapter[];
};

/** Episodes of one group that are told together: one page. */
export type Incident = {
  readonly id: string;
  readonly group: string;
  readonly status: 'open' | 'closed';
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  /** Wall clock of the last message that went out, and how many there were. */
  readonly toldAt: Instant | null;
  readonly told: number;
  /** The gravest that was told. */
  readonly toldSeverity: Severity | null;
};

/** Keeps quiet about alerts for a time. */
export type Silence = {
  readonly id: string;
  /** A rule's name, or `*`. */
  readonly rule: string;
  /** Values the alert's labels must have; none for any. */
  readonly labels: Labels;
  readonly from: Instant;
  readonly until: Instant;
  readonly by: string;
  readonly reason: string;
};

/** A message to send: what happened to an incident. */
export type Notice = {
  /** The same for the same message, whoever sends it and however often. */
  readonly id: string;
  readonly kind: 'firing' | 'worse' | 'still firing' | 'resolved';
  readonly incident: Incident;
  readonly episodes: readonly Episode[];
  readonly at: Instant;
};

/** Whether a silence is in force for an alert. */
export function isSilenced(
  silences: Iterable<Silence>,
  { rule, labels }: Pick<Episode, 'rule' | 'labels'>,
  wallClock: Instant,
): boolean {
  for (const silence of silences) {
    if (wallClock < silence.from || wallClock >= silence.until) continue;
    if (silence.rule !== '*' && silence.rule !== rule) continue;
    if (Object.entries(silence.labels).every(([name, value]) => labels[name] === value)) return true;
  }
  return false;
}
