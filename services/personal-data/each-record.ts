import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';

/** Hands over all committed records of a topic, partition by partition; a topic that does not exist has none. */
export async function eachRecord(
  client: KafkaClient,
  topic: string,
  take: (record: KafkaRecord, partition: number) => void,
): Promise<void> {
  const partitions = (await partitionCounts(client, [topic])).get(topic) ?? 0;
  for (let partition = 0; partition < partitions; partition++)
    await readPartitionToEnd(client, {
      topic,
      partition,
      from: 0,
      onRecords(records) {
        for (const record of records) take(record, partition);
      },
    });
}
