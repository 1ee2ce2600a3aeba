import assert from 'node:assert/strict';
import { discard, type KafkaClient } from '@tidemark/kafka/client';
import { FlexibleReader } from '../../packages/kafka/flexible-reader.ts';
import { int16, int32, list, noTags, text } from '../../packages/kafka/flexible-writer.ts';
import { sendOwn } from '../../packages/kafka/own-request.ts';
import { transactionVersionOf } from '../../packages/kafka/transaction-version.ts';
import { until } from '../support/until.ts';

const [upgrade, unsafeDowngrade] = [1, 3];

/**
 * Sets the version of the feature `transaction.version` of a cluster of one broker, and waits until the broker says so.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_UpdateFeatures
 */
export async function setTransactionVersion(client: KafkaClient, version: 1 | 2): Promise<void> {
  const cluster = client.newCluster();
  try {
    await cluster.connect();
    await cluster.refreshMetadata();
    const broker = await cluster.findControllerBroker();
    if ((await transactionVersionOf(broker)) === version) return;
    const { errorCode, message } = await sendOwn(broker, {
      key: 57,
      version: 1,
      name: 'UpdateFeatures',
      body: Buffer.concat([
        noTags, // of the header
        int32(10_000),
        ...list(['transaction.version'], (feature) => [
          text(feature),
          int16(version),
          Buffer.from([version === 1 ? unsafeDowngrade : upgrade]),
          noTags,
        ]),
        Buffer.from([0]), // not only to validate
        noTags,
      ]),
      read: (payload) => {
        const reader = new FlexibleReader(payload);
        reader.tags(); // of the header
        const clientSideThrottleTime = reader.int32();
        return { clientSideThrottleTime, errorCode: reader.int16(), message: reader.text() };
      },
    });
    assert.equal(errorCode, 0, message);
    await until('the feature to be set', async () => (await transactionVersionOf(broker)) === version);
  } finally {
    await discard(cluster);
  }
}
