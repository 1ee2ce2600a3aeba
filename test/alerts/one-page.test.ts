import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../infra/embedded/ports.ts';
import { topics } from '../../infra/kafka/topics.ts';
import { ensureTopics } from '../../services/kafka/admin.ts';
import { openKafka } from '../../services/kafka/client.ts';
import { kafkaSettings } from '../../services/kafka/settings.ts';
import { createLog } from '../../services/kit/log.ts';
import { readSettings } from '../../services/kit/settings.ts';
import { backend, type Closable, type KafkaServer } from '../support/backend.ts';
import { Counting, Instance, partitions, quarterMs, receiver } from './stage.ts';

const secret = `whsec_${Buffer.from('a secret of the test, long enough').toString('base64')}`;
const rules = (url: string): string => `
receivers:
  - { name: on-call, kind: webhook, url: "${url}", secret: "\${TEST_SECRET}" }
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
  folder = await mkdtemp(join(tmpdir(), 'alerts-test-'));
  await writeFile(join(folder, 'rules.yaml'), rules(hook.url));
  for (let index = 0; index < 2; index++)
    instances.push(
      new Instance(await freePort(), {
        KAFKA_BROKERS: brokers,
        ALERTS_RULES: join(folder, 'rules.yaml'),
        ALERTS_LOOK_EVERY: '500ms',
        ALERTS_ALLOW_PRIVATE: 'true',
        TEST_SECRET: secret,
      }),
    );
});

after(async () => {
  clearInterval(beating);
  await Promise.all(instances.map((instance) => instance.kill('SIGKILL')));
  await counting.close();
  hook.server.close();
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

const told = () =>
  hook.got.map(
    ({ body }) =>
      JSON.parse(body) as {
        type: string;
        data: { alerts: { outcome: string; summary: string; customers: string[] }[] };
      },
  );

test('one spike is one page, with two instances, a kill -9 of the one that told it and a restart; its cause taken back is told once', async () => {
  const now = Date.now();
  // Seventy days with a customer lost every other hour.
  const history = Array.from({ length: 70 * 12 }, (_, index) => now - 2 * quarterMs - index * 7_200_000);
  await counting.lose(history);
  let work: Promise<void> = counting.progress(Date.now());
  // One transaction at a time.
  const inTurn = (write: () => Promise<void>): Promise<void> => {
    const before = work;
    work = (async () => {
      await before;
      await write();
    })();
    return work;
  };
  beating = setInterval(() => void inTurn(() => counting.progress(Date.now())), 1_000);
  for (const instance of instances) instance.start();
  await until(
    'both instances ready',
    async () =>
      (await Promise.all(instances.map((one) => one.ask('/ready')))).every(({ status }) => status === 200),
    60_000,
  );
  await until(
    'a leader',
    async () => (await Promise.all(instances.map((one) => one.isLeading()))).includes(true),
    30_000,
  );

  const spikeAt = Date.now();
  const lost = Array.from({ length: 40 }, () => spikeAt);
  await inTurn(() => counting.name(['customer 1', 'customer 2'], spikeAt));
  await inTurn(() => counting.lose(lost));
  await until('the page', () => hook.got.length > 0, 120_000);
  assert.ok(Date.now() - spikeAt >= 60_000, 'nothing younger than a minute is told');
  assert.equal(told()[0]?.type, 'alert.firing');
  assert.match(told()[0]!.data.alerts[0]!.summary, /^40 in .* usual$|^4\d in .* usual$/);
  assert.deepEqual(told()[0]!.data.alerts[0]!.customers, ['customer 1', 'customer 2']);
  const { headers, body } = hook.got[0]!;
  new Webhook(secret).verify(body, headers as Record<string, string>);

  // The one that told it dies at once; the other goes on with what is stored.
  let leading: boolean[] = [];
  const isOneLeading = async (): Promise<boolean> => {
    leading = await Promise.all(instances.map((one) => one.isLeading()));
    return leading.filter(Boolean).length === 1;
  };
  await until('one of the two to lead', isOneLeading, 30_000);
  const leader = instances[leading.indexOf(true)]!;
  const other = instances[1 - leading.indexOf(true)]!;
  await leader.kill('SIGKILL');
  await until('the other to lead', () => other.isLeading(), 60_000);
  leader.start();
  await until('the restarted one', async () => (await leader.ask('/ready')).status === 200, 60_000);

  const { text } = await leader.ask('/v1/alerts?status=firing');
  const [alert] = (JSON.parse(text) as { alerts: { id: string }[] }).alerts;
  const path = `/v1/alerts/${encodeURIComponent(alert!.id)}`;
  // Asked of the one that does not lead.
  const acknowledged = await leader.ask(`${path}/ack`, { by: 'ada', note: 'looking' });
  assert.equal(acknowledged.status, 200);
  assert.match((await other.ask(path)).text, /ada is on it: looking/);
  assert.equal(
    (await leader.ask('/v1/silences', { rule: 'churn-spike', for: '1h', by: 'ada', reason: 'test' })).status,
    201,
  );

  await inTurn(() => counting.lose(lost, -1n));
  await until('the end', () => hook.got.length > 1, 120_000);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  assert.deepEqual(
    told().map(({ type }) => type),
    ['alert.firing', 'alert.resolved'],
  );
  assert.equal(told()[1]!.data.alerts[0]!.outcome, 'taken back');
});
