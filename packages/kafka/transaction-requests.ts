/**
 * The requests of a transaction in the flexible form (Kafka 2.5), which is the same for both versions of transactions: kafkajs
 * has older ones.
 */
import type { Broker, OffsetOf } from './client.ts';
import { sendFlexible } from './flexible-request.ts';
import { int16, int32, int64, list, noTags, text } from './flexible-writer.ts';
import type { ProducerIdentity } from './sequenced-writer.ts';
import type { TransactionVersion } from './transaction-version.ts';
import { AnswerError } from './wire-errors.ts';

/** Whose transaction it is. */
export type AskingProducer = ProducerIdentity & {
  readonly transactionalId: string;
  readonly version: TransactionVersion;
};

const endVersions = { 1: 3, 2: 5 } as const;
const offsetsVersions = { 1: 3, 2: 5 } as const;

/**
 * Ends the transaction.
 *
 * @returns Under which identity the producer goes on: with version 2 another epoch, and another id when the epochs are used up.
 * @throws AnswerError with the broker's code.
 * @see https://kafka.apache.org/protocol#The_Messages_EndTxn
 */
export async function endTransaction(
  broker: Broker,
  producer: AskingProducer,
  isCommit: boolean,
): Promise<ProducerIdentity> {
  const { errorCode, ...identity } = await sendFlexible(broker, {
    key: 26,
    version: endVersions[producer.version],
    name: `EndTxn ${isCommit}`,
    fields: [
      text(producer.transactionalId),
      int64(producer.producerId),
      int16(producer.producerEpoch),
      Buffer.from([isCommit ? 1 : 0]),
    ],
    read: (reader) => {
      const errorCode = reader.int16();
      const { producerId, producerEpoch } =
        producer.version === 2 && errorCode === 0
          ? { producerId: reader.int64(), producerEpoch: reader.int16() }
          : producer;
      return { errorCode, producerId, producerEpoch };
    },
  });
  if (errorCode !== 0) throw new AnswerError('EndTxn', errorCode);
  return identity;
}

/**
 * Writes the group's offsets in the transaction. The generation of the group is not in it (KIP-447): the fence of the task
 * keeps older owners out, and a task that keeps its partition writes on while the group takes on members.
 *
 * @throws AnswerError with the broker's code.
 * @see https://kafka.apache.org/protocol#The_Messages_TxnOffsetCommit
 */
export async function commitOffsetsIn(
  broker: Broker,
  producer: AskingProducer,
  groupId: string,
  offsets: readonly OffsetOf[],
): Promise<void> {
  const errorCodes = await sendFlexible(broker, {
    key: 28,
    version: offsetsVersions[producer.version],
    name: 'TxnOffsetCommit',
    fields: [
      text(producer.transactionalId),
      text(groupId),
      int64(producer.producerId),
      int16(producer.producerEpoch),
      int32(-1), // no generation
      text(''), // nor member
      text(null), // nor instance
      ...list([...Map.groupBy(offsets, ({ topic }) => topic)], ([topic, ofTopic]) => [
        text(topic),
        ...list(ofTopic, ({ partition, offset, metadata = null }) => [
          int32(partition),
          int64(offset),
          int32(-1), // the leader's epoch is not known
          text(metadata),
          noTags,
        ]),
        noTags,
      ]),
    ],
    read: (reader) =>
      reader.list(() => {
        reader.text();
        const ofTopic = reader.list(() => {
          reader.int32();
          const errorCode = reader.int16();
          reader.tags();
          return errorCode;
        });
        reader.tags();
        return ofTopic;
      }),
  });
  const refused = errorCodes.flat().find((code) => code !== 0);
  if (refused !== undefined) throw new AnswerError('TxnOffsetCommit', refused);
}
