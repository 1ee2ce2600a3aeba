import { Failure } from '@tidemark/service/failures';
import type { Broker, KafkaClient } from './client.ts';
import type { FlexibleReader } from './flexible-reader.ts';
import { sendFlexible } from './flexible-request.ts';
import { list, noTags, text } from './flexible-writer.ts';
import { withCluster } from './offsets.ts';

/** Which topic of which cluster it is, whatever the addresses and the names: both are made anew with the thing itself. */
export type TopicIdentity = {
  readonly clusterId: string;
  /** A UUID, as hexadecimal digits. */
  readonly topicId: string;
};

/** The first version with topic ids (Kafka 2.8), which kafkajs does not speak. */
const version = 10;
/** Asked by its name, not by its id. */
const unnamed = Buffer.alloc(16);

/**
 * The identity of a topic.
 *
 * @throws Failure `kafka.unavailable` when no broker answers or knows the topic for longer than `retryTimeoutMs`.
 * @see https://kafka.apache.org/protocol#The_Messages_Metadata
 */
export async function topicIdentity(
  client: KafkaClient,
  topic: string,
  retryTimeoutMs = 30_000,
): Promise<TopicIdentity> {
  return withCluster(client, `asking for the identity of ${topic}`, retryTimeoutMs, async (cluster) => {
    await cluster.refreshMetadata();
    return ask(await cluster.findControllerBroker(), topic);
  });
}

async function ask(broker: Broker, topic: string): Promise<TopicIdentity> {
  const answer = await sendFlexible(broker, {
    key: 3,
    version,
    name: 'Metadata',
    fields: [
      ...list([topic], (name) => [unnamed, text(name), noTags]),
      Buffer.alloc(3), // do not create, no operations
    ],
    read,
  });
  if (answer.errorCode !== 0)
    throw new Failure('kafka.unavailable', `topic ${topic} is not known (Kafka's error ${answer.errorCode})`);
  return { clusterId: answer.clusterId, topicId: answer.topicId };
}

function read(reader: FlexibleReader): TopicIdentity & { readonly errorCode: number } {
  reader.list(() => {
    reader.skip(4); // its number
    reader.text();
    reader.skip(4); // its port
    reader.text();
    reader.tags();
  });
  const clusterId = reader.text();
  reader.skip(4); // the controller
  if (reader.unsigned() < 2)
    throw new Failure('kafka.protocol', 'metadata without the topic that was asked for');
  const errorCode = reader.int16();
  reader.text();
  return { clusterId, topicId: reader.hex(16), errorCode };
}
