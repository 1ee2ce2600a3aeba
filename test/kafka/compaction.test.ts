import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { discard } from '@tidemark/kafka/client';
import { fetchFrom } from '../../packages/kafka/fetch-request.ts';
import { decompress } from '../../packages/kafka/codecs/index.ts';
import { decodeRecordBatches, type RecordBatch } from '../../packages/kafka/patched/record-batches.ts';
import { leaderOf, listOffsets } from '@tidemark/kafka/offsets';
import { PartitionFetcher } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { until } from '../support/until.ts';
import { newTopic, records, type TestBroker, testBroker } from './broker.ts';
import { setTransactionVersion } from './features.ts';

let broker: TestBroker;
before(async () => {
  broker = await testBroker();
});
after(async () => {
  await setTransactionVersion(broker.client, 2);
  await broker.stop();
});

/** So few bytes that an answer holds one batch, as it does where a segment of the log ends with an emptied one. */
const oneBatch = 70;

/** What one fetch from `offset` answers, as it lies in the log. */
async function fetchOnce(client: KafkaClient, topic: string, offset: number): Promise<RecordBatch[]> {
  const cluster = client.newCluster();
  try {
    await cluster.connect();
    await cluster.addMultipleTargetTopics([topic]);
    const leader = await cluster.findBroker({ nodeId: leaderOf(cluster, { topic, partition: 0 }) });
    const options = { maxWaitMs: 100, minBytes: 1, maxBytesPerPartition: oneBatch };
    const unchecked = -1;
    const [fetched] = await fetchFrom(
      leader,
      [{ topic, partition: 0, offset, leaderEpoch: unchecked }],
      options,
    );
    return await decodeRecordBatches(fetched!.bytes, decompress);
  } finally {
    await discard(cluster);
  }
}

// Each restart of the processor leaves a producer behind. Compaction keeps the last batch of each producer, for its sequence
// number, and removes the records of the batch. 3 of 6 changelogs could then never be restored: the reader waited for a record
// at the end of a segment, and there was none.
test(
  'a changelog whose batches compaction has emptied is restored to its end',
  { timeout: 120_000 },
  async () => {
    const { client } = broker;
    const topic = await newTopic(client, 1, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'delete.retention.ms': '0',
      'max.compaction.lag.ms': '500',
    });
    // With version 2 the end of a transaction begins a new epoch, so no batch of records is a producer's last one.
    await setTransactionVersion(client, 1);
    // One producer a segment, each writing the keys of the one before.
    for (let n = 0; n < 5; n++) {
      const one = new TransactionalProducer(client, { transactionalId: `${n}-${topic}` });
      await one.fence();
      await one.commit({
        groupId: 'g',
        sends: [{ topic, partition: 0, records: records('a', 'b') }],
        offsets: [],
      });
      await one.close();
      await sleep(150);
    }
    const end = (await listOffsets(client, topic, [0], 'stable-end')).get(0)!;
    await until(
      'compaction',
      async () => {
        const [batch, ...more] = await fetchOnce(client, topic, 0);
        return batch !== undefined && batch.records.length === 0 && more.length === 0;
      },
      60_000,
    );

    const reached = Promise.withResolvers<void>();
    const oneByOne = new PartitionFetcher(client, {
      maxBytesPerPartition: oneBatch,
      onDelivery: ({ nextOffset }) => nextOffset >= end && reached.resolve(),
      onFatal: reached.reject,
    });
    oneByOne.read({ topic, partition: 0 }, 0);
    await reached.promise;
    await oneByOne.stop();

    const keys: string[] = [];
    const position = await readPartitionToEnd(client, {
      topic,
      partition: 0,
      from: 0,
      onRecords: (batch) => void keys.push(...batch.map(({ key }) => String(key))),
      stallMs: 5_000,
    });
    assert.equal(position, end);
    assert.deepEqual(new Set(keys), new Set(['a', 'b']));
  },
);
