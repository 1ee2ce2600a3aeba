import { setTimeout as sleep } from 'node:timers/promises';
import { families, type Family, topicOf } from '@tidemark/events/families';
import {
  type Cluster,
  discard,
  type KafkaClient,
  partitionKey,
  type TopicPartition,
} from '@tidemark/kafka/client';
import { leaderOf } from '@tidemark/kafka/offsets';
import { failureOf } from '@tidemark/kafka/wire-errors';
import type { Generation } from '@tidemark/topics/generation';
import type { HistoryReader, HistoryState } from './history-reader.ts';
import { OffsetMeter, type RateSample } from './offset-meter.ts';

/** The state of the pipeline. It is known without ClickHouse. */
export type PipelineState = {
  /** When it was looked at last. */
  readonly as_of: string;
  readonly kafka: 'up' | 'away';
  /** Since when Kafka is as it is; `null` until it was asked. */
  readonly kafka_since: string | null;
  readonly clickhouse: HistoryState;
  readonly events_per_second: number | null;
  readonly families: readonly { readonly family: string; readonly events_per_second: number }[];
  /** Events received and not counted yet; `null` while Kafka does not answer. */
  readonly processor_lag: number | null;
  /** Records of facts that are not in ClickHouse yet; control records of transactions are among them. */
  readonly sink_lag: number | null;
};

/** Watches the pipeline from outside. */
export type PipelineWatch = {
  readonly state: () => PipelineState;
  readonly samples: () => readonly RateSample[];
  readonly stop: () => Promise<void>;
};

/** What is watched. */
export type WatchOptions = {
  readonly client: KafkaClient;
  /** What is counted, and in how many partitions. */
  readonly names: Generation;
  readonly partitions: number;
  /** Partitions of the topics in which events arrive. */
  readonly received: number;
  /** The groups, without the generation’s suffix. */
  readonly processorGroup: string;
  readonly sinkGroup: string;
  readonly history: HistoryReader;
  readonly now: () => number;
};

const everyMs = 2_000;
const historyEvery = 3;
/** A look that takes longer is given up, and Kafka counts as away. */
const lookTimeoutMs = 6_000;

/** Looks every two seconds, over connections that stay open. It never throws: a failure means that Kafka is away. */
export function watchPipeline(options: WatchOptions): PipelineWatch {
  const { client, history, now } = options;
  const stopping = new AbortController();
  const meter = new OffsetMeter();
  let cluster: Cluster | undefined;
  let kafka: PipelineState['kafka'] = 'up';
  let since: number | null = null;
  let lags: Lags | undefined;
  let lookedAt = now();

  const turn = (to: PipelineState['kafka']): void => {
    if (kafka !== to || since === null) since = now();
    kafka = to;
  };
  const look = async (): Promise<void> => {
    cluster ??= await connected(options);
    const seen = await offsetsOf(cluster, options);
    lags = seen.lags;
    meter.take({ at: now(), ends: seen.ends });
  };
  const run = async (): Promise<void> => {
    for (let looks = 0; !stopping.signal.aborted; looks++) {
      if (looks % historyEvery === 0) void history.look();
      try {
        await withinTimeout(look());
        turn('up');
      } catch (error) {
        if (kafka === 'up' && !stopping.signal.aborted) {
          client.log.warn(
            { err: failureOf(error, 'watching the pipeline') },
            'Kafka does not answer with its offsets.',
          );
        }
        lags = undefined;
        if (cluster !== undefined) void discard(cluster);
        cluster = undefined;
        turn('away');
      }
      lookedAt = now();
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    samples: () => meter.samples,
    state: () => ({
      as_of: new Date(lookedAt).toISOString(),
      kafka,
      kafka_since: since === null ? null : new Date(since).toISOString(),
      clickhouse: history.state(),
      events_per_second: kafka === 'up' ? meter.rate : null,
      families: kafka === 'up' ? meter.rates : [],
      processor_lag: lags?.processor ?? null,
      sink_lag: lags?.sink ?? null,
    }),
    stop: async () => {
      stopping.abort();
      await running;
      if (cluster !== undefined) await discard(cluster);
    },
  };
}

type Lags = { readonly processor: number; readonly sink: number };

/** Where events of a family arrive. */
const topicIn = ({ settings }: KafkaClient, family: Family): string => topicOf(family, settings.KAFKA_PREFIX);

async function connected({ client, names }: WatchOptions): Promise<Cluster> {
  const cluster = client.newCluster();
  try {
    await cluster.connect();
    const topics = new Set([
      ...families.map((family) => topicIn(client, family)),
      ...families.map(names.eventsOf),
      names.facts,
    ]);
    await cluster.addMultipleTargetTopics([...topics]);
    await cluster.refreshMetadata();
    return cluster;
  } catch (error) {
    void discard(cluster);
    throw error;
  }
}

/** A broker that has gone may leave a request without an answer for long. */
async function withinTimeout(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${lookTimeoutMs} ms`)), lookTimeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Work that is given up may fail later, and nobody waits for it.
    work.catch(() => undefined);
  }
}

async function offsetsOf(
  cluster: Cluster,
  { client, names, partitions, received, processorGroup, sinkGroup }: WatchOptions,
): Promise<{ ends: Map<string, number>; lags: Lags }> {
  await cluster.refreshMetadataIfNecessary();
  const of = (topic: string, count: number): TopicPartition[] =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const arrived = families.flatMap((family) => of(topicIn(client, family), received));
  const events = families.flatMap((family) => of(names.eventsOf(family), partitions));
  const facts = of(names.facts, partitions);
  const [ends, counted, stored] = await Promise.all([
    endsOf(cluster, [...arrived, ...(names.number === 1 ? [] : events), ...facts]),
    committedOf(cluster, names.own(processorGroup), events),
    committedOf(cluster, names.own(sinkGroup), facts),
  ]);
  const lag = (asked: readonly TopicPartition[], committed: ReadonlyMap<string, number>): number =>
    asked.reduce((sum, one) => {
      const key = partitionKey(one);
      return sum + Math.max(0, (ends.get(key) ?? 0) - (committed.get(key) ?? 0));
    }, 0);
  return {
    ends: new Map(
      families.map((family) => [
        family,
        of(topicIn(client, family), received).reduce(
          (sum, one) => sum + (ends.get(partitionKey(one)) ?? 0),
          0,
        ),
      ]),
    ),
    lags: { processor: lag(events, counted), sink: Math.max(0, lag(facts, stored) - partitions) },
  };
}

async function endsOf(cluster: Cluster, asked: readonly TopicPartition[]): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  const leaders = Map.groupBy(asked, (one) => leaderOf(cluster, one));
  await Promise.all(
    [...leaders].map(async ([nodeId, led]) => {
      const broker = await cluster.findBroker({ nodeId });
      const topics = [...Map.groupBy(led, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
        topic,
        partitions: ofTopic.map(({ partition }) => ({ partition, timestamp: -1 })),
      }));
      // Up to where every transaction is decided: beyond that nobody can be behind.
      const { responses } = await broker.listOffsets({ isolationLevel: 1, topics });
      for (const { topic, partitions } of responses)
        for (const { partition, offset } of partitions)
          ends.set(partitionKey({ topic, partition }), Number(offset));
    }),
  );
  return ends;
}

async function committedOf(
  cluster: Cluster,
  groupId: string,
  asked: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const coordinator = await cluster.findGroupCoordinator({ groupId, coordinatorType: 0 });
  const topics = [...Map.groupBy(asked, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition }) => ({ partition })),
  }));
  const { responses } = await coordinator.offsetFetch({ groupId, topics });
  const committed = new Map<string, number>();
  for (const { topic, partitions } of responses)
    for (const { partition, offset } of partitions)
      committed.set(partitionKey({ topic, partition }), Math.max(0, Number(offset)));
  return committed;
}
