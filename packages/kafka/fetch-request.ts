import type { Broker, TopicPartition } from './client.ts';
import { sendOwn } from './own-request.ts';
import type { AbortedTransaction } from './patched/committed-records.ts';
import { readInt64 } from './patched/record-batches.ts';
import { writeInt64 } from './record-batch-encoder.ts';

/** Where to read on in a partition, and which of its leaders is asked: one that has been replaced refuses it. */
export type FetchFrom = TopicPartition & { readonly offset: number; readonly leaderEpoch: number };

/** A broker's answer for one partition. */
export type Fetched = TopicPartition & {
  readonly errorCode: number;
  /** End of the log: the offset of the next record to be written. */
  readonly highWatermark: number;
  /** Every transaction before this offset has ended; a read-committed reader gets no further. */
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last one perhaps cut off. */
  readonly bytes: Buffer;
};

/** How a fetch is to be answered. */
export type FetchOptions = {
  /** How long the broker may wait for `minBytes`. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytesPerPartition: number;
};

const maxBytes = 16 * 1024 * 1024;
const readCommitted = 1;

/**
 * Fetches from partitions led by this broker, read committed. The answer may lack a partition.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Fetch
 */
export async function fetchFrom(
  broker: Broker,
  from: readonly FetchFrom[],
  options: FetchOptions,
): Promise<readonly Fetched[]> {
  const { fetched } = await sendOwn(broker, {
    key: 1,
    version: 11,
    name: 'Fetch',
    body: encode(from, options),
    read: decode,
    timeoutMs: options.maxWaitMs + 5_000,
  });
  return fetched;
}

function encode(from: readonly FetchFrom[], options: FetchOptions): Buffer {
  const head = Buffer.alloc(29);
  head.writeInt32BE(-1, 0); // replica: a consumer
  head.writeInt32BE(options.maxWaitMs, 4);
  head.writeInt32BE(options.minBytes, 8);
  head.writeInt32BE(maxBytes, 12);
  head.writeInt8(readCommitted, 16);
  head.writeInt32BE(0, 17); // no fetch session
  head.writeInt32BE(-1, 21);
  const topics = Map.groupBy(from, ({ topic }) => topic);
  head.writeInt32BE(topics.size, 25);
  const parts: Buffer[] = [head];
  for (const [topic, partitions] of topics) {
    const name = Buffer.from(topic);
    const lengths = Buffer.alloc(2 + name.length + 4);
    lengths.writeInt16BE(name.length, 0);
    name.copy(lengths, 2);
    lengths.writeInt32BE(partitions.length, 2 + name.length);
    parts.push(lengths, ...partitions.map((one) => partitionBytes(one, options)));
  }
  parts.push(Buffer.alloc(4), Buffer.alloc(2)); // nothing forgotten, no rack
  return Buffer.concat(parts);
}

function partitionBytes({ partition, offset, leaderEpoch }: FetchFrom, options: FetchOptions): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeInt32BE(partition, 0);
  bytes.writeInt32BE(leaderEpoch, 4);
  writeInt64(bytes, offset, 8);
  writeInt64(bytes, -1, 16);
  bytes.writeInt32BE(options.maxBytesPerPartition, 24);
  return bytes;
}

function decode(payload: Buffer): { fetched: Fetched[]; clientSideThrottleTime: number } {
  const fetched: Fetched[] = [];
  let at = 14;
  for (let topics = payload.readInt32BE(10); topics > 0; topics--) {
    const topicEnd = at + 2 + payload.readInt16BE(at);
    const topic = payload.toString('utf8', at + 2, topicEnd);
    at = topicEnd + 4;
    for (let partitions = payload.readInt32BE(topicEnd); partitions > 0; partitions--) {
      const { one, end } = decodePartition(payload, at, topic);
      fetched.push(one);
      at = end;
    }
  }
  return { fetched, clientSideThrottleTime: payload.readInt32BE(0) };
}

function decodePartition(payload: Buffer, at: number, topic: string): { one: Fetched; end: number } {
  const aborted: AbortedTransaction[] = [];
  const abortedCount = Math.max(0, payload.readInt32BE(at + 30));
  for (let i = 0; i < abortedCount; i++) {
    const entry = at + 34 + i * 16;
    aborted.push({ producerId: readInt64(payload, entry), firstOffset: readInt64(payload, entry + 8) });
  }
  const sizeAt = at + 34 + abortedCount * 16 + 4; // past the preferred replica
  const bytesFrom = sizeAt + 4;
  const end = bytesFrom + Math.max(0, payload.readInt32BE(sizeAt));
  const one = {
    topic,
    partition: payload.readInt32BE(at),
    errorCode: payload.readInt16BE(at + 4),
    highWatermark: readInt64(payload, at + 6),
    lastStableOffset: readInt64(payload, at + 14),
    aborted,
    bytes: payload.subarray(bytesFrom, end),
  };
  return { one, end };
}
