import { topicOf, type Family } from '@tidemark/events/families';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import type { ProcessorContext } from './context.ts';

/**
 * Where a task reads on in each family's partition: at what was committed, else at the beginning. Final only once older
 * owners of the partition are fenced.
 */
export async function startOffsets(
  { client, families, groupId, log }: ProcessorContext,
  partition: number,
): Promise<ReadonlyMap<Family, number>> {
  const asked = families.map((family) => ({ topic: topicOf(family), partition }));
  const committed = await committedOffsets(client, groupId, asked);
  const starts = await Promise.all(
    families.map(async (family, index): Promise<[Family, number]> => {
      const topic = topicOf(family);
      const beginning = (await listOffsets(client, topic, [partition], 'start')).get(partition) ?? 0;
      const offset = committed[index]?.offset;
      if (offset !== undefined && offset < beginning)
        log.error({ topic, partition, offset, beginning }, 'Records were deleted before they were counted.');
      return [family, Math.max(offset ?? 0, beginning)];
    }),
  );
  return new Map(starts);
}
