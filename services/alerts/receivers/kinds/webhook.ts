import { Webhook } from 'standardwebhooks';
import type { Post } from '../../deliver/http.ts';
import { httpReceiverKind, type Outgoing } from '../receiver.ts';

/** A program of yours that takes the alerts as JSON. */
export const receiver = httpReceiverKind<{ readonly url: string; readonly secret: string }>({
  kind: 'webhook',
  summary: 'The alerts as JSON, signed as [Standard Webhooks](https://www.standardwebhooks.com) specifies.',
  required: ['url', 'secret'],
  fields: {
    url: { type: 'string', description: 'Where to post.' },
    secret: { type: 'string', description: 'Signs each request: a text of yours, or `whsec_` and base64.' },
  },
  parse: (fields) => ({ url: fields.url('url'), secret: fields.text('secret') }),
  format: ({ url, secret }, outgoing) => ({ url, ...signed(secret, outgoing, bodyOf(outgoing)) }),
});

/**
 * `webhook-id` is the idempotency key, `webhook-timestamp` the time of the attempt, `webhook-signature` an HMAC-SHA256
 * over both and the body.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function signed(secret: string, { id, now }: Outgoing, body: string): Omit<Post, 'url'> {
  const key = new Webhook(secret.startsWith('whsec_') ? secret : Buffer.from(secret).toString('base64'));
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1_000)),
    'webhook-signature': key.sign(id, new Date(now), body),
    'idempotency-key': id,
  };
  return { headers, body };
}

function bodyOf({ notification, message }: Outgoing): string {
  return JSON.stringify({
    type: `alert.${notification.kind}`,
    timestamp: new Date(notification.at).toISOString(),
    data: {
      incident: notification.incident.id,
      group: notification.incident.group,
      subject: message.subject,
      alerts: message.alerts.map(({ alert, title, summary, since, dashboard, runbook }) => ({
        id: alert.id,
        rule: alert.rule,
        labels: alert.labels,
        severity: alert.severity,
        status: alert.status,
        outcome: alert.outcome,
        value: alert.worst.value,
        expected: alert.worst.expected,
        unit: alert.worst.unit,
        title,
        summary,
        since,
        contributors: alert.contributors,
        customers: alert.customers,
        dashboard,
        runbook,
      })),
    },
  });
}
