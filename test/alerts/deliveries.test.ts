import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { until } from '../support/until.ts';
import {
  alertsCli,
  type Got,
  type Receiver,
  receiver,
  type ShownDelivery,
  type Harness,
  startHarness,
} from './harness.ts';

let hook: Receiver;
let failing: Receiver;
let awayPort: number;
let harness: Harness;

before(async () => {
  hook = await receiver();
  // Answers 500, then nothing, then 200.
  failing = await receiver((response, index) => {
    if (index === 0) response.writeHead(500).end('out of order');
    else if (index > 1) response.end('ok');
  });
  awayPort = await freePort();
  harness = await startHarness(
    `
receivers:
  - { name: on-call, kind: webhook, url: "${hook.url}", secret: "\${TEST_SECRET}" }
  - { name: failing, kind: webhook, url: "${failing.url}", secret: "\${TEST_SECRET}" }
  - { name: away, kind: webhook, url: "http://127.0.0.1:${awayPort}/", secret: "\${TEST_SECRET}" }
`,
    1,
  );
});

after(async () => {
  await harness?.close();
  hook.close();
  failing.close();
});

test('a receiver that failed gets the notification later under the same id; one that is down gets it after a retry of dead letters', async () => {
  const instance = harness.instances[0]!;
  const spikeAt = harness.now();
  const lost = Array.from({ length: 40 }, () => spikeAt);
  await harness.write((counting) => counting.lose(lost));
  await until('the spike to be pending', async () => (await instance.alerts())[0]?.status === 'pending');
  harness.advance(65_000);
  await until('the page', () => hook.got.length === 1);
  await harness.write((counting) => counting.lose(lost, -1n));
  await until('the rule to find nothing', async () => (await instance.alerts())[0]!.keepFiringSince !== null);
  harness.advance(65_000);
  await until('its end', () => hook.got.length === 2);

  const keys = (got: readonly Got[]): unknown[] => got.map(({ headers }) => headers['webhook-id']);
  // It gets the start at least three times, then the end, in this order and each under its own id.
  await until('the failing receiver to get the end', () => new Set(keys(failing.got)).size === 2);
  const [first, ...others] = keys(failing.got);
  assert.equal(first, `${String(keys(hook.got)[0]).slice(0, -'on-call'.length)}failing`);
  assert.ok(others.filter((key) => key === first).length >= 2);
  assert.equal(others.at(-1), `${String(keys(hook.got)[1]).slice(0, -'on-call'.length)}failing`);

  const deadOnes = async (): Promise<readonly ShownDelivery[]> =>
    (await instance.deliveries()).filter(
      ({ status, receiver: name }) => status === 'dead' && name === 'away',
    );
  await until('both notifications to be dead letters', async () => (await deadOnes()).length === 2, 90_000);
  const dead = await deadOnes();
  assert.match(dead[0]!.lastReason, /ECONNREFUSED/);
  const back = await receiver(undefined, awayPort);
  const output = await alertsCli(['retry-dead-letters', '--receiver', 'away'], { ALERTS_URL: instance.url });
  assert.equal(output, '2 dead letters are retried.\n');
  await until('the dead letters', () => back.got.length === 2);
  assert.deepEqual(new Set(keys(back.got)), new Set(dead.map(({ id }) => id)));
  back.close();
});
