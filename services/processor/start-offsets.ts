import { topicOf, type Family } from '@tidemark/events/families';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { Failure } from '@tidemark/service/failures';
import { partitionsDiffer, partitionsNoted } from './stamp.ts';
import type { ProcessorContext } from './context.ts';

/**
 * Refuses topics that were given more partitions since the group counted: a partition that is new knows nothing of the
 * others by itself, so the count stands in the metadata of the offsets.
 *
 * @throws Failure `state.foreign`.
 */
async function assertSamePartitions({
  client,
  groupId,
  families,
  partitions,
}: ProcessorContext): Promise<void> {
  const topic = topicOf(families[0]!);
  const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  for (const { metadata } of await committedOffsets(client, groupId, asked)) {
    const noted = partitionsNoted(metadata);
    if (noted !== undefined && noted !== partitions) throw partitionsDiffer(noted, partitions);
  }
}

/**
 * Refuses a state that is gone: with the first offset that a partition's task commits it also writes its stamp.
 *
 * @throws Failure `state.lost`.
 */
async function assertStateKept({ client, groupId }: ProcessorContext, partition: number): Promise<void> {
  const [start, end] = await Promise.all(
    (['start', 'stable-end'] as const).map(async (side) =>
      (await listOffsets(client, 'state', [partition], side)).get(partition),
    ),
  );
  if (start !== end) return;
  throw new Failure(
    'state.lost',
    `group ${groupId} has counted events of partition ${partition}, and partition ${partition} of topic state is empty: ` +
      'entities would begin anew, and repeated events would count again. Nothing was counted. Restore the topic; ' +
      'without a copy, stop all services and count anew as docs/runbooks/state-lost.md says',
  );
}

/**
 * Where a task reads on in each family's partition: at what was committed, else at the beginning. Final only once older
 * owners of the partition are fenced.
 *
 * @throws Failure `state.foreign` when the group counted with another number of partitions, `state.lost` when what it
 *   counted is gone.
 */
export async function startOffsets(
  context: ProcessorContext,
  partition: number,
): Promise<ReadonlyMap<Family, number>> {
  const { client, families, groupId, log } = context;
  await assertSamePartitions(context);
  const asked = families.map((family) => ({ topic: topicOf(family), partition }));
  const committed = await committedOffsets(client, groupId, asked);
  if (committed.some(({ offset }) => offset !== undefined)) await assertStateKept(context, partition);
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
