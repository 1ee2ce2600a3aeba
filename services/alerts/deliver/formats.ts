import { Webhook } from 'standardwebhooks';
import type { Notice } from '../life/episode.ts';
import type { Receiver } from '../rules/rule.ts';
import type { Post } from './http.ts';
import { type Message, textOf } from './message.ts';

/** What is delivered: a message and the delivery's own name. */
export type Parcel = {
  readonly id: string;
  readonly notice: Notice;
  readonly message: Message;
  /** Of the attempt, milliseconds. */
  readonly now: number;
};

/** A receiver that is reached by HTTP. */
export type HttpReceiver = Exclude<Receiver, { readonly kind: 'email' }>;

/** An alert that fires is taken for resolved by Alertmanager when it hears nothing more until then. */
const heardOfAgainMs = 7 * 86_400_000;
/** Slack and PagerDuty refuse longer ones. */
const slackMax = 3_000;
const summaryMax = 1_000;

/** The request that carries a message to a receiver. */
export function postOf(receiver: HttpReceiver, parcel: Parcel): Post {
  switch (receiver.kind) {
    case 'webhook':
      return webhook(receiver.url, receiver.secret, parcel);
    case 'slack':
      return slack(receiver.url, parcel);
    case 'pagerduty':
      return pagerDuty(receiver.url, receiver.routingKey, parcel);
    case 'alertmanager':
      return alertmanager(receiver.url, parcel);
  }
}

/**
 * Signed as Standard Webhooks says: `webhook-id` is the idempotency key, `webhook-timestamp` that of the attempt,
 * `webhook-signature` an HMAC-SHA256 over both and the body.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function webhook(url: string, secret: string, { id, notice, message, now }: Parcel): Post {
  const body = JSON.stringify({
    type: `alert.${notice.kind.replaceAll(' ', '_')}`,
    timestamp: new Date(notice.at).toISOString(),
    data: {
      incident: notice.incident.id,
      group: notice.incident.group,
      subject: message.subject,
      alerts: message.alerts.map(({ episode, ...said }) => ({
        id: episode.id,
        rule: episode.rule,
        labels: episode.labels,
        severity: episode.severity,
        status: episode.status,
        outcome: episode.outcome,
        value: episode.worst.value,
        expected: episode.worst.expected,
        unit: episode.worst.unit,
        title: said.title,
        summary: said.summary,
        since: said.since,
        contributors: episode.contributors,
        customers: episode.customers,
        page: said.page,
        runbook: said.runbook,
      })),
    },
  });
  const key = new Webhook(secret.startsWith('whsec_') ? secret : Buffer.from(secret).toString('base64'));
  const at = new Date(now);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1_000)),
    'webhook-signature': key.sign(id, at, body),
    'idempotency-key': id,
  };
  return { url, headers, body };
}

function slack(url: string, { message }: Parcel): Post {
  const lines = message.alerts.map(({ title, summary, since, contributors, page, runbook }) =>
    [
      `*${escaped(title)}*`,
      escaped(summary),
      `since ${since}`,
      ...contributors.map(escaped),
      `<${page}|page> · <${runbook}|runbook>`,
    ].join('\n'),
  );
  const section = (text: string) => ({
    type: 'section',
    text: { type: 'mrkdwn', text: text.slice(0, slackMax) },
  });
  const blocks = lines.slice(0, 20).map(section);
  return { url, headers: {}, body: JSON.stringify({ text: escaped(message.subject), blocks }) };
}

/** Slack reads these three as markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** One incident is one at PagerDuty, by its `dedup_key`. */
function pagerDuty(url: string, routingKey: string, { notice, message }: Parcel): Post {
  const { id: incident, group } = notice.incident;
  const first = message.alerts[0];
  const isOver = notice.kind === 'resolved';
  const isPage = notice.episodes.some(({ severity }) => severity === 'page');
  const trigger = {
    payload: {
      summary: message.subject.slice(0, summaryMax),
      source: 'tidemark',
      severity: isPage ? 'critical' : 'warning',
      timestamp: new Date(notice.at).toISOString(),
      component: group,
      group,
      custom_details: { text: textOf(message) },
    },
    links:
      first === undefined
        ? []
        : [
            { href: first.page, text: 'page' },
            { href: first.runbook, text: 'runbook' },
          ],
  };
  const body = JSON.stringify({
    routing_key: routingKey,
    event_action: isOver ? 'resolve' : 'trigger',
    dedup_key: incident,
    ...(isOver ? {} : trigger),
  });
  return { url, headers: {}, body };
}

/** Alertmanager knows an alert by its labels; whether it is over, by `endsAt`. */
function alertmanager(url: string, { notice, message, now }: Parcel): Post {
  const alerts = message.alerts.map(({ episode, title, summary, contributors, page, runbook }) => ({
    labels: {
      ...Object.fromEntries(Object.entries(episode.labels).map(([name, value]) => [name, value])),
      alertname: episode.rule,
      severity: episode.severity,
      group: notice.incident.group,
    },
    annotations: { title, summary, contributors: contributors.join('\n'), runbook_url: runbook },
    startsAt: new Date(episode.firedAt ?? episode.pendingAt).toISOString(),
    endsAt: new Date(
      episode.status === 'resolved' ? Math.max(episode.resolvedAt ?? now, 1) : now + heardOfAgainMs,
    ).toISOString(),
    generatorURL: page,
  }));
  return { url, headers: {}, body: JSON.stringify(alerts) };
}
