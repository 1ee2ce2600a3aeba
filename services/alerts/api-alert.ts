import type { Alert } from './lifecycle/alert.ts';

/** An instant as RFC 3339 text. */
export const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** An alert as the API and `alerts test --json` return it: its instants are texts. */
export function apiAlert(alert: Alert): object {
  const { finding, worst, timeline, acknowledged, ...rest } = alert;
  return {
    ...rest,
    pendingAt: iso(rest.pendingAt),
    firedAt: iso(rest.firedAt),
    keepFiringSince: iso(rest.keepFiringSince),
    resolvedAt: iso(rest.resolvedAt),
    finding: { ...finding, from: iso(finding.from), to: iso(finding.to) },
    worst: { ...worst, from: iso(worst.from), to: iso(worst.to) },
    acknowledged: acknowledged === null ? null : { ...acknowledged, at: iso(acknowledged.at) },
    timeline: timeline.map(({ at, ...entry }) => ({ at: iso(at), ...entry })),
  };
}
