import { httpReceiverKind, type Outgoing } from '../receiver.ts';

/** Alertmanager resolves a firing alert by itself when it is not posted again until then. */
const expiryMs = 7 * 86_400_000;

/** An Alertmanager of Prometheus. It identifies an alert by its labels, and resolves it at `endsAt`. */
export const receiver = httpReceiverKind<{ readonly url: string }>({
  kind: 'alertmanager',
  summary: 'An Alertmanager of Prometheus, which then does the routing.',
  required: ['url'],
  fields: {
    url: { type: 'string', description: 'Its alerts API, e.g. `http://alertmanager:9093/api/v2/alerts`.' },
  },
  parse: (fields) => ({ url: fields.url('url') }),
  format: ({ url }, outgoing) => ({ url, headers: {}, body: bodyOf(outgoing) }),
});

function bodyOf({ notification, message, now }: Outgoing): string {
  const alerts = message.alerts.map(({ alert, title, summary, contributors, dashboard, runbook }) => ({
    labels: {
      ...alert.labels,
      alertname: alert.rule,
      severity: alert.severity,
      group: notification.incident.group,
    },
    annotations: { title, summary, contributors: contributors.join('\n'), runbook_url: runbook },
    startsAt: new Date(alert.firedAt ?? alert.pendingAt).toISOString(),
    endsAt: new Date(
      alert.status === 'resolved' ? Math.max(alert.resolvedAt ?? now, 1) : now + expiryMs,
    ).toISOString(),
    generatorURL: dashboard,
  }));
  return JSON.stringify(alerts);
}
