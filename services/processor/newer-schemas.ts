import { schemaIdIn } from '@tidemark/events/frame';
import { highestSchemaId } from '@tidemark/events/registry';
import type { KafkaClient } from '@tidemark/kafka/client';
import { Failure } from '@tidemark/service/failures';
import { announcedSchemaId } from '@tidemark/topics/announced-schemas';
import type { InboxRecord } from './inbox.ts';

/** The failure of a record of a newer release. `where` names it. */
export function newerSchema(id: number, where: string): Failure {
  return new Failure(
    'schema.newer',
    `${where} has schema id ${id}, of a newer release; this one knows ids up to ${highestSchemaId}. It waits for the newer ` +
      'release and is not set aside: start that one (docs/operate/upgrade.md)',
  );
}

/** Whether a stored event, which was read once, can only be of a newer release. */
export function isNewer(value: Buffer): boolean {
  const id = schemaIdIn(value);
  return id !== undefined && id > highestSchemaId;
}

/**
 * Lets no record of a newer release be taken for a broken one. An id that no release has announced is anybody's.
 *
 * @throws Failure `schema.newer` for the first such record; the smaller batches that follow count all before it.
 */
export async function assertNoNewerSchema(
  client: KafkaClient,
  records: readonly InboxRecord[],
): Promise<void> {
  const unknown = records.flatMap(({ family, record }) => {
    const id = schemaIdIn(record.value);
    return id === undefined || id <= highestSchemaId ? [] : [{ family, id, offset: record.offset }];
  });
  if (unknown.length === 0) return;
  // Asked each time: a release announces its schemas before it writes with them.
  const announced = await announcedSchemaId(client);
  const newer = unknown.find(({ id }) => id <= announced);
  if (newer !== undefined) throw newerSchema(newer.id, `the ${newer.family} event at offset ${newer.offset}`);
}
