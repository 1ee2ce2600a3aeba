/**
 * `npm run test:cluster`: the Kafka layer and the whole pipeline on three brokers with TLS and login, while brokers are killed,
 * halted and started again.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer } from 'node:tls';
import { clusterId, withAdmin } from '@tidemark/kafka/admin';
import { discard, type KafkaClient } from '@tidemark/kafka/client';
import { type Group, runGroup } from '@tidemark/kafka/group';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { followPartitions } from '@tidemark/kafka/restore';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { isFailure } from '@tidemark/service/failures';
import { clientOf, newTopic, records } from '../kafka/broker.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type KafkaCluster, startKafkaCluster } from '../support/kafka-cluster.ts';
import type { KillableServer } from '../support/killable-server.ts';
import { until } from '../support/until.ts';

let folder: string;
let cluster: KafkaCluster;
let client: KafkaClient;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cluster-'));
  cluster = await startKafkaCluster(folder);
  client = clientOf(cluster.addresses.join(','), cluster.settings);
});
after(async () => {
  await Promise.all(cluster?.brokers.map((broker) => broker.kill()) ?? []);
  await rm(folder, { recursive: true, force: true });
});

const brokerOf = (number: number): KillableServer => cluster.brokers[number - 1]!;

/** Why one cannot connect: the code and one sentence. */
async function refusalOf(given: KafkaClient): Promise<string> {
  const error = await clusterId(given).then(
    () => assert.fail('connected'),
    (thrown: unknown) => thrown,
  );
  assert(isFailure(error), String(error));
  assert.doesNotMatch(error.what, /\n/);
  return `${error.code}: ${error.what}`;
}

test('who cannot connect reads why in one sentence, with the setting to look at', async () => {
  const { settings } = cluster;
  const addresses = cluster.addresses.join(',');
  const other = await makeCertificate(folder, 'other');
  const cases: readonly [string, Record<string, string>, RegExp][] = [
    [
      addresses,
      { ...settings, KAFKA_SASL_PASSWORD: 'wrong' },
      /^kafka\.refused: .*invalid credentials.*; look at KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD$/,
    ],
    [
      addresses,
      { ...settings, KAFKA_SASL_MECHANISM: 'plain' },
      /^kafka\.refused: .*does not support the requested SASL mechanism; look at KAFKA_SASL_MECHANISM$/,
    ],
    [
      addresses,
      { ...settings, KAFKA_SSL_CA_FILE: other.authority },
      /^kafka\.unavailable: .*(self-signed|verify).*; look at the certificates .* KAFKA_SSL_CA_FILE$/,
    ],
    [addresses, { ...settings, KAFKA_SSL: 'false' }, /; does the port speak TLS as KAFKA_SSL says\?$/],
    ['no-such-host.invalid:9092', settings, /(ENOTFOUND|EAI_AGAIN).*; is the name right, in KAFKA_BROKERS/],
  ];
  for (const [brokers, given, sentence] of cases)
    assert.match(await refusalOf(clientOf(brokers, given)), sentence);
});

test('an expired certificate is called so', async () => {
  const expired = await makeCertificate(folder, 'expired', { startsDaysAgo: 3, days: 1 });
  const server = createServer({ pfx: await readFile(expired.keyStore), passphrase: expired.password });
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const settings = { ...cluster.settings, KAFKA_SSL_CA_FILE: expired.authority };
  assert.match(
    await refusalOf(clientOf(`127.0.0.1:${port}`, settings)),
    /^kafka\.unavailable: .*certificate has expired; look at the certificates of the brokers and at KAFKA_SSL_CA_FILE$/,
  );
  server.close();
});

test('one partition without a leader leaves reading and writing of the others running', async () => {
  const topic = 'one-copy-each';
  await withAdmin(client, 'making a topic', async (admin) => {
    const replicaAssignment = [1, 2].map((number) => ({ partition: number - 1, replicas: [number] }));
    const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
    await admin.createTopics({ topics: [{ topic, replicaAssignment, configEntries }] });
  });
  const seen: string[][] = [[], []];
  const following = await followPartitions(client, {
    topic,
    partitions: [0, 1],
    onDelivery: ({ partition, records: some }) =>
      void seen[partition]!.push(...some.map(({ value }) => String(value))),
    onFatal: (error) => assert.fail(String(error)),
  });
  const producer = new IdempotentProducer(client, 240_000);
  const send = (partition: number, text: string): Promise<void> =>
    producer.send([{ topic, partition, records: records(text) }]);
  await Promise.all([send(0, 'a'), send(1, 'a')]);

  await brokerOf(1).kill();
  let isWaiting = true;
  const waiting = send(0, 'b').then(() => {
    isWaiting = false;
  });
  await send(1, 'b');
  // Connections that are opened only now, while the partition has no leader.
  const fresh = new IdempotentProducer(client, 60_000);
  await fresh.send([{ topic, partition: 1, records: records('c') }]);
  await fresh.close();
  await until('the partition that is led to be read on', () => seen[1]!.length === 3);
  assert.deepEqual([isWaiting, seen[0]], [true, ['a']]);

  await brokerOf(1).start();
  await waiting;
  await until('the other partition to be read on', () => seen[0]!.length === 2);
  assert.deepEqual(seen, [
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]);
  await Promise.all([following.stop(), producer.close()]);
});

/** The broker that coordinates; it has the number of its place in the list. */
async function coordinatorOf(groupId: string, coordinatorType: 0 | 1): Promise<KillableServer> {
  const connections = client.newCluster();
  try {
    await connections.connect();
    await connections.refreshMetadata();
    return brokerOf((await connections.findGroupCoordinator({ groupId, coordinatorType })).nodeId);
  } finally {
    await discard(connections);
  }
}

test('a group and a transaction go on when their coordinators move', { timeout: 300_000 }, async () => {
  const topic = await newTopic(client, 3);
  const [groupId, transactionalId] = ['moved-group', 'moved-transaction'];
  const seen = [0, 0, 0];
  let fatal: unknown;
  const group: Group = runGroup(client, {
    groupId,
    topics: [topic],
    heartbeatMs: 300,
    onAssigned: (partitions) => {
      for (const partition of partitions) group.seek(topic, partition, seen[partition]!);
    },
    onRevoked: () => undefined,
    // Without transactions aborted in between there would be no gaps: positions are kept, not counted.
    onBatch: ({ partition, nextOffset }) => {
      seen[partition] = nextOffset;
    },
    onFatal: (error) => {
      fatal = error;
    },
  });
  let committed = 0;
  /** Commits a record to each partition with the number of the transaction, as a task does: anew after any failure. */
  const commitOnce = async (): Promise<void> => {
    await until(
      'a transaction to be committed',
      async () => {
        const producer = new TransactionalProducer(client, { transactionalId });
        try {
          await producer.fence();
          const [known] = await committedOffsets(client, 'ledger', [{ topic, partition: 0 }]);
          if (known?.offset === committed + 1) return true;
          const sends = [0, 1, 2].map((partition) => ({
            topic,
            partition,
            records: records(`${committed}`),
          }));
          const offsets = [{ topic, partition: 0, offset: committed + 1 }];
          await producer.commit({ sends, offsets, groupId: 'ledger' });
          return true;
        } finally {
          await producer.close();
        }
      },
      120_000,
    );
    committed++;
  };
  await commitOnce();
  for (const find of [() => coordinatorOf(groupId, 0), () => coordinatorOf(transactionalId, 1)]) {
    const broker = await find();
    await broker.kill();
    await commitOnce();
    await commitOnce();
    await broker.start();
  }
  await commitOnce();
  const values: string[][] = [[], [], []];
  const all = await followPartitions(client, {
    topic,
    partitions: [0, 1, 2],
    onDelivery: ({ partition, records: some }) =>
      void values[partition]!.push(...some.map(({ value }) => String(value))),
    onFatal: (error) => assert.fail(String(error)),
  });
  await all.caughtUp;
  const expected = Array.from({ length: committed }, (_, number) => String(number));
  assert.deepEqual(values, [expected, expected, expected]);
  await until('the group to have read on', () => seen.every((offset) => offset >= committed));
  assert.equal(fatal, undefined);
  await Promise.all([all.stop(), group.stop()]);
});
