import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, discard } from '@tidemark/kafka/client';
import { until } from '../support/until.ts';
import { type TestBroker, testBroker } from './broker.ts';

let broker: TestBroker;
before(async () => {
  broker = await testBroker();
});
after(() => broker.stop());

const ask = (to: Broker): Promise<unknown> => to.listOffsets({ isolationLevel: 0, topics: [] });
const sockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

test('connections that were closed are not opened again by who still has a broker', async () => {
  await until('the sockets of the start to be gone', () => sockets() === 0);
  const cluster = broker.client.newCluster();
  await cluster.connect();
  await cluster.refreshMetadata();
  const leader = await cluster.findControllerBroker();
  await ask(leader);
  await discard(cluster);
  await assert.rejects(ask(leader), /closed/);
  await until('no socket to be left', () => sockets() === 0);
});

test('the same holds for an admin', async () => {
  await until('the sockets of the test before to be gone', () => sockets() === 0);
  const admin = broker.client.newAdmin();
  await admin.connect();
  await admin.listTopics();
  await discard(admin);
  await assert.rejects(admin.listTopics());
  await until('no socket to be left', () => sockets() === 0);
});

test('requests under way fail when their connections are closed', async () => {
  const cluster = broker.client.newCluster();
  await cluster.connect();
  await cluster.refreshMetadata();
  const leader = await cluster.findControllerBroker();
  const answers = Array.from({ length: 20 }, () => ask(leader));
  const settled = Promise.allSettled(answers);
  await discard(cluster);
  assert.equal((await settled).length, answers.length, 'none is left without an answer');
});
