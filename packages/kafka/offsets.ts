import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import {
  type Cluster,
  discard,
  type KafkaClient,
  type OffsetOf,
  type PartitionMetadata,
  type TopicPartition,
} from './client.ts';
import { failureOf, isConnectionError } from './wire-errors.ts';

/** Where connections come from: made for a call, or kept for the next ones. */
export type Connections = KafkaClient | KeptConnections;

/**
 * An end of a partition: `start` is its first record, `end` is where the next record will go. Up to
 * `stable-end` every transaction is decided, so a read-committed reader can read up to there.
 */
export type End = 'start' | 'stable-end' | 'end';

/** Where a group stands in a partition. */
export type CommittedOffset = TopicPartition & {
  /** The next offset to read; `undefined` when nothing was ever committed. */
  readonly offset: number | undefined;
  readonly metadata: string;
};

const retryAfterMs = 100;
const timestampOf = { start: -2, 'stable-end': -1, end: -1 } as const;

/**
 * Offsets of one end of the partitions of a topic.
 *
 * @throws Failure `kafka.unavailable` when brokers or leaders are away for longer than `retryTimeoutMs`;
 * `kafka.topics` when a partition does not exist.
 */
export async function listOffsets(
  client: Connections,
  topic: string,
  partitions: readonly number[],
  end: End,
  retryTimeoutMs = 30_000,
): Promise<ReadonlyMap<number, number>> {
  const doing = `looking for the ${end} of ${topic}`;
  return withCluster(client, doing, retryTimeoutMs, async (cluster) => {
    await cluster.addMultipleTargetTopics([topic]);
    await cluster.refreshMetadata();
    const leaders = Map.groupBy(partitions, (partition) => leaderOf(cluster, { topic, partition }));
    const answers = await Promise.all(
      [...leaders].map(([leader, led]) => offsetsOnLeader(cluster, topic, leader, led, end)),
    );
    return new Map(answers.flat());
  });
}

async function offsetsOnLeader(
  cluster: Cluster,
  topic: string,
  leader: number,
  partitions: readonly number[],
  end: End,
): Promise<[number, number][]> {
  const broker = await cluster.findBroker({ nodeId: leader });
  const asked = partitions.map((partition) => ({ partition, timestamp: timestampOf[end] }));
  const isolationLevel = end === 'stable-end' ? 1 : 0;
  const { responses } = await broker.listOffsets({ isolationLevel, topics: [{ topic, partitions: asked }] });
  const found = new Map(responses[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return partitions.map((partition) => {
    const offset = found.get(partition);
    if (offset === undefined) throw new Failure('kafka.unavailable', `no answer for partition ${partition}`);
    return [partition, offset];
  });
}

/** A partition's leader as last heard of. Throws when the partition does not exist or has none. */
export function leaderOf(cluster: Cluster, where: TopicPartition): number {
  const { leader } = metadataOf(cluster, where);
  if (leader < 0)
    throw new Failure('kafka.unavailable', `partition ${where.partition} of ${where.topic} has no leader`);
  return leader;
}

/** What was last heard of a partition's leader, who may be away. Throws when the partition does not exist. */
export function metadataOf(cluster: Cluster, { topic, partition }: TopicPartition): PartitionMetadata {
  const known = cluster.findTopicPartitionMetadata(topic);
  const found = known.find((one) => one.partitionId === partition);
  if (found !== undefined) return found;
  throw new Failure('kafka.topics', `topic ${topic} has no partition ${partition}; it has ${known.length}`);
}

/**
 * Where the group stands. Transactions of a fenced producer are decided, so that after
 * `TransactionalProducer.fence()` these are final.
 *
 * @throws Failure `kafka.unavailable` when the coordinator is away for longer than `retryTimeoutMs`.
 */
export async function committedOffsets(
  client: Connections,
  groupId: string,
  asked: readonly TopicPartition[],
  retryTimeoutMs = 30_000,
): Promise<readonly CommittedOffset[]> {
  return withCluster(client, `reading the offsets of group ${groupId}`, retryTimeoutMs, async (cluster) => {
    await cluster.refreshMetadata();
    const coordinator = await cluster.findGroupCoordinator({ groupId, coordinatorType: 0 });
    const topics = [...Map.groupBy(asked, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(({ partition }) => ({ partition })),
    }));
    const { responses } = await coordinator.offsetFetch({ groupId, topics });
    const found = responses.flatMap(({ topic, partitions }) => partitions.map((one) => ({ topic, ...one })));
    return asked.map(({ topic, partition }) => {
      const one = found.find((answer) => answer.topic === topic && answer.partition === partition);
      if (one === undefined)
        throw new Failure('kafka.unavailable', `no offset of partition ${partition} of ${topic}`);
      const offset = Number(one.offset);
      return { topic, partition, offset: offset < 0 ? undefined : offset, metadata: one.metadata ?? '' };
    });
  });
}

/** Offsets in the form the protocol takes them. */
export function offsetTopics(
  offsets: readonly OffsetOf[],
): { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[] {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata: metadata ?? null,
    })),
  }));
}

/**
 * Connections that stay open from one call to the next, for who asks again and again: new ones cost the broker more than
 * what is asked. For one call at a time. They are made anew after a failure.
 */
export class KeptConnections {
  readonly #client: KafkaClient;
  #cluster: Cluster | undefined;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  /** Opens them where none are open. Those of a call that fails are not used again. */
  async use<Result>(work: (cluster: Cluster) => Promise<Result>): Promise<Result> {
    const kept = this.#cluster;
    const cluster = kept ?? this.#client.newCluster();
    this.#cluster = undefined;
    try {
      if (kept === undefined) await cluster.connect();
      const result = await work(cluster);
      this.#cluster = cluster;
      return result;
    } catch (error) {
      void discard(cluster);
      throw error;
    }
  }

  /** Closes them, within two seconds. */
  async close(): Promise<void> {
    if (this.#cluster !== undefined) await discard(this.#cluster);
    this.#cluster = undefined;
  }
}

/** Does `work`, again with new connections while brokers, leaders or coordinators are away. */
export async function withCluster<Result>(
  source: Connections,
  doing: string,
  retryTimeoutMs: number,
  work: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + retryTimeoutMs;
  for (;;) {
    const connections = source instanceof KeptConnections ? source : new KeptConnections(source);
    try {
      return await connections.use(work);
    } catch (error) {
      const failure = failureOf(error, doing);
      const isPassing = failure.code === 'kafka.unavailable' || isConnectionError(error);
      if (!isPassing || performance.now() > deadline) throw failure;
      await sleep(retryAfterMs);
    } finally {
      if (connections !== source) void connections.close();
    }
  }
}
