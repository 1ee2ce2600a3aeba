/**
 * A client of one Kafka cluster, with types for the parts of kafkajs that this folder builds on. The
 * consumer and the producer of kafkajs are not used: their faults (3 to 9) are above the wire.
 */
import type { ReportedTime } from '@tidemark/service/clocks';
import type { Log } from '@tidemark/service/log';
import { within } from '@tidemark/service/shutdown';
import { type Admin, Kafka } from './kafkajs.ts';
import { kafkajsLog } from './log.ts';
import { connectionOf, kafkaSettingsIn, type KafkaSettings } from './settings.ts';
import { Sockets } from './sockets.ts';

/** Access to the brokers. The modules that use it open the connections. */
export type KafkaClient = {
  readonly log: Log;
  /** What it was opened with. */
  readonly settings: KafkaSettings;
  /** A set of connections of its own, not yet connected. */
  readonly newCluster: () => Cluster;
  /** kafkajs's admin, not yet connected. */
  readonly newAdmin: () => Admin;
  /** Hears what time it is by the brokers' clocks, with each answer that has it. */
  readonly onTime: (time: ReportedTime) => void;
};

/** Who leads a partition: −1 for nobody. The epoch counts the leaders. */
export type PartitionMetadata = {
  readonly partitionId: number;
  readonly leader: number;
  readonly leaderEpoch: number;
};

/** kafkajs's connections to a cluster: the methods of its internal `Cluster` used here. */
export type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(node: { nodeId: number }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(group: { groupId: string; coordinatorType: 0 | 1 }): Promise<Broker>;
};

/** One of a topic's partitions. */
export type TopicPartition = { readonly topic: string; readonly partition: number };

/** A text for a topic and a partition, as the key of a map. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}

/** An offset of one of a group's partitions, as it is committed. */
export type OffsetOf = TopicPartition & { readonly offset: number; readonly metadata?: string };

type Transaction = { transactionalId: string; producerId: number | string; producerEpoch: number };
type OffsetTopics = {
  topic: string;
  partitions: { partition: number; offset: string; metadata: string | null }[];
}[];
type Member = { groupId: string; memberId: string };

/** A connected broker: the requests of kafkajs's internal `Broker` used here. They throw its protocol errors. */
export type Broker = {
  readonly nodeId: number;
  /** The requests that it knows, by their key; `null` before it was asked. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null;
  readonly connectionPool: { send(request: WireRequest): Promise<unknown> };
  initProducerId(request: {
    transactionalId?: string;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(
    request: Transaction & { topics: { topic: string; partitions: number[] }[] },
  ): Promise<unknown>;
  addOffsetsToTxn(request: Transaction & { groupId: string }): Promise<unknown>;
  offsetCommit(request: Member & { groupGenerationId: number; topics: OffsetTopics }): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<{
    responses: {
      topic: string;
      partitions: { partition: number; offset: string; metadata: string | null }[];
    }[];
  }>;
  listOffsets(request: {
    isolationLevel: 0 | 1;
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  leaveGroup(request: Member): Promise<unknown>;
};

/** A request in the form kafkajs's connections take: they add the header and match the answer. */
export type WireRequest = {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<unknown>;
    readonly parse: (decoded: unknown) => Promise<unknown>;
  };
  readonly requestTimeout?: number;
};

/** How long kafkajs waits for an answer before it gives a request up. */
const requestTimeoutMs = 15_000;

/**
 * A client for the cluster that the settings name. Connects to nothing yet.
 *
 * @param onTime Hears what time it is by the brokers' clocks.
 */
export function openKafka(
  settings: KafkaSettings,
  log: Log,
  onTime: KafkaClient['onTime'] = () => undefined,
): KafkaClient {
  const kafkaOn = (sockets: Sockets): Kafka =>
    new Kafka({
      ...connectionOf(settings),
      socketFactory: sockets.factory,
      connectionTimeout: 5_000,
      requestTimeout: requestTimeoutMs,
      // Few and short retries: the modules that use it try again with new connections.
      retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 4 },
      logCreator: kafkajsLog(log),
    });
  const opened = <Connections extends Closing>(made: (kafka: Kafka) => Connections): Connections => {
    const sockets = new Sockets();
    const connections = made(kafkaOn(sockets));
    socketsOf.set(connections, sockets);
    return connections;
  };
  const options = { metadataMaxAge: 60_000, allowAutoTopicCreation: false };
  return {
    log,
    settings: kafkaSettingsIn(settings),
    newCluster: () => opened((kafka) => clusterFactory(kafka)(options)),
    newAdmin: () => opened((kafka) => kafka.admin()),
    onTime,
  };
}

/** What has connections of kafkajs. */
type Closing = { disconnect(): Promise<void> };

const socketsOf = new WeakMap<Closing, Sockets>();

/**
 * Closes connections without waiting for long: kafkajs hangs while requests are under way. None is opened again, whoever still
 * has one of the brokers.
 */
export async function discard(connections: Closing): Promise<void> {
  await within(2_000, 'Kafka connections', connections.disconnect()).catch(() => undefined);
  socketsOf.get(connections)?.close();
}

type ClusterOptions = { metadataMaxAge: number; allowAutoTopicCreation: boolean };

/** kafkajs keeps the maker of its connections under a symbol; 2.2.4 is pinned, so it is there. */
function clusterFactory(kafka: Kafka): (options: ClusterOptions) => Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  return (kafka as unknown as Record<symbol, (options: ClusterOptions) => Cluster>)[symbol!]!;
}
