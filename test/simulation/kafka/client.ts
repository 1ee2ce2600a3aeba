/** A client of the simulated cluster: the port that the Kafka layer stands on, with its own requests as bytes. */
import type { Broker, Cluster, KafkaClient, PartitionMetadata } from '@tidemark/kafka/client';
import type { Log } from '@tidemark/service/log';
import type { Network } from '../network.ts';
import type { SimulatedProcess } from '../process.ts';
import { brokerOn } from './broker.ts';
import type { SimulatedBroker, SimulatedCluster } from './cluster.ts';
import { ConnectionError, NoCoordinator } from './errors.ts';

const timeoutMs = 15_000;

/** The client of one process. */
export function simulatedClient(
  cluster: SimulatedCluster,
  network: Network,
  process: SimulatedProcess,
  log: Log,
): KafkaClient {
  return {
    log,
    settings: {} as KafkaClient['settings'],
    newCluster: () => new Connections(cluster, network, process),
    newAdmin: () => {
      throw new Error('a simulated process has no admin');
    },
    onTime: () => undefined,
  };
}

/** Connections of one user, as kafkajs's `Cluster`. */
class Connections implements Cluster {
  readonly #cluster: SimulatedCluster;
  readonly #network: Network;
  readonly #process: SimulatedProcess;
  readonly #connections = new Map<number, { arrivedAt: number }>();
  readonly #underWay = new Set<() => void>();
  #isOpen = false;
  #isClosed = false;
  #topics = new Set<string>();
  #metadata = new Map<string, PartitionMetadata[]>();

  constructor(cluster: SimulatedCluster, network: Network, process: SimulatedProcess) {
    this.#cluster = cluster;
    this.#network = network;
    this.#process = process;
  }

  async connect(): Promise<void> {
    if (this.#isClosed) throw new ConnectionError('closed');
    this.#isOpen = true;
    await this.#askAny('connect', (answer) => answer(undefined));
  }

  async disconnect(): Promise<void> {
    this.#isOpen = false;
    this.#isClosed = true;
    for (const cut of this.#underWay) cut();
  }

  async addMultipleTargetTopics(topics: readonly string[]): Promise<void> {
    const before = this.#topics.size;
    for (const topic of topics) this.#topics.add(topic);
    if (this.#topics.size > before) await this.refreshMetadata();
  }

  async refreshMetadata(): Promise<void> {
    this.#metadata = await this.#askAny<Map<string, PartitionMetadata[]>>('metadata', (answer) =>
      answer(new Map([...this.#topics].map((topic) => [topic, this.#metadataOf(topic)]))),
    );
  }

  async refreshMetadataIfNecessary(): Promise<void> {
    if (this.#metadata.size < this.#topics.size) await this.refreshMetadata();
  }

  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[] {
    return this.#metadata.get(topic) ?? [];
  }

  async findBroker({ nodeId }: { nodeId: number }): Promise<Broker> {
    const broker = this.#cluster.brokers[nodeId];
    if (broker?.isUp !== true) throw new ConnectionError('none');
    return this.#brokerOf(broker);
  }

  async findControllerBroker(): Promise<Broker> {
    return this.findBroker(this.#anyUp());
  }

  async findGroupCoordinator({ groupId }: { groupId: string }): Promise<Broker> {
    const found = await this.#askAny<SimulatedBroker | undefined>(`coordinator of ${groupId}`, (answer) =>
      answer(this.#cluster.coordinatorOf(groupId)),
    );
    if (found === undefined) throw new NoCoordinator('nobody coordinates it');
    return this.#brokerOf(found);
  }

  #anyUp(): SimulatedBroker {
    return this.#cluster.brokers.find(({ isUp }) => isUp) ?? this.#cluster.brokers[0]!;
  }

  #metadataOf(topic: string): PartitionMetadata[] {
    return Array.from({ length: this.#cluster.partitionsOf(topic) }, (_, partitionId) => ({
      partitionId,
      leader: this.#cluster.leaderOf({ topic, partition: partitionId }),
      leaderEpoch: 0,
    }));
  }

  async #askAny<Answer>(doing: string, handle: (answer: (given: Answer) => void) => void): Promise<Answer> {
    return this.#ask(this.#anyUp(), doing, handle);
  }

  async #ask<Answer>(
    broker: SimulatedBroker,
    doing: string,
    handle: (answer: (given: Answer) => void) => void,
    waitMs = timeoutMs,
  ): Promise<Answer> {
    if (!this.#isOpen) throw new ConnectionError('closed');
    const connection = this.#connections.get(broker.nodeId) ?? { arrivedAt: 0 };
    this.#connections.set(broker.nodeId, connection);
    const { answer, cut } = this.#network.ask<Answer>({
      process: this.#process,
      doing: `${broker.nodeId} ${doing}`,
      connection,
      timeoutMs: waitMs,
      isUp: () => broker.isUp,
      handle,
      broken: () => new ConnectionError('closed'),
      late: () => new ConnectionError('late'),
    });
    this.#underWay.add(cut);
    return answer.finally(() => this.#underWay.delete(cut));
  }

  #brokerOf(broker: SimulatedBroker): Broker {
    return brokerOn(this.#cluster, broker, async (doing, handle, waitMs) =>
      this.#ask(broker, doing, handle, waitMs),
    );
  }
}
