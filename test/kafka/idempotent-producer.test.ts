import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { newTopic, records, type TestBroker, testBroker } from './broker.ts';

let broker: TestBroker;
before(async () => {
  broker = await testBroker();
});
after(() => broker.stop());

async function read(topic: string, partition: number): Promise<string[]> {
  const values: string[] = [];
  const onRecords = (batch: readonly { value: Buffer | null }[]): void => {
    values.push(...batch.map(({ value }) => String(value)));
  };
  await readPartitionToEnd(broker.client, { topic, partition, from: 0, onRecords });
  return values;
}

test('what is sent at the same time goes together, each partition in the order of the calls', async () => {
  const topic = await newTopic(broker.client, 2);
  const producer = new IdempotentProducer(broker.client);
  const numbers = Array.from({ length: 2_000 }, (_, n) => n);
  await Promise.all(
    numbers.map((n) => producer.send([{ topic, partition: n % 2, records: records(String(n)) }])),
  );
  assert.deepEqual(producer.waiting, { records: 0, bytes: 0 });
  await producer.close();
  assert.deepEqual((await read(topic, 0)).map(Number), numbers.filter((n) => n % 2 === 0)); // prettier-ignore
  assert.deepEqual((await read(topic, 1)).map(Number), numbers.filter((n) => n % 2 === 1)); // prettier-ignore
  await assert.rejects(producer.send([{ topic, partition: 0, records: records('x') }]), {
    code: 'kafka.refused',
  });
});

test('a record the broker will not have fails alone', async () => {
  const topic = await newTopic(broker.client);
  const producer = new IdempotentProducer(broker.client);
  const large = [{ topic, partition: 0, records: [{ key: null, value: Buffer.alloc(2_000_000) }] }];
  const results = await Promise.allSettled([
    producer.send([{ topic, partition: 0, records: records('a') }]),
    producer.send([{ topic, partition: 0, records: [] }]),
  ]);
  assert.ok(results.every(({ status }) => status === 'fulfilled'));
  await assert.rejects(producer.send(large), { code: 'kafka.record-refused' });
  await producer.send([{ topic, partition: 0, records: records('b') }]);
  await producer.close();
  assert.deepEqual(await read(topic, 0), ['a', 'b']);
});
