import type { Broker } from './client.ts';
import { FlexibleReader } from './flexible-reader.ts';
import { noTags, text } from './flexible-writer.ts';
import { sendOwn } from './own-request.ts';

/**
 * How the brokers of a cluster do transactions. With 1 the producer adds partitions and group to its transaction. With 2
 * (KIP-890) those who lead them do, and each transaction has an epoch of its own, so that no request reaches a later one.
 */
export type TransactionVersion = 1 | 2;

const feature = 'transaction.version';
/** The first version with features. */
const version = 3;
const finalizedFeaturesTag = 2;

/**
 * The version for all of the cluster's brokers: its finalized feature `transaction.version`, which Kafka 4.0 and newer have and
 * an operator may set back.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_ApiVersions
 */
export async function transactionVersionOf(broker: Broker): Promise<TransactionVersion> {
  const { level } = await sendOwn(broker, {
    key: 18,
    version,
    name: 'ApiVersions',
    // The header's tags, name and version of the client, tags.
    body: Buffer.concat([noTags, text('tidemark'), text('1'), noTags]),
    read,
  });
  return level >= 2 ? 2 : 1;
}

/** The header of this answer has no tags: who asks does not know yet whether the broker speaks the flexible form. */
function read(payload: Buffer): { level: number; clientSideThrottleTime: number } {
  const reader = new FlexibleReader(payload);
  if (reader.int16() !== 0) return { level: 0, clientSideThrottleTime: 0 };
  reader.list(() => {
    reader.skip(6); // a request's key, its first and last version
    reader.tags();
  });
  const clientSideThrottleTime = reader.int32();
  let level = 0;
  const features = (): void => {
    reader.list(() => {
      const name = reader.text();
      const most = reader.int16();
      reader.int16();
      reader.tags();
      if (name === feature) level = most;
    });
  };
  reader.tags({ [finalizedFeaturesTag]: features });
  return { level, clientSideThrottleTime };
}
