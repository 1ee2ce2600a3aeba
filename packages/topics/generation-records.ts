/** The records of the topic of the generations: which there are, which serves, and what is announced beside. */
import type { KafkaClient } from '@tidemark/kafka/client';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { sharedTopics } from './generation.ts';

/** A record to write; `null` deletes it. */
export function generationSend(client: KafkaClient, key: string, value: Buffer | null): Send {
  return { topic: topicIn(client), partition: 0, records: [{ key: Buffer.from(key), value }] };
}

function topicIn({ settings }: KafkaClient): string {
  return sharedTopics(settings.KAFKA_PREFIX).generations;
}

/**
 * Writes one record.
 *
 * @throws Failure `kafka.unavailable`, `kafka.topics` without the topic of the generations.
 */
export async function publishOfGenerations(client: KafkaClient, key: string, value: Buffer): Promise<void> {
  const producer = new IdempotentProducer(client);
  try {
    await producer.send([generationSend(client, key, value)]);
  } finally {
    await producer.close();
  }
}

/** The last value of each key. */
export async function lastOfGenerations(client: KafkaClient): Promise<ReadonlyMap<string, Buffer>> {
  const values = new Map<string, Buffer>();
  await readPartitionToEnd(client, {
    topic: topicIn(client),
    partition: 0,
    from: 0,
    onRecords(records) {
      for (const { key, value } of records)
        if (value === null) values.delete(String(key));
        else values.set(String(key), value);
    },
  });
  return values;
}
