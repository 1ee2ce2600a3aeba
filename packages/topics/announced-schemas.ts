/** Up to which id schemas are in use: so an older release takes no record of a newer one for a broken one. */
import { highestSchemaId } from '@tidemark/events/registry';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { sharedTopics } from './generation.ts';
import { lastOfGenerations, publishOfGenerations } from './generation-records.ts';

/** Key of the record that has the highest id, as decimal text. */
export const schemasKey = 'schemas';

/** The highest schema id that a release has announced; 0 when none has. */
export async function announcedSchemaId(client: KafkaClient): Promise<number> {
  const { generations } = sharedTopics(client.settings.KAFKA_PREFIX);
  if (!(await partitionCounts(client, [generations])).has(generations)) return 0;
  return Number((await lastOfGenerations(client)).get(schemasKey)?.toString() ?? 0);
}

/** Announces the schemas of this release, unless a newer one has announced its own. */
export async function announceSchemas(client: KafkaClient): Promise<void> {
  if ((await announcedSchemaId(client)) >= highestSchemaId) return;
  await publishOfGenerations(client, schemasKey, Buffer.from(String(highestSchemaId)));
}
