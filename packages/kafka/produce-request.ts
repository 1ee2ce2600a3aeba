import type { Broker, TopicPartition } from './client.ts';
import { sendOwn } from './own-request.ts';
import { readInt64 } from './patched/record-batches.ts';

/** An encoded batch on its way to its partition. */
export type OutgoingBatch = TopicPartition & { readonly bytes: Buffer };

/** What the broker says of one batch. */
export type Produced = TopicPartition & {
  /** 0 for written. */
  readonly errorCode: number;
  /** Of the batch's first record; −1 when it is not known. */
  readonly baseOffset: number;
  /** When the broker wrote it, by its clock, in milliseconds since the epoch; −1 where the topic has the time of the client. */
  readonly writtenAt: number;
};

const allReplicas = -1;

/**
 * Sends the batches, at most one a partition, all led by this broker, in one request, with `acks=all`.
 * The answer may lack a batch: look for every one.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 */
export async function produce(
  broker: Broker,
  transactionalId: string | null,
  batches: readonly OutgoingBatch[],
  timeoutMs = 10_000,
): Promise<readonly Produced[]> {
  const { produced } = await sendOwn(broker, {
    key: 0,
    version: 7,
    name: 'Produce',
    body: encode(transactionalId, batches, timeoutMs),
    read: decode,
  });
  return produced;
}

function encode(
  transactionalId: string | null,
  batches: readonly OutgoingBatch[],
  timeoutMs: number,
): Buffer {
  const parts: Buffer[] = [];
  const head = Buffer.alloc(10);
  head.writeInt16BE(allReplicas, 0);
  head.writeInt32BE(timeoutMs, 2);
  const topics = Map.groupBy(batches, (batch) => batch.topic);
  head.writeInt32BE(topics.size, 6);
  parts.push(transactionalId === null ? Buffer.from([0xff, 0xff]) : encodedText(transactionalId), head);
  for (const [topic, ofTopic] of topics) {
    parts.push(encodedText(topic), int32(ofTopic.length));
    for (const { partition, bytes } of ofTopic) parts.push(int32(partition), int32(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function decode(payload: Buffer): { produced: Produced[]; clientSideThrottleTime: number } {
  const produced: Produced[] = [];
  let at = 4;
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const topicEnd = at + 2 + payload.readInt16BE(at);
    const topic = payload.toString('utf8', at + 2, topicEnd);
    at = topicEnd + 4;
    for (let partitions = payload.readInt32BE(topicEnd); partitions > 0; partitions--) {
      const partition = payload.readInt32BE(at);
      const errorCode = payload.readInt16BE(at + 4);
      const baseOffset = readInt64(payload, at + 6);
      produced.push({ topic, partition, errorCode, baseOffset, writtenAt: readInt64(payload, at + 14) });
      at += 4 + 2 + 8 + 8 + 8; // with the log's start, which nobody needs
    }
  }
  return { produced, clientSideThrottleTime: payload.readInt32BE(at) };
}

function encodedText(given: string): Buffer {
  const bytes = Buffer.from(given);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
