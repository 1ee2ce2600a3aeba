import type { Instant } from '../series/series-store.ts';
import type { Alert, Incident, Notification, Severity } from './alert.ts';

/** Alerts of one cause fire within moments of each other: the first notification waits so long, by the wall clock, for the others. */
const groupWaitMs = 15_000;
const rankOf: Readonly<Record<Severity, number>> = { page: 2, ticket: 1 };

/**
 * Which notification an open incident needs now.
 *
 * @param audible Its firing alerts that no silence mutes.
 * @param repeatIntervalOf The repeat interval of a rule, milliseconds.
 * @returns `undefined` for none.
 */
export function notificationDue(
  incident: Incident,
  audible: readonly Alert[],
  repeatIntervalOf: (rule: string) => number,
  wallClock: Instant,
): Exclude<Notification['kind'], 'resolved'> | undefined {
  if (audible.length === 0) return undefined;
  if (incident.notifiedAt === null)
    return wallClock - incident.openedAt >= groupWaitMs ? 'firing' : undefined;
  if (rankOf[highestSeverity(audible)] > rankOf[incident.notifiedSeverity!]) return 'escalated';
  const unacknowledged = audible.filter(({ acknowledged }) => acknowledged === null);
  if (unacknowledged.length === 0) return undefined;
  const intervalMs = Math.min(...unacknowledged.map(({ rule }) => repeatIntervalOf(rule)));
  return wallClock - incident.notifiedAt >= intervalMs ? 'repeated' : undefined;
}

/** The highest severity among some alerts. */
export function highestSeverity(alerts: readonly Pick<Alert, 'severity'>[]): Severity {
  return alerts.some(({ severity }) => severity === 'page') ? 'page' : 'ticket';
}
