import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { until } from '../support/until.ts';
import {
  alertsCli,
  type Instance,
  quarterMs,
  type Receiver,
  receiver,
  secret,
  type Harness,
  startHarness,
  untilEvaluated,
} from './harness.ts';

let hook: Receiver;
let slow: Receiver;
let harness: Harness;

before(async () => {
  hook = await receiver();
  // It never answers the first request.
  slow = await receiver((response, index) => void (index > 0 && response.end('ok')));
  harness = await startHarness(
    `
receivers:
  - { name: on-call, kind: webhook, url: "${hook.url}", secret: "\${TEST_SECRET}" }
  - { name: slow, kind: webhook, url: "${slow.url}", secret: "\${TEST_SECRET}" }
`,
    2,
  );
});

after(async () => {
  await harness?.close();
  hook.close();
  slow.close();
});

const payloads = () =>
  hook.got.map(
    ({ body }) =>
      JSON.parse(body) as {
        type: string;
        data: { alerts: { outcome: string; summary: string; customers: string[] }[] };
      },
  );

test('one spike is one page with two instances, although the leader is killed; its retraction is one notification', async () => {
  const { instances } = harness;
  let leading: boolean[] = [];
  const isOneLeading = async (): Promise<boolean> => {
    leading = await Promise.all(instances.map((one) => one.isLeading()));
    return leading.filter(Boolean).length === 1;
  };
  await until('one of the two to lead', isOneLeading);
  const statusOf = async (instance: Instance): Promise<string | undefined> =>
    (await instance.alerts())[0]?.status;

  const spikeAt = harness.now();
  const lost = Array.from({ length: 40 }, () => spikeAt);
  await harness.write((counting) => counting.name(['customer 1', 'customer 2'], spikeAt));
  await harness.write((counting) => counting.lose(lost));
  await until('it to be pending', async () => (await statusOf(instances[0]!)) === 'pending');
  await untilEvaluated(instances, 5);
  assert.equal(hook.got.length, 0, 'a finding younger than a minute sends nothing');
  harness.advance(65_000);
  await until('the page', () => hook.got.length > 0);
  assert.equal(payloads()[0]?.type, 'alert.firing');
  assert.match(payloads()[0]!.data.alerts[0]!.summary, /^40 in .* usual$|^4\d in .* usual$/);
  assert.deepEqual(payloads()[0]!.data.alerts[0]!.customers, ['customer 1', 'customer 2']);
  const { headers, body } = hook.got[0]!;
  new Webhook(secret).verify(body, headers as Record<string, string>);

  const waiting = async (instance: Instance): Promise<readonly string[]> =>
    (await instance.deliveries()).map(({ receiver: name }) => name);
  const isRecorded = async (): Promise<boolean> => {
    const names = await waiting(instances[0]!);
    return names.includes('slow') && !names.includes('on-call');
  };
  await until('the delivery of the page to be recorded', isRecorded);

  // The leader dies while it delivers to another receiver; the other instance continues from the stored state.
  await until('one of the two to lead', isOneLeading);
  const leader = instances[leading.indexOf(true)]!;
  const other = instances[1 - leading.indexOf(true)]!;
  await leader.kill('SIGKILL');
  await until('the other to lead', () => other.isLeading());
  leader.start();
  await leader.ready();

  const alert = (await leader.alerts()).find(({ status }) => status === 'firing');
  const path = `/v1/alerts/${encodeURIComponent(alert!.id)}`;
  // The request goes to an instance that does not lead.
  const acknowledged = await leader.ask(`${path}/ack`, { by: 'ada', note: 'looking' });
  assert.equal(acknowledged.status, 200);
  assert.match((await other.ask(path)).text, /Acknowledged by ada: looking/);
  assert.equal(
    (await leader.ask('/v1/silences', { rule: 'churn-spike', for: '1h', by: 'ada', reason: 'test' })).status,
    201,
  );

  await harness.write((counting) => counting.lose(lost, -1n));
  await until('the rule to find nothing', async () => (await other.alerts())[0]!.keepFiringSince !== null);
  harness.advance(65_000);
  await until('the end', () => hook.got.length > 1);
  await until('all notifications to be delivered', async () => (await waiting(other)).length === 0);
  await untilEvaluated([other], 5);
  assert.deepEqual(
    payloads().map(({ type }) => type),
    ['alert.firing', 'alert.resolved'],
  );
  assert.equal(payloads()[1]!.data.alerts[0]!.outcome, 'retracted');
});

test('a replay over history returns when a rule would have fired', async () => {
  const { rulesFile, spikeBefore } = harness;
  const from = new Date(spikeBefore - 24 * 3_600_000).toISOString();
  const to = new Date(spikeBefore + 24 * 3_600_000).toISOString();
  const output = await alertsCli(
    ['test', '--rules', rulesFile, '--rule', 'churn-spike', '--from', from, '--to', to, '--json'],
    { KAFKA_BROKERS: harness.brokers, TEST_SECRET: secret },
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
