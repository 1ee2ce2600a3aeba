/** What a processor does about a state that is not its own, or is damaged: on a real broker, as a process. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Kafka, logLevel } from '../../packages/kafka/kafkajs.ts';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { ensureTopics } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { topics } from '@tidemark/topics/topics';
import { freePort } from '../../infra/local/embedded/ports.ts';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { TaskStore } from '../../services/processor/store.ts';
import { clientOf } from '../kafka/broker.ts';
import { backend, type KafkaServer } from '../support/backend.ts';
import { Member, sendsOf } from '../support/pipeline.ts';
import { until } from '../support/until.ts';

const codec = factBlockCodec();
let kafka: KafkaServer & { close: () => Promise<void> };
let client: KafkaClient;
let folder: string;
let processor: Member;
let port: number;

before(async () => {
  kafka = await backend({ only: 'kafka' });
  client = clientOf(kafka.brokers.join(','));
  folder = await mkdtemp(join(tmpdir(), 'tidemark-state-'));
  await ensureTopics(client, topics(2));
  port = await freePort();
  processor = memberOf('processor-1', port);
  processor.start();
  await processor.ready();
  await publish(40, 'started');
  await until('40 customers', async () => (await customers()) === 40, 30_000);
});

after(async () => {
  await processor.stop();
  await kafka.close();
  await rm(folder, { recursive: true, force: true });
});

function memberOf(name: string, ownPort: number, env: Readonly<Record<string, string>> = {}): Member {
  return new Member({
    service: 'processor',
    name,
    port: ownPort,
    env: {
      KAFKA_BROKERS: kafka.brokers.join(','),
      STATE_DIR: join(folder, 'state'),
      PROCESSOR_PORT: String(ownPort),
      LOG_LEVEL: 'info',
      ...env,
    },
    logFile: join(folder, `${name}.log`),
  });
}

async function publish(count: number, verb: 'started' | 'renewed'): Promise<void> {
  const at = new Date(Date.now() - 1_000).toISOString();
  const events = Array.from({ length: count }, (_, index) => ({
    event_id: `${verb}-${index}`,
    type: `subscription.${verb}`,
    occurred_at: at,
    customer_id: `c${index}`,
    subscription_id: 's',
    plan_id: 'basic',
    interval: 'month',
    unit_amount: 1_000,
    currency: 'USD',
  }));
  const producer = new IdempotentProducer(client);
  await producer.send(sendsOf(events as never, 2, 'test'));
  await producer.close();
}

/** Customers won less customers lost, over all facts published. */
async function customers(partitions = 2): Promise<number> {
  let sum = 0;
  for (let partition = 0; partition < partitions; partition++)
    await readPartitionToEnd(client, {
      topic: 'facts',
      partition,
      from: 0,
      onRecords(records) {
        for (const { key, value } of records)
          if (key?.toString() === 'customer_movement' && value !== null)
            for (const { sign } of codec.decode('customer_movement', value).facts) sum += sign;
      },
    });
  return sum;
}

/** Starts a processor that is to be refused, and gives its log once it has ended. */
async function refused(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const member = memberOf(name, await freePort(), env);
  const exited = new Promise<Exit>((resolve) => {
    member.onExit = resolve;
  });
  member.start();
  await exited;
  return readFile(join(folder, `${name}.log`), 'utf8');
}

test('a second processor on the same state directory is refused, with advice', async () => {
  assert.match(await refused('second'), /in use by process \d+.*STATE_DIR of its own/);
  assert.ok(await processor.isReady());
});

test('a store that is damaged is rebuilt from the changelog by itself, and nothing counts twice', async () => {
  await processor.stop();
  for (const partition of ['0', '1']) {
    const path = join(folder, 'state', 'tidemark-processor', partition);
    const manifest = (await readdir(path)).find((file) => file.startsWith('MANIFEST'))!;
    await writeFile(join(path, manifest), 'damaged');
  }
  processor.start();
  await processor.ready();
  const log = await readFile(join(folder, 'processor-1.log'), 'utf8');
  assert.equal(log.split('thrown away and rebuilt').length - 1, 2, 'each partition once');
  await publish(41, 'renewed');
  await until('the customer that is new', async () => (await customers()) >= 41, 30_000);
  assert.equal(await customers(), 41);
});

test('another setting of a definition is refused, and ends the process', async () => {
  await processor.stop();
  assert.match(
    await refused('changed', { CART_ABANDON_AFTER: '60m' }),
    /counted by other definitions.*quietMs=1800000/,
  );
});

test('another application on the same topics is refused', async () => {
  const log = await refused('other', { APPLICATION_ID: 'other', STATE_DIR: join(folder, 'other') });
  assert.match(log, /APPLICATION_ID=tidemark-processor.*count everything twice/);
});

test('a store that holds more than its changelog is refused and left as it is', async () => {
  const path = join(folder, 'state', 'tidemark-processor', '0');
  const store = await TaskStore.open(path);
  const position = store.position!;
  await store.flush({ ...position, state: position.state + 1_000_000 });
  await store.close();
  assert.match(await refused('ahead'), /the topic has lost its end.*only complete copy/);
  const again = await TaskStore.open(path);
  assert.equal(again.position?.state, position.state + 1_000_000);
  await again.flush(position);
  await again.close();
});

test('more partitions than the state was made with are refused before anything is counted', async () => {
  assert.match(await grown(4), /4 partitions and the state was made with 2/);
  assert.equal(await customers(4), 41);
});

/** Gives all topics so many partitions, and starts a processor that has no state of its own. */
async function grown(partitions: number): Promise<string> {
  const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const names = topics(2).flatMap(({ name, partitions: now }) => (now === 2 ? [name] : []));
  await admin.createPartitions({ topicPartitions: names.map((topic) => ({ topic, count: partitions })) });
  await admin.disconnect();
  return refused('grown', { STATE_DIR: join(folder, 'grown') });
}
