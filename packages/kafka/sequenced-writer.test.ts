import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportedTime } from '@tidemark/service/clocks';
import type { Broker, Cluster, WireRequest } from './client.ts';
import { decompress } from './codecs/index.ts';
import { FlexibleReader } from './flexible-reader.ts';
import { int16, int32, int64, list, noTags, text } from './flexible-writer.ts';
import { decodeRecordBatches } from './patched/record-batches.ts';
import { addToSequence, SequencedWriter } from './sequenced-writer.ts';

type Batch = { topic: string; partition: number; sequence: number; values: string[] };
type Answer = { errorCode: number; writtenAt?: number } | 'none';

/** The bytes of a produce answer (version 9). */
function answerBytes(batches: readonly (Batch & { answer: Answer })[]): Buffer {
  const answered = batches.flatMap(({ answer, ...batch }) => (answer === 'none' ? [] : [{ batch, answer }]));
  return Buffer.concat([
    noTags,
    ...list(answered, ({ batch, answer }) => [
      text(batch.topic),
      ...list([batch.partition], (partition) => [
        int32(partition),
        int16(answer.errorCode),
        ...[0, answer.writtenAt ?? -1, 0].map(int64),
        ...list([], () => []),
        text(null),
        noTags,
      ]),
      noTags,
    ]),
    int32(0),
    noTags,
  ]);
}

/** Two brokers that keep what they are sent, and answer as the test decides. `leaders` may change between requests. */
class TwoBrokers {
  readonly asked: { nodeId: number; batches: Batch[] }[] = [];
  leaders: Record<number, number> = { 0: 1, 1: 2 };
  onMetadata: () => void = () => undefined;
  #answer: (nodeId: number, batch: Batch) => Answer | Error;

  constructor(answer: (nodeId: number, batch: Batch) => Answer | Error) {
    this.#answer = answer;
  }

  get cluster(): Cluster {
    const found = (nodeId: number): Broker =>
      ({ nodeId, connectionPool: { send: (request: WireRequest) => this.#send(nodeId, request) } }) as Broker;
    return {
      findTopicPartitionMetadata: () =>
        Object.entries(this.leaders).map(([partition, leader]) => ({
          partitionId: Number(partition),
          leader,
        })),
      findBroker: ({ nodeId }: { nodeId: number }) => Promise.resolve(found(nodeId)),
      refreshMetadata: () => Promise.resolve(this.onMetadata()),
    } as unknown as Cluster;
  }

  async #send(nodeId: number, { request, response }: WireRequest): Promise<unknown> {
    const batches = await batchesOf((await request.encode()).buffer);
    this.asked.push({ nodeId, batches });
    const answered = batches.map((batch) => ({ ...batch, answer: this.#answer(nodeId, batch) }));
    for (const { answer } of answered) if (answer instanceof Error) throw answer;
    return response.decode(answerBytes(answered as (Batch & { answer: Answer })[]));
  }
}

async function batchesOf(request: Buffer): Promise<Batch[]> {
  const reader = new FlexibleReader(request);
  reader.tags();
  reader.text(); // no transactional id
  reader.skip(6); // acks, time-out
  const sent = reader.list(() => {
    const topic = reader.text();
    const ofTopic = reader.list(() => {
      const one = { topic, partition: reader.int32(), bytes: reader.bytes() };
      reader.tags();
      return one;
    });
    reader.tags();
    return ofTopic;
  });
  return Promise.all(
    sent.flat().map(async ({ topic, partition, bytes }) => {
      const [batch] = await decodeRecordBatches(bytes, decompress);
      const values = batch!.records.map(({ value }) => String(value));
      return { topic, partition, sequence: batch!.firstSequence, values };
    }),
  );
}

const identity = { producerId: 7, producerEpoch: 0 };
const round = [0, 1].map((partition) => ({
  topic: 't',
  partition,
  records: [{ key: null, value: Buffer.from(`v${partition}`) }],
}));

test('fault 4: what moved to a broker that had already answered is sent to it all the same', async () => {
  // Broker 2 has just lost partition 1 to broker 1, which has answered for partition 0.
  const brokers = new TwoBrokers((nodeId, { partition }) => ({
    errorCode: nodeId === 2 && partition === 1 ? 6 : 0,
  }));
  brokers.onMetadata = () => {
    brokers.leaders = { 0: 1, 1: 1 };
  };
  const { written } = await new SequencedWriter(brokers.cluster, identity, null).write(round, 0, 5_000);
  assert.equal(written.length, 2);
  assert.deepEqual(
    brokers.asked.map(({ nodeId, batches }) => [nodeId, batches.map(({ values }) => values[0])]),
    [[1, ['v0']], [2, ['v1']], [1, ['v1']]], // prettier-ignore
  );
});

test('fault 4: an answer that lacks a partition is no acknowledgement of it', async () => {
  let times = 0;
  const brokers = new TwoBrokers((_, { partition }) =>
    partition === 1 && times++ === 0 ? 'none' : { errorCode: 0 },
  );
  const { written } = await new SequencedWriter(brokers.cluster, identity, null).write(round, 0, 5_000);
  assert.deepEqual(
    written.map(({ partition }) => partition),
    [0, 1],
  );
  const again = brokers.asked.at(-1)!.batches;
  assert.deepEqual(
    again,
    [{ topic: 't', partition: 1, sequence: 0, values: ['v1'] }],
    'under the same number',
  );
});

test('what time it is by a broker’s clock is heard once a request, and not of a batch that is sent again', async () => {
  const now = Date.now();
  let times = 0;
  const brokers = new TwoBrokers((nodeId) =>
    nodeId === 1
      ? { errorCode: 0, writtenAt: now - 7_200_000 }
      : { errorCode: times++ === 0 ? 6 : 0, writtenAt: 1 },
  );
  const reported: ReportedTime[] = [];
  await new SequencedWriter(brokers.cluster, identity, null, (time) => reported.push(time)).write(
    round,
    0,
    5_000,
  );
  assert.deepEqual(
    reported.map(({ server, at }) => [server, at]),
    [['Kafka broker 1', now - 7_200_000]], // prettier-ignore
  );
  assert.ok(reported[0]!.askedAt >= now && reported[0]!.answeredAt >= reported[0]!.askedAt);
});

test('a broken connection leaves its batches to be sent again under the same number', async () => {
  let times = 0;
  const broken = Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' });
  const brokers = new TwoBrokers((nodeId) => (nodeId === 2 && times++ === 0 ? broken : { errorCode: 0 }));
  const writer = new SequencedWriter(brokers.cluster, identity, null);
  assert.equal((await writer.write(round, 0, 5_000)).written.length, 2);
  assert.equal((await writer.write(round, 0, 5_000)).written.length, 2);
  const sequences = brokers.asked.flatMap(({ batches }) =>
    batches.map((one) => [one.partition, one.sequence]),
  );
  assert.deepEqual(sequences, [[0, 0], [1, 0], [1, 0], [0, 1], [1, 1]]); // prettier-ignore
});

test('what is refused is named, and does not use up a number', async () => {
  let times = 0;
  const brokers = new TwoBrokers((_, { partition }) => ({
    errorCode: partition === 1 && times++ === 0 ? 10 : 0,
  }));
  const writer = new SequencedWriter(brokers.cluster, identity, null);
  const { written, refused } = await writer.write(round, 0, 5_000);
  assert.deepEqual([written.length, refused.length, refused[0]?.partition], [1, 1, 1]);
  assert.equal(refused[0]?.failure.code, 'kafka.record-refused');
  await writer.write(round, 0, 5_000);
  assert.deepEqual(
    brokers.asked.slice(2).flatMap(({ batches }) => batches.map(({ sequence }) => sequence)),
    [1, 0],
  );
});

test('who never answers is given up at the deadline', async () => {
  const brokers = new TwoBrokers(() => 'none');
  const writing = new SequencedWriter(brokers.cluster, identity, null).write(round, 0, 50);
  await assert.rejects(writing, { code: 'kafka.unavailable' });
});

test('numbers go round at 2^31', () => {
  assert.equal(addToSequence(0, 5), 5);
  assert.equal(addToSequence(2 ** 31 - 3, 2), 2 ** 31 - 1);
  assert.equal(addToSequence(2 ** 31 - 1, 1), 0);
  assert.equal(addToSequence(2 ** 31 - 2, 4), 2);
});
