/** Up to which id schemas are in use: so an older release takes no record of a newer one for a broken one. */
import { highestSchemaId } from '@tidemark/events/registry';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { generationsTopic } from './generation.ts';

/** Key of the record that has the highest id, as decimal text. */
export const schemasKey = 'schemas';

/** The highest schema id that a release has announced; 0 when none has. */
export async function announcedSchemaId(client: KafkaClient): Promise<number> {
  let highest = 0;
  if (!(await partitionCounts(client, [generationsTopic])).has(generationsTopic)) return highest;
  await readPartitionToEnd(client, {
    topic: generationsTopic,
    partition: 0,
    from: 0,
    onRecords(records) {
      for (const { key, value } of records)
        if (key?.toString() === schemasKey && value !== null) highest = Number(value.toString());
    },
  });
  return highest;
}

/** Announces the schemas of this release, unless a newer one has announced its own. */
export async function announceSchemas(client: KafkaClient): Promise<void> {
  if ((await announcedSchemaId(client)) >= highestSchemaId) return;
  const producer = new IdempotentProducer(client);
  const record = { key: Buffer.from(schemasKey), value: Buffer.from(String(highestSchemaId)) };
  try {
    await producer.send([{ topic: generationsTopic, partition: 0, records: [record] }]);
  } finally {
    await producer.close();
  }
}
