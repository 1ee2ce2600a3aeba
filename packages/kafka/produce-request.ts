import type { Broker, TopicPartition } from './client.ts';
import type { FlexibleReader } from './flexible-reader.ts';
import { sendFlexible } from './flexible-request.ts';
import { int16, int32, list, noTags, sized, text } from './flexible-writer.ts';
import type { TransactionVersion } from './transaction-version.ts';

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

/** Whose transactions the batches are in. */
export type Transactional = { readonly id: string; readonly version: TransactionVersion };

const allReplicas = -1;
/** The first version in the flexible form (Kafka 2.4), and the one with which the leader adds its partitions to the transaction. */
const requestVersions = { 1: 9, 2: 12 } as const;

/**
 * Sends the batches, at most one a partition, all led by this broker, in one request, with `acks=all`.
 * The answer may lack a batch: look for every one.
 *
 * @param transactional Null outside transactions.
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 */
export async function produce(
  broker: Broker,
  transactional: Transactional | null,
  batches: readonly OutgoingBatch[],
  timeoutMs = 10_000,
): Promise<readonly Produced[]> {
  return sendFlexible(broker, {
    key: 0,
    version: requestVersions[transactional?.version ?? 1],
    name: 'Produce',
    fields: fieldsOf(transactional?.id ?? null, batches, timeoutMs),
    read: readProduced,
    isThrottleLast: true,
  });
}

function fieldsOf(
  transactionalId: string | null,
  batches: readonly OutgoingBatch[],
  timeoutMs: number,
): readonly Buffer[] {
  return [
    text(transactionalId),
    int16(allReplicas),
    int32(timeoutMs),
    ...list([...Map.groupBy(batches, ({ topic }) => topic)], ([topic, ofTopic]) => [
      text(topic),
      ...list(ofTopic, ({ partition, bytes }) => [int32(partition), ...sized(bytes), noTags]),
      noTags,
    ]),
  ];
}

function readProduced(reader: FlexibleReader): readonly Produced[] {
  const produced = reader.list(() => {
    const topic = reader.text();
    const ofTopic = reader.list(() => {
      const partition = reader.int32();
      const errorCode = reader.int16();
      const [baseOffset, writtenAt] = [reader.int64(), reader.int64()];
      reader.int64(); // the log's start
      reader.list(() => {
        reader.int32(); // a record that was refused
        reader.text();
        reader.tags();
      });
      reader.text(); // why the batch was refused: the code says enough
      reader.tags();
      return { topic, partition, errorCode, baseOffset, writtenAt };
    });
    reader.tags();
    return ofTopic;
  });
  return produced.flat();
}
