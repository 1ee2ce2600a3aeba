/** The requests that the Kafka layer encodes itself, read as a broker reads them, and the answers, as it writes them. */
import type { TopicPartition } from '@tidemark/kafka/client';
import { varint } from '../../../packages/kafka/flexible-writer.ts';
import { readInt64 } from '../../../packages/kafka/patched/record-batches.ts';
import { writeInt64 } from '../../../packages/kafka/record-batch-encoder.ts';
import { WireReader } from '../../../packages/kafka/wire-reader.ts';
import type { Joined, Joining, Synced } from './groups.ts';
import type { Read } from './log.ts';

/** Keys of the requests. */
export const keys = {
  produce: 0,
  fetch: 1,
  metadata: 3,
  join: 11,
  heartbeat: 12,
  sync: 14,
  apiVersions: 18,
  endTransaction: 26,
  transactionOffsets: 28,
} as const;

class Reader extends WireReader {
  int8(): number {
    return this.take(1).readInt8();
  }

  int64(): number {
    return readInt64(this.take(8), 0);
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  writeInt64(bytes, value, 0);
  return bytes;
}

function text(given: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(given)), Buffer.from(given)]);
}

function bytesOf(given: Buffer): Buffer {
  return Buffer.concat([int32(given.length), given]);
}

/** The elements by topic, each topic and element written by its writer. */
function byTopic<Element extends TopicPartition>(
  elements: readonly Element[],
  write: (element: Element) => readonly Buffer[],
): Buffer {
  const topics = Map.groupBy(elements, ({ topic }) => topic);
  return Buffer.concat([
    int32(topics.size),
    ...[...topics].flatMap(([topic, some]) => [text(topic), int32(some.length), ...some.flatMap(write)]),
  ]);
}

const noThrottle = int32(0);

/** A partition of a fetch. */
export type Fetching = TopicPartition & { readonly offset: number; readonly bytesMax: number };

/** Reads a fetch, version 11. */
export function readFetch(body: Buffer): { maxWaitMs: number; partitions: Fetching[] } {
  const reader = new Reader(body);
  reader.int32(); // replica
  const maxWaitMs = reader.int32();
  reader.int32(); // least bytes
  reader.int32(); // most bytes
  reader.int8(); // isolation: all that is read here is read committed
  reader.int64(); // session
  const partitions = reader.list(() => {
    const topic = reader.text();
    return reader.list(() => {
      const partition = reader.int32();
      reader.int32(); // leader's epoch
      const offset = reader.int64();
      reader.int64(); // start of the log
      return { topic, partition, offset, bytesMax: reader.int32() };
    });
  });
  return { maxWaitMs, partitions: partitions.flat() };
}

/** The answer to a fetch. */
export function writeFetched(fetched: readonly (TopicPartition & Read)[]): Buffer {
  return Buffer.concat([
    noThrottle,
    int16(0),
    int32(0),
    byTopic(fetched, (one) => [
      int32(one.partition),
      int16(one.errorCode),
      int64(one.highWatermark),
      int64(one.stableEnd),
      int64(0),
      int32(one.aborted.length),
      ...one.aborted.flatMap(({ producerId, firstOffset }) => [int64(producerId), int64(firstOffset)]),
      int32(-1),
      bytesOf(one.bytes),
    ]),
  ]);
}

/** Reads a request to join a group, version 5. */
export function readJoin(body: Buffer): Joining {
  const reader = new Reader(body);
  const group = reader.text();
  const sessionMs = reader.int32();
  const rebalanceMs = reader.int32();
  const memberId = reader.text();
  reader.text(); // instance
  reader.text(); // type
  const [metadata = Buffer.alloc(0)] = reader.list(() => {
    reader.text();
    return reader.bytes();
  });
  return { group, sessionMs, rebalanceMs, memberId, metadata };
}

/** The answer to a member that joins. */
export function writeJoined({ errorCode, generationId, leaderId, memberId, members }: Joined): Buffer {
  return Buffer.concat([
    noThrottle,
    int16(errorCode),
    int32(generationId),
    text('one protocol'),
    text(leaderId),
    text(memberId),
    int32(members.length),
    ...members.flatMap((member) => [text(member.memberId), int16(-1), bytesOf(member.metadata)]),
  ]);
}

/** Reads a request for a share, version 3. */
export function readSync(body: Buffer): {
  readonly group: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly shares: ReadonlyMap<string, Buffer>;
} {
  const reader = new Reader(body);
  const group = reader.text();
  const generationId = reader.int32();
  const memberId = reader.text();
  reader.text(); // instance
  const shares = reader.list(() => [reader.text(), reader.bytes()] as const);
  return { group, generationId, memberId, shares: new Map(shares) };
}

/** The answer to a member that asked for its share. */
export function writeSynced({ errorCode, assignment }: Synced): Buffer {
  return Buffer.concat([noThrottle, int16(errorCode), bytesOf(assignment)]);
}

/** Reads a heartbeat, version 3. */
export function readHeartbeat(body: Buffer): { group: string; generationId: number; memberId: string } {
  const reader = new Reader(body);
  return { group: reader.text(), generationId: reader.int32(), memberId: reader.text() };
}

/** The answer to a heartbeat. */
export function writeBeaten(errorCode: number): Buffer {
  return Buffer.concat([noThrottle, int16(errorCode)]);
}

/** The answer to a request for metadata in the flexible form, version 10: as much as says which topic of which cluster it is. */
export function writeIdentity(clusterId: string, topicId: Buffer): Buffer {
  return Buffer.concat([
    varint(0),
    noThrottle,
    varint(1),
    varint(clusterId.length + 1),
    Buffer.from(clusterId),
    int32(0),
    varint(2),
    int16(0),
    varint(1),
    topicId,
  ]);
}
