import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import type { Alert, Notification } from '../lifecycle/alert.ts';
import { receiverOf } from '../receivers/index.ts';
import type { Receiver } from '../receivers/receiver.ts';
import type { Rule } from '../rules/rule.ts';
import { isPublic } from './addresses.ts';
import { notifier, type NotifierOptions } from './notifier.ts';
import { afterAttempt, deliveriesOf, due, requeued, type Delivery } from './outbox.ts';

const minute = 60_000;
const at = Date.parse('2026-05-04T10:00:00Z');
const closing: (() => void)[] = [];
after(() => closing.forEach((close) => close()));

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
const alert: Alert = {
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
const notificationOf = (kind: Notification['kind'], notificationCount = 1): Notification => ({
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
/** A receiver as the rules file has it. */
const receiver = (fields: object): Receiver =>
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

async function serve(answer?: RequestListener): Promise<{ url: string; got: Got[] }> {
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

const send = (
  to: Receiver,
  kind: Notification['kind'] = 'firing',
  options: Partial<NotifierOptions> = {},
  about: Partial<Notification> = {},
) => {
  const [delivery] = deliveriesOf({ ...notificationOf(kind), ...about }, [to], at);
  return notifierWith(options).deliver(to, delivery!);
};
const webhook = (url: string): Receiver => receiver({ kind: 'webhook', url, secret: 'my own secret' });

test('a webhook is signed, has its idempotency key, and contains value, start, customers and links', async () => {
  const { url, got } = await serve();
  assert.deepEqual(await send(webhook(url)), { status: 'delivered' });
  const { headers, body } = got[0]!;
  const key = new Webhook(Buffer.from('my own secret').toString('base64'));
  const payload = key.verify(body, headers) as {
    type: string;
    data: { subject: string; alerts: Record<string, unknown>[] };
  };
  assert.equal(headers['webhook-id'], 'churn@1/1/r');
  assert.equal(headers['idempotency-key'], 'churn@1/1/r');
  assert.equal(payload.type, 'alert.firing');
  assert.equal(
    payload.data.subject,
    '[FIRING] More customers lost than usual (segment enterprise): 34 in 20 min against 4.2 usual',
  );
  const [alert] = payload.data.alerts;
  assert.equal(alert!['since'], '2026-05-04T09:40:00.000Z');
  assert.equal(alert!['runbook'], 'https://runbooks.example/docs/churn-spike.md');
  assert.match(String(alert!['dashboard']), /^https:\/\/page\.example\/\?from=2026-05-04T09%3A40/);
  assert.deepEqual(alert!['customers'], ['c1', 'c2']);
  assert.throws(() => key.verify(body.replace('34', '35'), headers));
});

test('Slack, PagerDuty and Alertmanager get their own formats, and the resolution too', async () => {
  const { url, got } = await serve();
  const bodies = async (to: Receiver): Promise<unknown[]> => {
    got.length = 0;
    await send(to);
    await send(to, 'resolved');
    return got.map(({ body }) => JSON.parse(body) as unknown);
  };
  const slack = (await bodies(receiver({ kind: 'slack', url }))) as {
    text: string;
    blocks: { text: { type: string; text: string }; elements: { text: string }[] }[];
  }[];
  assert.match(slack[0]!.text, /^\[FIRING\] More customers/);
  assert.match(slack[0]!.blocks[0]!.text.text, /plan: team 20, not given 3\ncustomers: c1, c2$/);
  assert.equal(slack[0]!.blocks[0]!.text.type, 'plain_text');
  assert.match(slack[0]!.blocks[1]!.elements[0]!.text, /^<https:.*\|dashboard> · <https:.*\|runbook>$/);
  const pager = (await bodies(receiver({ kind: 'pagerduty', url, routing_key: 'key' }))) as Record<
    string,
    unknown
  >[];
  assert.deepEqual(
    pager.map((one) => one['event_action']),
    ['trigger', 'resolve'],
  );
  assert.deepEqual(
    pager.map((one) => one['dedup_key']),
    ['churn@1', 'churn@1'],
  );
  assert.equal((pager[0]!['payload'] as Record<string, unknown>)['severity'], 'critical');
  const manager = (await bodies(receiver({ kind: 'alertmanager', url }))) as {
    labels: object;
    endsAt: string;
  }[][];
  assert.deepEqual(manager[0]![0]!.labels, {
    segment: 'enterprise',
    alertname: 'churn-spike',
    severity: 'page',
    group: 'churn',
  });
  assert.deepEqual(manager[0]![0]!.labels, manager[1]![0]!.labels);
  assert.ok(Date.parse(manager[0]![0]!.endsAt) > Date.now());
  assert.equal(manager[1]![0]!.endsAt, new Date(at).toISOString());
});

test('a delivery is retried after 500, 429 and no answer, and refused after 400 and redirects', async () => {
  const answer = (status: number, headers: Record<string, string> = {}) =>
    serve((_request, response) => response.writeHead(status, headers).end('why'));
  const failing = await answer(500);
  assert.deepEqual(await send(webhook(failing.url)), {
    status: 'retry',
    reason: 'the receiver answered 500: why',
  });
  const busy = await answer(429, { 'retry-after': '7' });
  assert.deepEqual(await send(webhook(busy.url)), {
    status: 'retry',
    reason: 'the receiver answered 429: why',
    afterMs: 7_000,
  });
  const strict = await answer(400);
  assert.deepEqual(await send(webhook(strict.url)), {
    status: 'refused',
    reason: 'the receiver answered 400: why',
  });
  const target = await serve();
  const moved = await answer(302, { location: target.url });
  assert.equal((await send(webhook(moved.url))).status, 'refused');
  assert.equal(target.got.length, 0, 'redirects are not followed');
  const hanging = await serve(() => undefined);
  assert.equal((await send(webhook(hanging.url))).status, 'retry');
  const gone = await send(webhook('http://127.0.0.1:1/'));
  assert.equal(gone.status, 'retry');
});

test('private addresses are refused, by number and by name, unless allowed', async () => {
  const { url, got } = await serve();
  for (const one of [
    url,
    url.replace('127.0.0.1', 'localhost'),
    'http://[::1]:9/',
    'http://169.254.169.254/latest',
  ])
    assert.equal((await send(webhook(one), 'firing', { allowPrivate: false })).status, 'refused', one);
  assert.equal(got.length, 0);
  const mail = { kind: 'email', smtp: 'smtp://127.0.0.1:9', from: 'a@example.com', to: ['b@example.com'] };
  assert.equal((await send(receiver(mail), 'firing', { allowPrivate: false })).status, 'refused');
  for (const one of [
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '2002:a00:1::',
    'name',
  ])
    assert.equal(isPublic(one), false, one);
  for (const one of ['93.184.216.34', '172.32.0.1', '2606:4700::1111'])
    assert.equal(isPublic(one), true, one);
});

test('mail has one Message-ID for all attempts; a refusal is final, an error or no answer is retried', async () => {
  const mails: string[] = [];
  const start = async (refusal?: { code: number }): Promise<number> => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) =>
        done(refusal === undefined ? null : Object.assign(new Error('no'), { responseCode: refusal.code })),
      onData: (stream, _session, done) => {
        let mail = '';
        stream.on('data', (part) => (mail += String(part)));
        stream.on('end', () => {
          mails.push(mail);
          done();
        });
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    closing.push(() => server.close(() => undefined));
    return (server.server.address() as AddressInfo).port;
  };
  const mailbox = (port: number): Receiver =>
    receiver({
      kind: 'email',
      smtp: `smtp://127.0.0.1:${port}`,
      from: 'tidemark <alerts@example.com>',
      to: ['ada@example.com'],
    });
  const port = await start();
  assert.deepEqual(await send(mailbox(port)), { status: 'delivered' });
  assert.deepEqual(await send(mailbox(port)), { status: 'delivered' });
  const idOf = (mail: string): string | undefined => /^Message-ID: (.*)$/im.exec(mail)?.[1];
  assert.match(mails[0]!, /^Subject: \[FIRING\] More customers lost/m);
  assert.match(mails[0]!, /runbook: https:\/\/runbooks\.example/);
  assert.equal(idOf(mails[0]!), idOf(mails[1]!));
  assert.equal((await send(mailbox(await start({ code: 550 })))).status, 'refused');
  assert.equal((await send(mailbox(await start({ code: 451 })))).status, 'retry');
  const silent = createTcpServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  closing.push(() => silent.close());
  assert.equal((await send(mailbox((silent.address() as AddressInfo).port))).status, 'retry');
});

test('a password for mail is sent over TLS alone', async () => {
  const logins: unknown[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      logins.push([username, password]);
      done(null, { user: username });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  closing.push(() => server.close(() => undefined));
  const { port } = server.server.address() as AddressInfo;
  const smtp = `smtp://mailer:S3cretPw@127.0.0.1:${port}`;
  const mailbox = receiver({ kind: 'email', smtp, from: 'a@example.com', to: ['b@example.com'] });
  const outcome = await send(mailbox);
  assert.equal(outcome.status, 'refused');
  assert.match('reason' in outcome ? outcome.reason : '', /STARTTLS/);
  assert.deepEqual(logins, []);
});

test('nobody writes lines, links or markup into a notification by an event', async () => {
  const { url, got } = await serve();
  const evil = 'team\r\n  runbook: https://evil.example/ *now* <!channel>';
  const forged: Alert = {
    ...alert,
    labels: { segment: evil },
    contributors: [{ dimension: 'plan', value: evil, amount: 1 }],
    customers: [evil],
  };
  const texts = async (fields: Record<string, unknown>): Promise<string> => {
    got.length = 0;
    await send(receiver(fields), 'firing', {}, { alerts: [forged] });
    return got[0]!.body;
  };
  for (const body of [
    await texts({ kind: 'pagerduty', url, routing_key: 'key' }),
    await texts({ kind: 'slack', url }),
  ]) {
    assert.doesNotMatch(body, /\\r|\\n\s*runbook: https:\/\/evil/);
    assert.doesNotMatch(body, /https:\/\/evil/);
    assert.doesNotMatch(body, /mrkdwn[^}]*evil/);
  }
});

test('attempts back off, partly at random, until the delivery is a dead letter; a command requeues it', () => {
  let delivery: Delivery | undefined = deliveriesOf(
    notificationOf('firing'),
    [webhook('https://x.example')],
    at,
  )[0]!;
  let now = at;
  const waits: number[] = [];
  while (delivery?.status === 'waiting') {
    const before = now;
    now = delivery.nextAt;
    if (now > before) waits.push(now - before);
    delivery = afterAttempt(delivery, { status: 'retry', reason: 'answered 500' }, now, 0.5, 60 * minute);
  }
  assert.deepEqual(waits.slice(0, 4), [1_500, 3_000, 6_000, 12_000]);
  assert.ok(Math.max(...waits) <= 15 * minute);
  assert.equal(delivery?.status, 'dead');
  assert.equal(delivery.lastReason, 'answered 500');
  assert.ok(now - at <= 60 * minute);
  const again = requeued(delivery, now);
  assert.deepEqual(due([again], now), [again]);
  assert.equal(afterAttempt(again, { status: 'delivered' }, now, 0, minute), undefined);
  assert.equal(afterAttempt(again, { status: 'refused', reason: 'no' }, now, 0, minute)?.status, 'dead');
  const asked = afterAttempt(again, { status: 'retry', reason: 'busy', afterMs: 9_000 }, now, 0, minute);
  assert.equal(asked?.nextAt, now + 9_000);
});

test('a receiver gets its oldest notification first; other receivers do not wait for it', () => {
  const [a, b] = [webhook('https://a.example'), { ...webhook('https://b.example'), name: 'b' }];
  const first = deliveriesOf(notificationOf('firing'), [a, b], at);
  const second = deliveriesOf(notificationOf('resolved', 2), [a, b], at);
  const late = { ...first[0]!, nextAt: at + minute };
  assert.deepEqual(due([...second, late, first[1]!], at), [first[1]]);
  assert.deepEqual(due([...second, first[1]!], at), [second[0], first[1]]);
  const tickets: Receiver = { ...a, severities: ['ticket'] };
  assert.deepEqual(deliveriesOf(notificationOf('firing'), [tickets], at), []);
});
