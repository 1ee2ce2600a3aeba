/** How far the pipeline is, by offsets. */
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';

/** Records of a topic that a group has not done with. */
export type Behind = {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly records: number;
};

/**
 * What a group has not done with yet, partition by partition; empty when it has done with everything. Control records,
 * which only transactions know of, are nothing.
 */
export async function behind(
  client: KafkaClient,
  groupId: string,
  topics: readonly string[],
  partitions: number,
): Promise<Behind[]> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const asked = topics.flatMap((topic) => numbers.map((partition) => ({ topic, partition })));
  const committed = await committedOffsets(client, groupId, asked);
  const ends = new Map(
    await Promise.all(
      topics.map(async (topic) => [topic, await listOffsets(client, topic, numbers, 'end')] as const),
    ),
  );
  const left: Behind[] = [];
  for (const { topic, partition, offset: from = 0 } of committed) {
    const end = ends.get(topic)?.get(partition) ?? 0;
    if (from >= end) continue;
    const records = await recordsFrom(client, topic, partition, from);
    if (records > 0) left.push({ topic, partition, from, records });
  }
  return left;
}

async function recordsFrom(
  client: KafkaClient,
  topic: string,
  partition: number,
  from: number,
): Promise<number> {
  let found = 0;
  await readPartitionToEnd(client, {
    topic,
    partition,
    from,
    stallMs: 15_000,
    onRecords: (records) => {
      found += records.length;
    },
  });
  return found;
}
