import { families, topicOf } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { generationOf } from '@tidemark/topics/generation';
import { numbers } from './cut.ts';
import type { Made } from './journal.ts';
import { feedGroup } from '@tidemark/topics/groups';

/** How far a generation is: records that each part has still before it. */
export type Status = {
  readonly generation: number;
  readonly from: number;
  readonly partitions: number;
  readonly ready: boolean;
  /** Whether all histories are in its topics. */
  readonly history_fed: boolean;
  readonly feeder_behind: number;
  readonly processor_behind: number;
  readonly sink_behind: number;
  /** Whether it has everything that had arrived at the time of the question. */
  readonly caught_up: boolean;
};

/** Few enough to be counted one by one; among more of them the markers of transactions are counted too. */
const countedMax = 10_000;

/** How far a generation is now. */
export async function statusOf(
  client: KafkaClient,
  made: Made,
  { application, sinkGroup }: { readonly application: string; readonly sinkGroup: string },
): Promise<Status> {
  const { KAFKA_PREFIX: prefix } = client.settings;
  const to = generationOf(made.number, prefix);
  const from = generationOf(made.from, prefix);
  const counts = await partitionCounts(client, [from.state, topicOf(families[0]!, prefix)]);
  const feeders = to.own(feedGroup);
  const before = counts.get(from.state) ?? 0;
  const places = numbers(before).flatMap((partition) =>
    [from.state, from.archive, from.counters].map((topic) => ({ topic, partition })),
  );
  const fed = await committedOffsets(client, feeders, places);
  const historyFed = made.isReady && fed.every(({ metadata }) => metadata === 'done');
  // In the order of the flow: what one part has done by then, the next one is asked for.
  const feeder = historyFed
    ? await behind(
        client,
        feeders,
        families.map((family) => topicOf(family, prefix)),
        counts.get(topicOf(families[0]!, prefix)) ?? 0,
      )
    : 0;
  const processor = await behind(client, to.own(application), families.map(to.eventsOf), made.partitions);
  const sink = await behind(client, to.own(sinkGroup), [to.facts], made.partitions);
  return {
    generation: made.number,
    from: made.from,
    partitions: made.partitions,
    ready: made.isReady,
    history_fed: historyFed,
    feeder_behind: feeder,
    processor_behind: processor,
    sink_behind: sink,
    caught_up: historyFed && feeder + processor + sink === 0,
  };
}

/** Records of some topics that a group has not done with. */
async function behind(
  client: KafkaClient,
  group: string,
  topics: readonly string[],
  partitions: number,
): Promise<number> {
  const asked = topics.flatMap((topic) => numbers(partitions).map((partition) => ({ topic, partition })));
  const ofTopics = async (end: 'start' | 'stable-end'): Promise<ReadonlyMap<string, number>> => {
    const found = await Promise.all(
      topics.map(async (topic) =>
        [...(await listOffsets(client, topic, numbers(partitions), end))].map(
          ([partition, offset]): [string, number] => [`${partition} ${topic}`, offset],
        ),
      ),
    );
    return new Map(found.flat());
  };
  const [committed, starts, ends] = await Promise.all([
    committedOffsets(client, group, asked),
    ofTopics('start'),
    ofTopics('stable-end'),
  ]);
  let left = 0;
  for (const { topic, partition, offset } of committed) {
    const place = `${partition} ${topic}`;
    const from = offset ?? starts.get(place)!;
    const distance = ends.get(place)! - from;
    if (distance > countedMax) left += distance;
    else if (distance > 0)
      await readPartitionToEnd(client, {
        topic,
        partition,
        from,
        onRecords: (records) => {
          left += records.length;
        },
      });
  }
  return left;
}
