import { decodeCounters } from '@tidemark/events/counter-codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { Family } from '@tidemark/events/families';
import { bucketOfKey } from '@tidemark/runtime/counters';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { listOffsets } from '@tidemark/kafka/offsets';
import { type Follow, followPartitions, type Following } from '@tidemark/kafka/restore';
import { Failure } from '@tidemark/service/failures';
import { followForgotten } from '@tidemark/topics/forgotten';
import type { Generation } from '@tidemark/topics/generation';
import type { Finding } from './detect/finding.ts';
import type { Rule } from './rules/rule.ts';
import { CountedThrough } from './series/counted-through.ts';
import { CustomersLost } from './series/customers-lost.ts';
import { SeriesStore, type Instant } from './series/series-store.ts';

/** The data that rules are evaluated on, kept up to date from Kafka alone. */
export type Feed = {
  readonly series: SeriesStore;
  readonly dataThrough: (families: readonly Family[]) => Instant | undefined;
  readonly customersOf: (rule: Rule, finding: Finding) => readonly string[];
  /** Resolves once the counters are read up to where they ended when the feed was opened. */
  readonly caughtUp: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Records of facts that are read from before the start, so that customers lost during a restart are known as well. */
const factRecordsBack = 5_000;
/** Rules are evaluated every few seconds: what comes within a quarter of a second is fetched together. */
const feedRestMs = 250;

async function recentFacts(
  client: KafkaClient,
  topic: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const [starts, ends] = await Promise.all([
    listOffsets(client, topic, partitions, 'start'),
    listOffsets(client, topic, partitions, 'stable-end'),
  ]);
  return new Map(
    [...ends].map(([partition, end]) => [partition, Math.max(starts.get(partition)!, end - factRecordsBack)]),
  );
}

/**
 * Follows the counters from their beginning, and the facts from shortly before now. From the facts it takes only how far
 * each partition is counted, and which customers were lost or have scheduled a cancellation. It needs no ClickHouse.
 */
export async function openFeed(
  client: KafkaClient,
  { counters: topic, facts: factsTopic }: Pick<Generation, 'counters' | 'facts'>,
  onFatal: (error: unknown) => void,
): Promise<Feed> {
  const partitions = (await partitionCounts(client, [topic])).get(topic);
  if (partitions === undefined) throw new Failure('kafka.topics', `the topic ${topic} does not exist yet`);
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const series = new SeriesStore();
  const through = new CountedThrough(all);
  const lost = new CustomersLost();
  const codec = factBlockCodec();
  const takeFacts = (kind: string, bytes: Buffer): void => {
    if (kind === 'progress') through.take(codec.decode(kind, bytes).facts);
    else if (lost.takes(kind)) lost.take(kind, codec.decode(kind, bytes).facts);
  };

  const opened: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(opened.map((close) => close()));
  };
  const follow = async (wanted: Follow): Promise<Following> => {
    const following = await followPartitions(client, wanted);
    opened.push(following.stop);
    return following;
  };
  try {
    const from = await recentFacts(client, factsTopic, all);
    await follow({
      topic: factsTopic,
      partitions: all,
      from,
      restMs: feedRestMs,
      onDelivery: ({ records }) => {
        for (const { key, value } of records) if (value !== null) takeFacts(key?.toString() ?? '', value);
      },
      onFatal,
    });
    const counters = await follow({
      topic,
      partitions: all,
      restMs: feedRestMs,
      onDelivery: ({ partition, records }) => {
        for (const { key, value } of records)
          if (value !== null) series.apply(partition, decodeCounters(value));
          else if (key !== null) series.remove(partition, bucketOfKey(key.toString()));
      },
      onFatal,
    });

    const { forgotten, stop: stopForgotten } = await followForgotten(client, onFatal);
    opened.push(stopForgotten);
    return {
      series,
      dataThrough: (families) => through.of(families),
      customersOf: (rule, finding) =>
        lost.of(rule, finding).filter((customer) => forgotten.of('customer_id', customer) === undefined),
      caughtUp: counters.caughtUp,
      stop,
    };
  } catch (error) {
    // Whoever asks again opens all anew.
    await stop();
    throw error;
  }
}
