import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { topics } from '@tidemark/topics/topics';
import { ensureTopics } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import { Counting, type Got, Instance, partitions, quarterMs, receiver } from './harness.ts';

const secret = `whsec_${Buffer.from('a secret of the test, long enough').toString('base64')}`;
const rules = (onCall: string, failing: string, away: string): string => `
receivers:
  - { name: on-call, kind: webhook, url: "${onCall}", secret: "\${TEST_SECRET}" }
  - { name: failing, kind: webhook, url: "${failing}", secret: "\${TEST_SECRET}" }
  - { name: away, kind: webhook, url: "${away}", secret: "\${TEST_SECRET}" }
rules:
  - name: churn-spike
    title: More customers lost than usual
    kind: spike
    severity: page
    series: customers_lost
    windows: [15m, 1h]
    at_least: 10
    times: 3
`;

let kafka: KafkaServer & Closable;
let counting: Counting;
let folder: string;
let hook: Awaited<ReturnType<typeof receiver>>;
let failing: Awaited<ReturnType<typeof receiver>>;
let awayPort: number;
let beating: NodeJS.Timeout;
const instances: Instance[] = [];

before(async () => {
  kafka = await backend({ only: 'kafka' });
  const brokers = kafka.brokers.join(',');
  const client = openKafka(
    readSettings(kafkaSettings, { KAFKA_BROKERS: brokers }),
    createLog('test', 'silent'),
  );
  await ensureTopics(client, topics(partitions));
  counting = new Counting(client);
  await counting.begin();
  hook = await receiver();
  // Answers 500, then nothing, then 200.
  failing = await receiver((response, index) => {
    if (index === 0) response.writeHead(500).end('out of order');
    else if (index > 1) response.end('ok');
  });
  awayPort = await freePort();
  folder = await mkdtemp(join(tmpdir(), 'alerts-test-'));
  await writeFile(join(folder, 'rules.yaml'), rules(hook.url, failing.url, `http://127.0.0.1:${awayPort}/`));
  for (let index = 0; index < 2; index++)
    instances.push(
      new Instance(await freePort(), {
        KAFKA_BROKERS: brokers,
        ALERTS_RULES: join(folder, 'rules.yaml'),
        ALERTS_EVALUATION_INTERVAL: '500ms',
        ALERTS_ALLOW_PRIVATE: 'true',
        ALERTS_DELIVERY_TIMEOUT: '25s',
        TEST_SECRET: secret,
      }),
    );
});

after(async () => {
  clearInterval(beating);
  await Promise.all(instances.map((instance) => instance.kill('SIGKILL')));
  await counting.close();
  for (const { server } of [hook, failing]) {
    server.closeAllConnections();
    server.close();
  }
  await kafka.close();
  await rm(folder, { recursive: true, force: true });
});

async function until(what: string, isSo: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const payloads = () =>
  hook.got.map(
    ({ body }) =>
      JSON.parse(body) as {
        type: string;
        data: { alerts: { outcome: string; summary: string; customers: string[] }[] };
      },
  );

/** How far the data are behind the wall clock. While it shrinks, event time runs faster, as in a catch-up. */
let behindMs = 150_000;
const eventTime = (): number => Date.now() - behindMs;

const spikeBefore = Date.now() - 48 * 3_600_000;

/** The output of a command. */
async function alertsCli(args: readonly string[], environment: Record<string, string>): Promise<string> {
  const cli = fileURLToPath(new URL('../../services/alerts/cli.ts', import.meta.url));
  const env = { ...process.env, ...environment };
  return (await promisify(execFile)(process.execPath, [cli, ...args], { env })).stdout;
}

type Shown = { readonly id: string; readonly status: string; readonly keepFiringSince: string | null };

test('one spike is one page with two instances, although the leader is killed; its retraction is one notification', async () => {
  const now = eventTime();
  // In seventy days one customer is lost every other hour.
  const history = Array.from({ length: 70 * 12 }, (_, index) => now - 2 * quarterMs - index * 7_200_000);
  // A spike of two days ago must not fire now.
  await counting.lose([...history, ...Array.from({ length: 30 }, () => spikeBefore)]);
  let work: Promise<void> = counting.progress(now);
  // One transaction at a time.
  const inTurn = (write: () => Promise<void>): Promise<void> => {
    const before = work;
    work = (async () => {
      await before;
      await write();
    })();
    return work;
  };
  beating = setInterval(() => void inTurn(() => counting.progress(eventTime())), 500);
  for (const instance of instances) instance.start();
  const areReady = async (): Promise<boolean> =>
    (await Promise.all(instances.map((one) => one.ask('/ready')))).every(({ status }) => status === 200);
  await until('both instances ready', areReady, 60_000);
  let leading: boolean[] = [];
  const isOneLeading = async (): Promise<boolean> => {
    leading = await Promise.all(instances.map((one) => one.isLeading()));
    return leading.filter(Boolean).length === 1;
  };
  await until('one of the two to lead', isOneLeading, 30_000);
  const alertsOf = async (instance: Instance): Promise<readonly Shown[]> => {
    const { text } = await instance.ask('/v1/alerts');
    return text === '' ? [] : (JSON.parse(text) as { alerts: Shown[] }).alerts;
  };

  const spikeAt = eventTime();
  const lost = Array.from({ length: 40 }, () => spikeAt);
  await inTurn(() => counting.name(['customer 1', 'customer 2'], spikeAt));
  await inTurn(() => counting.lose(lost));
  await until('it to be seen', async () => (await alertsOf(instances[0]!))[0]?.status === 'pending', 30_000);
  await until('it to be looked at again', () => eventTime() > spikeAt + 5_000, 30_000);
  assert.equal(hook.got.length, 0, 'a finding younger than a minute sends nothing');
  behindMs -= 65_000;
  await until('the page', () => hook.got.length > 0, 60_000);
  assert.equal(payloads()[0]?.type, 'alert.firing');
  assert.match(payloads()[0]!.data.alerts[0]!.summary, /^40 in .* usual$|^4\d in .* usual$/);
  assert.deepEqual(payloads()[0]!.data.alerts[0]!.customers, ['customer 1', 'customer 2']);
  const { headers, body } = hook.got[0]!;
  new Webhook(secret).verify(body, headers as Record<string, string>);

  const isRecorded = async (): Promise<boolean> => {
    const { text } = await instances[0]!.ask('/v1/deliveries');
    return text.includes('/1/failing') && !text.includes('/1/on-call');
  };
  await until('the delivery of the page to be recorded', isRecorded, 30_000);

  // The leader dies while it delivers to another receiver; the other instance continues from the stored state.
  await until('one of the two to lead', isOneLeading, 30_000);
  const leader = instances[leading.indexOf(true)]!;
  const other = instances[1 - leading.indexOf(true)]!;
  await leader.kill('SIGKILL');
  await until('the other to lead', () => other.isLeading(), 60_000);
  leader.start();
  await until('the restarted one', async () => (await leader.ask('/ready')).status === 200, 60_000);

  const alert = (await alertsOf(leader)).find(({ status }) => status === 'firing');
  const path = `/v1/alerts/${encodeURIComponent(alert!.id)}`;
  // The request goes to an instance that does not lead.
  const acknowledged = await leader.ask(`${path}/ack`, { by: 'ada', note: 'looking' });
  assert.equal(acknowledged.status, 200);
  assert.match((await other.ask(path)).text, /Acknowledged by ada: looking/);
  assert.equal(
    (await leader.ask('/v1/silences', { rule: 'churn-spike', for: '1h', by: 'ada', reason: 'test' })).status,
    201,
  );

  await inTurn(() => counting.lose(lost, -1n));
  const isClear = async (): Promise<boolean> => (await alertsOf(other))[0]!.keepFiringSince !== null;
  await until('the rule to find nothing', isClear, 30_000);
  behindMs -= 65_000;
  await until('the end', () => hook.got.length > 1, 60_000);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  assert.deepEqual(
    payloads().map(({ type }) => type),
    ['alert.firing', 'alert.resolved'],
  );
  assert.equal(payloads()[1]!.data.alerts[0]!.outcome, 'retracted');
});

test('a receiver that failed gets the notification later under the same id; one that is down gets it after a retry of dead letters', async () => {
  const keys = (got: readonly Got[]): unknown[] => got.map(({ headers }) => headers['webhook-id']);
  // It gets the start at least three times, then the end, in this order and each under its own id.
  await until('the failing receiver to get the end', () => new Set(keys(failing.got)).size === 2, 60_000);
  const [first, ...others] = keys(failing.got);
  assert.equal(first, `${String(keys(hook.got)[0]).slice(0, -'on-call'.length)}failing`);
  assert.ok(others.filter((key) => key === first).length >= 2);
  assert.equal(others.at(-1), `${String(keys(hook.got)[1]).slice(0, -'on-call'.length)}failing`);

  const deadOnes = async (): Promise<readonly { id: string; lastReason: string }[]> => {
    const { text } = await instances[0]!.ask('/v1/deliveries');
    const { deliveries } = JSON.parse(text) as {
      deliveries: { id: string; status: string; receiver: string; lastReason: string }[];
    };
    return deliveries.filter(({ status, receiver: name }) => status === 'dead' && name === 'away');
  };
  await until('both notifications to be dead letters', async () => (await deadOnes()).length === 2, 90_000);
  const dead = await deadOnes();
  assert.match(dead[0]!.lastReason, /ECONNREFUSED/);
  const back = await receiver(undefined, awayPort);
  const output = await alertsCli(['retry-dead-letters', '--receiver', 'away'], {
    ALERTS_URL: instances[0]!.url,
  });
  assert.equal(output, '2 dead letters are retried.\n');
  await until('the dead letters', () => back.got.length === 2, 30_000);
  assert.deepEqual(new Set(keys(back.got)), new Set(dead.map(({ id }) => id)));
  back.server.closeAllConnections();
  back.server.close();
});

test('a replay over history returns when a rule would have fired', async () => {
  const from = new Date(spikeBefore - 24 * 3_600_000).toISOString();
  const output = await alertsCli(
    ['test', '--rules', join(folder, 'rules.yaml'), '--rule', 'churn-spike', '--from', from, '--json'],
    { KAFKA_BROKERS: kafka.brokers.join(','), TEST_SECRET: secret },
  );
  const { alerts, suppressed } = JSON.parse(output) as {
    alerts: { rule: string; firedAt: string; worst: { value: number } }[];
    suppressed: object[];
  };
  assert.deepEqual([alerts.map(({ rule }) => rule), suppressed], [['churn-spike'], []]);
  assert.ok(alerts[0]!.worst.value >= 30);
  const firedAfterMs = Date.parse(alerts[0]!.firedAt) - spikeBefore;
  assert.ok(firedAfterMs > 0 && firedAfterMs <= 2 * quarterMs, `${firedAfterMs} ms after it`);
});
