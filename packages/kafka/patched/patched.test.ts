import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { encodeRecordBatch, writeInt64, type BatchContext } from '../record-batch-encoder.ts';
import '../kafkajs.ts';
import { committedRecords, nextOffset } from './committed-records.ts';
import { checkVersion } from './install.ts';
import { decompress } from '../codecs/index.ts';
import type { KafkajsRequests } from './metadata.ts';
import { decodeRecordBatches } from './record-batches.ts';

const require = createRequire(import.meta.url);
type Fetched = { messages: unknown[]; abortedTransactions: { producerId: string; firstOffset: string }[] };
type Batch = { messages: { offset: string; timestamp: string }[]; lastOffset(): string };
// kafkajs's own class, as its consumer uses it: it gets its records through the patched parts.
const KafkajsBatch = require('kafkajs/src/consumer/batch.js') as new (
  t: string,
  o: string,
  f: object,
) => Batch;
const KafkajsDecoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decodeMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as (
  decoder: object,
) => Promise<unknown[]>;

type Crafted = {
  at: number;
  keys?: string[];
  producer?: number;
  marker?: 'abort' | 'commit';
  flags?: number;
};

/** A batch as it would lie in the log at offset `at`; with a producer it is transactional. */
function crafted({ at, keys = [], producer, marker, flags = 0 }: Crafted): Buffer {
  const context: BatchContext = {
    timestamp: 1_000,
    producerId: producer ?? -1,
    producerEpoch: 0,
    firstSequence: 0,
    transactional: producer !== undefined,
  };
  const markerKey = Buffer.from([0, 0, 0, marker === 'commit' ? 1 : 0]);
  const records = marker
    ? [{ key: markerKey, value: Buffer.alloc(6) }]
    : keys.map((key) => ({ key: Buffer.from(key, 'latin1'), value: Buffer.from('v') }));
  const bytes = encodeRecordBatch(records, context);
  writeInt64(bytes, at, 0);
  bytes.writeInt16BE(bytes.readInt16BE(21) | flags | (marker ? 0x20 : 0), 21);
  return bytes;
}

/** The rest of a batch after compaction: the header with its last offset, and only the first `kept` records. */
function compacted(batch: Buffer, kept: 'none'): Buffer {
  assert.equal(kept, 'none');
  const bytes = Buffer.from(batch.subarray(0, 61));
  bytes.writeInt32BE(61 - 12, 8);
  bytes.writeInt32BE(0, 57);
  return bytes;
}

type Aborted = [producerId: number, firstOffset: number][];

async function throughKafkajs(batches: Buffer[], aborted: Aborted, from = 0): Promise<Batch> {
  const bytes = Buffer.concat(batches);
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  const fetched: Fetched & { partition: number; highWatermark: string } = {
    partition: 0,
    highWatermark: '1000',
    messages: await decodeMessages(new KafkajsDecoder(Buffer.concat([size, bytes]))),
    abortedTransactions: aborted.map(([id, first]) => ({ producerId: `${id}`, firstOffset: `${first}` })),
  };
  return new KafkajsBatch('topic', String(from), fetched);
}

async function throughOurs(
  batches: Buffer[],
  aborted: Aborted,
  from = 0,
): Promise<{ offsets: number[]; next: number }> {
  const decoded = await decodeRecordBatches(Buffer.concat(batches), decompress);
  const list = aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
  const records = committedRecords(decoded, list, from);
  return { offsets: records.map((record) => record.offset), next: nextOffset(decoded, from) };
}

async function bothSee(batches: Buffer[], aborted: Aborted, offsets: number[], next: number): Promise<void> {
  const theirs = await throughKafkajs(batches, aborted);
  assert.deepEqual(
    theirs.messages.map((message) => Number(message.offset)),
    offsets,
  );
  assert.equal(Number(theirs.lastOffset()) + 1, next);
  assert.deepEqual(await throughOurs(batches, aborted), { offsets, next });
}

const twoWriters = [
  crafted({ at: 0, keys: ['a', 'b'], producer: 1 }), // aborted
  crafted({ at: 2, keys: ['c', 'd'], producer: 2 }), // aborted
  crafted({ at: 4, keys: ['e'] }), // not transactional
  crafted({ at: 5, producer: 2, marker: 'abort' }),
  crafted({ at: 6, keys: ['f'], producer: 2 }), // committed
  crafted({ at: 7, producer: 1, marker: 'abort' }),
  crafted({ at: 8, producer: 2, marker: 'commit' }),
];

test('fault 1: the broker’s list of aborted transactions may come in any order', async () => {
  await bothSee(twoWriters, [[1, 0], [2, 2]], [4, 6], 9); // prettier-ignore
  await bothSee(twoWriters, [[2, 2], [1, 0]], [4, 6], 9); // prettier-ignore
});

test('fault 1: several aborted transactions may begin before one record', async () => {
  const batches = [
    crafted({ at: 10, keys: ['x'], producer: 2 }),
    crafted({ at: 11, keys: ['y'], producer: 1 }),
    crafted({ at: 12, producer: 1, marker: 'abort' }),
    crafted({ at: 13, producer: 2, marker: 'abort' }),
  ];
  await bothSee(batches, [[1, 3], [2, 5]], [], 14); // prettier-ignore
});

test('fault 1: a record whose key is four zero bytes is no abort marker', async () => {
  const batches = [
    crafted({ at: 0, keys: ['\0\0\0\0', 'b'], producer: 1 }),
    crafted({ at: 2, producer: 1, marker: 'abort' }),
  ];
  await bothSee(batches, [[1, 0]], [], 3);
});

test('fault 1: a commit marker does not end an abort of another producer', async () => {
  const batches = [
    crafted({ at: 0, keys: ['a'], producer: 1 }),
    crafted({ at: 1, keys: ['b'], producer: 2 }),
    crafted({ at: 2, producer: 2, marker: 'commit' }),
    crafted({ at: 3, keys: ['c'], producer: 1 }),
    crafted({ at: 4, producer: 1, marker: 'abort' }),
  ];
  await bothSee(batches, [[1, 0]], [1], 5);
});

test('fault 2: batches emptied by compaction move the position to their end', async () => {
  const emptied = compacted(crafted({ at: 40, keys: ['a', 'b', 'c'], producer: 1 }), 'none');
  await bothSee([emptied], [], [], 43);
  await bothSee([crafted({ at: 39, keys: ['z'] }), emptied], [], [39], 43);
});

test('fault 2: a batch whose last records are gone reaches as far as it was written', async () => {
  const batch = crafted({ at: 40, keys: ['a', 'b'] });
  batch.writeInt32BE(9, 23); // it once had ten
  await bothSee([batch], [], [40, 41], 50);
});

test('an incomplete batch at the end of an answer is left for the next fetch', async () => {
  const whole = crafted({ at: 0, keys: ['a'] });
  const cut = crafted({ at: 1, keys: ['b'] }).subarray(0, 65);
  await bothSee([whole, cut], [], [0], 1);
});

test('records before the position asked for are left out', async () => {
  const batch = crafted({ at: 0, keys: ['a', 'b', 'c'] });
  assert.deepEqual(await throughOurs([batch], [], 2), { offsets: [2], next: 3 });
});

test('under LogAppendTime every record carries the broker’s time of the batch', async () => {
  const batch = crafted({ at: 0, keys: ['a', 'b'], flags: 0x08 });
  writeInt64(batch, 777_000, 35);
  const theirs = await throughKafkajs([batch], []);
  assert.deepEqual(
    theirs.messages.map((message) => message.timestamp),
    ['777000', '777000'],
  );
  const [ours] = await decodeRecordBatches(batch, decompress);
  assert.deepEqual(
    ours?.records.map((record) => record.timestamp),
    [777_000, 777_000],
  );
});

test('fault 9: the messages of a send are grouped by partition, in order', () => {
  const group = require('kafkajs/src/producer/groupMessagesPerPartition.js') as (input: object) => object;
  const messages = Array.from({ length: 60_000 }, (_, n) => ({ partition: n % 2, n }));
  const startedAt = performance.now();
  const groups = group({
    topic: 't',
    partitionMetadata: [{}],
    messages,
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
  });
  assert.ok(performance.now() - startedAt < 1_000, 'linear time: as shipped this takes seconds');
  assert.deepEqual(groups, {
    0: messages.filter((m) => m.n % 2 === 0),
    1: messages.filter((m) => m.n % 2 === 1),
  });
});

test('fault 11: an idle connection has no timer', () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue/index.js') as new (o: object) => {
    checkPendingRequests(): void;
    throttleCheckTimeoutId: unknown;
  };
  const queue = new RequestQueue({ logger: { debug() {} } });
  queue.checkPendingRequests();
  assert.equal(queue.throttleCheckTimeoutId, null);
});

test('fault 15: a connection looks once a second whether a request is overdue', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const RequestQueue = require('kafkajs/src/network/requestQueue/index.js') as new (o: object) => {
    scheduleRequestTimeoutCheck(): void;
    readonly inflight: Map<number, object>;
    destroy(): void;
  };
  const isConnected = t.mock.fn(() => true);
  const queue = new RequestQueue({ requestTimeout: 15_000, enforceRequestTimeout: true, isConnected });
  queue.scheduleRequestTimeoutCheck();
  const timeoutRequest = t.mock.fn(() => void queue.inflight.delete(1));
  queue.inflight.set(1, { sentAt: Date.now(), requestTimeout: 15_000, timeoutRequest });
  t.mock.timers.tick(15_000);
  assert.deepEqual([isConnected.mock.callCount(), timeoutRequest.mock.callCount()], [15, 0]);
  t.mock.timers.tick(1_000);
  assert.equal(timeoutRequest.mock.callCount(), 1);
  queue.destroy();
});

test('another version of kafkajs is refused, with advice', () => {
  assert.throws(() => checkVersion('2.2.5'), { code: 'kafka.version', message: /pin kafkajs to 2\.2\.4/ });
  checkVersion('2.2.4');
});

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value]);
const textOf = (given: string): Buffer => Buffer.concat([int16(given.length), Buffer.from(given)]);
const leaderNotAvailable = 5;

/** A broker's answer about one topic: the leader of each partition, −1 for none. */
function metadataAnswer(topicError: number, leaders: readonly number[]): Buffer {
  const copies = [1, 1, 1, 1, 0].map(int32); // replicas, those in sync, those offline
  const partitions = leaders.map((leader, partition) => [
    int16(leader < 0 ? leaderNotAvailable : 0),
    ...[partition, leader, 9].map(int32),
    ...copies,
  ]);
  const broker = [int32(1), textOf('localhost'), int32(9092), int16(0xffff)];
  const topic = [int16(topicError), textOf('events'), Buffer.from([0]), int32(leaders.length)];
  const parts = [int32(0), int32(1), ...broker, textOf('cluster'), int32(1), int32(1), ...topic];
  return Buffer.concat([...parts, ...partitions.flat()]);
}

test('fault 12: a partition without a leader does not hide the leaders of the others', async () => {
  const requests = require('kafkajs/src/protocol/requests/metadata/index.js') as KafkajsRequests;
  const { response, request } = requests.protocol()({ topics: ['events'] });
  assert.equal((request as { apiVersion: number }).apiVersion, 7);
  const { brokers, topicMetadata } = await response.parse(
    await response.decode(metadataAnswer(0, [1, -1, 1])),
  );
  assert.deepEqual(brokers, [{ nodeId: 1, host: 'localhost', port: 9092, rack: '' }]);
  const [events] = topicMetadata;
  assert.deepEqual(
    events?.partitionMetadata.map(({ leader, leaderEpoch }) => [leader, leaderEpoch]),
    [
      [1, 9],
      [-1, 9],
      [1, 9],
    ],
  );
  const unknownTopic = 3;
  await assert.rejects(async () => response.parse(await response.decode(metadataAnswer(unknownTopic, []))), {
    code: unknownTopic,
  });
});

test('fault 13: a connection without an answer is closed, and what waits on it fails at once', async () => {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const Connection = require('kafkajs/src/network/connection.js') as new (options: object) => {
    connect(): Promise<unknown>;
    isConnected(): boolean;
    send(request: object): Promise<unknown>;
  };
  const silent = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, () => undefined]),
  );
  const connection = new Connection({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    rack: null,
    clientId: 'test',
    requestTimeout: 50,
    connectionTimeout: 5_000,
    socketFactory: ({ port, host, onConnect }: { port: number; host: string; onConnect: () => void }) =>
      connect({ port, host }, onConnect),
    logger: { namespace: () => silent },
  });
  await connection.connect();
  const bytes = Buffer.alloc(0);
  const ask = (requestTimeout: number): Promise<unknown> =>
    connection.send({
      request: {
        apiKey: 3,
        apiVersion: 7,
        apiName: 'Metadata',
        encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
      },
      response: {},
      requestTimeout,
    });
  const answers = await Promise.allSettled([ask(50), ask(60_000)]);
  assert.deepEqual(
    answers.map((one) => one.status === 'rejected' && (one.reason as Error).name),
    ['KafkaJSRequestTimeoutError', 'KafkaJSRequestTimeoutError'],
  );
  assert.equal(connection.isConnected(), false);
  server.close();
});

test('fault 14: a question to the cluster that no broker answers fails as one to a broker that is away', async () => {
  const Cluster = require('kafkajs/src/cluster/index.js') as {
    prototype: { metadata(this: object, asked: object): Promise<unknown> };
  };
  const unanswered = {
    retrier: (ask: () => Promise<unknown>) => ask(),
    brokerPool: { refreshMetadataIfNecessary: async () => undefined, withBroker: async () => null },
  };
  await assert.rejects(Cluster.prototype.metadata.call(unanswered, {}), { name: 'KafkaJSBrokerNotFound' });
});
