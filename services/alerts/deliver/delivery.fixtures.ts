/** A notification and the way to a receiver, for the tests of delivery and of each kind of receiver. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import type { Alert, Notification } from '../lifecycle/alert.ts';
import { receiverOf } from '../receivers/index.ts';
import type { Receiver } from '../receivers/receiver.ts';
import type { Rule } from '../rules/rule.ts';
import { notifier, type NotifierOptions } from './notifier.ts';
import { deliveriesOf } from './outbox.ts';

const minute = 60_000;
/** When the notification is made. */
export const at = Date.parse('2026-05-04T10:00:00Z');
const closing: (() => void)[] = [];
after(() => closing.forEach((close) => close()));
/** Closes something when the tests are over. */
export const atEnd = (close: () => void): void => void closing.push(close);

const finding = {
  labels: { segment: 'enterprise' },
  from: at - 20 * minute,
  to: at,
  unit: 'count',
  value: 34,
  expected: 4.2,
  limit: 15,
  below: false,
  chance: 1e-9,
} as const;
/** An alert that fires. */
export const alert: Alert = {
  id: 'churn-spike{segment=enterprise}@2026-05-04T10:00:00.000Z',
  rule: 'churn-spike',
  labels: finding.labels,
  severity: 'page',
  status: 'firing',
  incident: 'churn@2026-05-04T10:00:00.000Z',
  finding,
  worst: finding,
  contributors: [
    { dimension: 'plan', value: 'team', amount: 20 },
    { dimension: 'plan', value: '', amount: 3 },
  ],
  customers: ['c1', 'c2'],
  pendingAt: at - minute,
  firedAt: at,
  keepFiringSince: null,
  resolvedAt: null,
  outcome: null,
  acknowledged: null,
  timeline: [{ at, type: 'firing', text: 'It was pending long enough and fires.' }],
};
/** A notification of that alert. */
export const notificationOf = (kind: Notification['kind'], notificationCount = 1): Notification => ({
  id: `churn@1/${notificationCount}`,
  kind,
  incident: {
    id: 'churn@1',
    group: 'churn',
    status: 'open',
    openedAt: at,
    closedAt: null,
    notifiedAt: at,
    notificationCount,
    notifiedSeverity: 'page',
  },
  alerts: [kind === 'resolved' ? { ...alert, status: 'resolved', resolvedAt: at, outcome: 'ended' } : alert],
  at,
});
const rule = { name: 'churn-spike', title: 'More customers lost than usual', runbook: 'churn-spike' } as Rule;
/** A receiver as the rules file has it, by the name r. */
export const receiverWith = (fields: object): Receiver =>
  receiverOf({ name: 'r', ...fields }, {}, (field, message) => assert.fail(`${field.join('.')}: ${message}`));

function notifierWith(options: Partial<NotifierOptions> = {}) {
  const made = notifier({
    rules: [rule],
    dashboardUrl: new URL('https://page.example/'),
    runbookUrl: new URL('https://runbooks.example/docs'),
    allowPrivate: true,
    now: Date.now,
    timeoutMs: 400,
    ...options,
  });
  closing.push(() => void made.close());
  return made;
}

type Got = { readonly url: string; readonly headers: Record<string, string>; readonly body: string };

/** A server that keeps the requests it gets. */
export async function serve(answer?: RequestListener): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      got.push({ url: request.url ?? '', headers: request.headers as Record<string, string>, body });
      if (answer === undefined) response.end('ok');
      else answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

/** Sends a notification to a receiver, once. */
export const send = (
  to: Receiver,
  kind: Notification['kind'] = 'firing',
  options: Partial<NotifierOptions> = {},
  about: Partial<Notification> = {},
) => {
  const [delivery] = deliveriesOf({ ...notificationOf(kind), ...about }, [to], at);
  return notifierWith(options).deliver(to, delivery!);
};
/** A webhook with a secret. */
export const webhook = (url: string): Receiver =>
  receiverWith({ kind: 'webhook', url, secret: 'my own secret' });

/** What a receiver is sent when the alert fires and when it is over, as JSON. */
export async function bodiesTo(fields: (url: string) => object): Promise<unknown[]> {
  const { url, got } = await serve();
  const to = receiverWith(fields(url));
  await send(to);
  await send(to, 'resolved');
  return got.map(({ body }) => JSON.parse(body) as unknown);
}

/** What a receiver is sent of an alert whose labels a publisher has filled with lines, links and markup of its own. */
export async function forgedTo(fields: (url: string) => object): Promise<string> {
  const { url, got } = await serve();
  const evil = 'team\r\n  runbook: https://evil.example/ *now* <!channel>';
  const forged: Alert = {
    ...alert,
    labels: { segment: evil },
    contributors: [{ dimension: 'plan', value: evil, amount: 1 }],
    customers: [evil],
  };
  await send(receiverWith(fields(url)), 'firing', {}, { alerts: [forged] });
  return got[0]!.body;
}
