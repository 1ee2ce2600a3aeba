/** Requests in the flexible form, read as a broker reads them, and the answers, as it writes them. */
import type { OffsetOf, TopicPartition } from '@tidemark/kafka/client';
import { FlexibleReader } from '../../../packages/kafka/flexible-reader.ts';
import { int16, int32, int64, list, noTags, text } from '../../../packages/kafka/flexible-writer.ts';
import type { Identity } from './transactions.ts';

const noThrottle = int32(0);

/** A reader behind the header. */
function readerOf(body: Buffer): FlexibleReader {
  const reader = new FlexibleReader(body);
  reader.tags();
  return reader;
}

/** The elements of topics with their partitions, each partition read by `read`. */
function readByTopic<Element>(
  reader: FlexibleReader,
  read: (topic: string, partition: number) => Element,
): Element[] {
  const all = reader.list(() => {
    const topic = reader.text();
    const some = reader.list(() => {
      const one = read(topic, reader.int32());
      reader.tags();
      return one;
    });
    reader.tags();
    return some;
  });
  return all.flat();
}

/** Topics with their partitions, in parts, each partition written by `write`. */
function byTopic<Element extends TopicPartition>(
  elements: readonly Element[],
  write: (element: Element) => readonly Buffer[],
): readonly Buffer[] {
  return list([...Map.groupBy(elements, ({ topic }) => topic)], ([topic, some]) => [
    text(topic),
    ...list(some, (one) => [int32(one.partition), ...write(one), noTags]),
    noTags,
  ]);
}

/** Reads the batches of a produce request, version 9 and later. */
export function readProduce(body: Buffer): (TopicPartition & { readonly bytes: Buffer })[] {
  const reader = readerOf(body);
  reader.text(); // transactional id
  reader.int16(); // acknowledged by
  reader.int32(); // timeout
  return readByTopic(reader, (topic, partition) => ({ topic, partition, bytes: reader.bytes() }));
}

/** The answer to a produce request. */
export function writeProduced(
  produced: readonly (TopicPartition & { readonly errorCode: number; readonly baseOffset: number })[],
): Buffer {
  const times = [int64(-1), int64(0)];
  return Buffer.concat([
    noTags,
    ...byTopic(produced, ({ errorCode, baseOffset }) => [
      int16(errorCode),
      int64(baseOffset),
      ...times,
      ...list([], () => []),
      text(null),
    ]),
    noThrottle,
    noTags,
  ]);
}

function readIdentity(reader: FlexibleReader, transactionalId: string): Identity {
  return { transactionalId, producerId: reader.int64(), producerEpoch: reader.int16() };
}

/** Reads offsets in a transaction, version 3 and later. */
export function readTransactionOffsets(body: Buffer): {
  readonly producer: Identity;
  readonly group: string;
  readonly offsets: readonly OffsetOf[];
} {
  const reader = readerOf(body);
  const [transactionalId, group] = [reader.text(), reader.text()];
  const producer = readIdentity(reader, transactionalId);
  reader.int32(); // generation
  reader.text(); // member
  reader.text(); // instance
  const offsets = readByTopic(reader, (topic, partition) => {
    const offset = reader.int64();
    reader.int32(); // leader's epoch
    return { topic, partition, offset, metadata: reader.text() };
  });
  return { producer, group, offsets };
}

/** The answer to offsets in a transaction. */
export function writeTransactionOffsets(offsets: readonly OffsetOf[], errorCode: number): Buffer {
  return Buffer.concat([noTags, noThrottle, ...byTopic(offsets, () => [int16(errorCode)]), noTags]);
}

/** Reads the end of a transaction, version 3 and later. */
export function readEnd(body: Buffer): { readonly producer: Identity; readonly isCommit: boolean } {
  const reader = readerOf(body);
  return { producer: readIdentity(reader, reader.text()), isCommit: reader.flag() };
}

/** The answer to the end of a transaction, with who goes on; version 5. Who asks in an older version reads less of it. */
export function writeEnded(errorCode: number, next?: Omit<Identity, 'transactionalId'>): Buffer {
  const { producerId = -1, producerEpoch = -1 } = next ?? {};
  return Buffer.concat([
    noTags,
    noThrottle,
    int16(errorCode),
    int64(producerId),
    int16(producerEpoch),
    noTags,
  ]);
}

/** The answer with the cluster's features: which transactions it has. */
export function writeFeatures(transactionVersion: number): Buffer {
  const features = Buffer.concat([
    ...list(['transaction.version'], (name) => [
      text(name),
      int16(transactionVersion),
      int16(transactionVersion),
      noTags,
    ]),
  ]);
  const tagged = [Buffer.from([1, 2, features.length]), features];
  return Buffer.concat([int16(0), ...list([], () => []), noThrottle, ...tagged]);
}
