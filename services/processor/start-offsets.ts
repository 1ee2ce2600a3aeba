import type { Family } from '@tidemark/events/families';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { Failure } from '@tidemark/service/failures';
import { type Positions, resumed } from './positions.ts';
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
  names,
  partitions,
}: ProcessorContext): Promise<void> {
  const topic = names.eventsOf(families[0]!);
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
async function assertStateKept(
  { client, groupId, names }: ProcessorContext,
  partition: number,
): Promise<void> {
  const [start, end] = await Promise.all(
    (['start', 'stable-end'] as const).map(async (side) =>
      (await listOffsets(client, names.state, [partition], side)).get(partition),
    ),
  );
  if (start !== end) return;
  throw new Failure(
    'state.lost',
    `group ${groupId} has counted events of partition ${partition}, and partition ${partition} of topic ${names.state} is empty: ` +
      'entities would begin anew, and repeated events would count again. Nothing was counted. Restore the topic; ' +
      'without a copy, stop all services and count anew as docs/runbooks/state-lost.md says',
  );
}

/**
 * The offsets that the group has committed for a partition, by family. Final only once older owners of the partition are
 * fenced.
 *
 * @throws Failure `state.foreign` when the group counted with another number of partitions, `state.lost` when what it
 *   counted is gone.
 */
export async function offsetsOfGroup(context: ProcessorContext, partition: number): Promise<Positions> {
  const { client, families, groupId, names } = context;
  await assertSamePartitions(context);
  const asked = families.map((family) => ({ topic: names.eventsOf(family), partition }));
  const answers = await committedOffsets(client, groupId, asked);
  const committed = families.flatMap((family, index): [Family, number][] => {
    const offset = answers[index]?.offset;
    return offset === undefined ? [] : [[family, offset]];
  });
  if (committed.length > 0) await assertStateKept(context, partition);
  return new Map(committed);
}

/**
 * Where a task reads on in each family's partition: where its state stands, else its group, else at the beginning.
 *
 * @param committed From `offsetsOfGroup`.
 * @param counted What the restored state has taken in; `undefined` when it has nothing yet.
 * @throws Failure `state.lost` when the state is behind the group, `events.deleted` when Kafka has deleted what was not counted.
 */
export async function startOffsets(
  { client, families, groupId, names, log, passesOverDeleted }: ProcessorContext,
  partition: number,
  committed: Positions,
  counted: Positions | undefined,
): Promise<Positions> {
  const { starts, recovered } = resumed({ partition, groupId, families, committed, counted });
  if (recovered.length > 0)
    log.warn(
      { partition, families: recovered },
      'Kafka has forgotten offsets, or they were set back; going on where the state stands.',
    );
  const kept = families.map(async (family): Promise<[Family, number]> => {
    const topic = names.eventsOf(family);
    const beginning = (await listOffsets(client, topic, [partition], 'start')).get(partition) ?? 0;
    const offset = starts.get(family) ?? 0;
    const isKnown = committed.has(family) || counted?.has(family) === true;
    if (isKnown && offset < beginning) {
      if (!passesOverDeleted) throw deleted(topic, partition, offset, beginning);
      log.error({ topic, partition, offset, beginning }, 'Records were deleted before they were counted.');
    }
    return [family, Math.max(offset, beginning)];
  });
  return new Map(await Promise.all(kept));
}

function deleted(topic: string, partition: number, offset: number, beginning: number): Failure {
  return new Failure(
    'events.deleted',
    `Kafka has deleted the records of partition ${partition} of ${topic} from offset ${offset} to ${beginning - 1} before ` +
      'they were counted. Nothing was counted. Restore the topic from a mirror; or, to go on without them, start with ' +
      'PROCESSOR_PASSES_OVER_DELETED=true, and publish again what the senders still have: docs/runbooks/state-refused.md',
  );
}
