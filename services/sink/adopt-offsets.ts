import type { ClickHouseClient } from '@clickhouse/client';
import { type Output, printDone } from '@tidemark/command/output';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { topicIdentity } from '@tidemark/kafka/topic-identity';
import { Failure } from '@tidemark/service/failures';
import type { Generation } from '@tidemark/topics/generation';
import { recordPositions } from './positions.ts';
import { clickHouseTables } from './tables.ts';

/**
 * Records the offsets of the sinks' group with tables that have no positions, because a release without positions filled
 * them. See docs/runbooks/sink-positions.md.
 *
 * @throws Failure `sink.positions` when the tables have positions, or the group has no offsets.
 */
export async function adoptOffsets({
  kafka,
  clickhouse,
  generation: { store, facts: topic },
  group,
  output,
}: {
  readonly kafka: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly generation: Pick<Generation, 'store' | 'facts'>;
  readonly group: string;
  readonly output: Output;
}): Promise<void> {
  const tables = clickHouseTables(clickhouse, store);
  if ((await tables.positions(topic)).length > 0)
    throw new Failure(
      'sink.positions',
      'The tables have positions: there is nothing to adopt, start the sink',
    );
  const partitions = (await partitionCounts(kafka, [topic])).get(topic) ?? 0;
  const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const offsets = (await committedOffsets(kafka, group, asked)).flatMap(({ partition, offset, metadata }) =>
    offset === undefined ? [] : [{ topic, partition, offset, metadata, recoveries: 0 }],
  );
  if (offsets.length === 0)
    throw new Failure(
      'sink.positions',
      `Group ${group} has no offsets: nobody knows what the tables have. Fill them anew, see docs/runbooks/sink-positions.md`,
    );
  const { clusterId, topicId } = await topicIdentity(kafka, topic);
  await recordPositions(tables, { group, clusterId, topicId }, offsets, new AbortController().signal, {
    recorded: () => undefined,
    insertFailed: (_, failure) =>
      kafka.log.warn({ err: failure }, 'ClickHouse did not take the positions; trying again.'),
  });
  const sentence = `The offsets of ${offsets.length} partitions are recorded with the tables.`;
  printDone(output, { group, partitions: offsets.length }, sentence);
}
