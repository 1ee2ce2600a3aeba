import { plainTextOf } from '../../deliver/message.ts';
import { highestSeverity } from '../../lifecycle/notification-policy.ts';
import { httpReceiverKind, type Outgoing } from '../receiver.ts';

const eventsApi = 'https://events.pagerduty.com/v2/enqueue';
/** PagerDuty refuses a longer summary. */
const summaryMax = 1_000;

/** A service of PagerDuty. One incident of ours is one of PagerDuty's, by its `dedup_key`. */
export const receiver = httpReceiverKind<{ readonly url: string; readonly routingKey: string }>({
  kind: 'pagerduty',
  summary:
    'A service of PagerDuty, by the Events API v2; an incident is triggered and resolved under one key.',
  required: ['routing_key'],
  fields: {
    routing_key: { type: 'string', description: 'Integration key of the service.' },
    url: { type: 'string', description: `Where to post; ${eventsApi} when left out.` },
  },
  parse: (fields) => ({
    url: fields.has('url') ? fields.url('url') : eventsApi,
    routingKey: fields.text('routing_key'),
  }),
  format: ({ url, routingKey }, outgoing) => ({ url, headers: {}, body: bodyOf(routingKey, outgoing) }),
});

function bodyOf(routingKey: string, { notification, message }: Outgoing): string {
  const { id: incident, group } = notification.incident;
  const first = message.alerts[0];
  const isResolved = notification.kind === 'resolved';
  const trigger = {
    payload: {
      summary: message.subject.slice(0, summaryMax),
      source: 'tidemark',
      severity: highestSeverity(notification.alerts) === 'page' ? 'critical' : 'warning',
      timestamp: new Date(notification.at).toISOString(),
      component: group,
      group,
      custom_details: { text: plainTextOf(message) },
    },
    links:
      first === undefined
        ? []
        : [
            { href: first.dashboard, text: 'dashboard' },
            { href: first.runbook, text: 'runbook' },
          ],
  };
  return JSON.stringify({
    routing_key: routingKey,
    event_action: isResolved ? 'resolve' : 'trigger',
    dedup_key: incident,
    ...(isResolved ? {} : trigger),
  });
}
