import { Failure } from '@tidemark/service/failures';
import { type Cluster, discard, type KafkaClient } from './client.ts';
import { SequencedWriter } from './sequenced-writer.ts';
import { failureOf } from './wire-errors.ts';

/** Connections to the brokers under one producer id. */
export type ProducerConnection = {
  readonly cluster: Cluster;
  readonly writer: SequencedWriter;
  /** How many rounds are under way with it. */
  rounds: number;
  /** Whether numbers of it are in doubt: no further round begins with it. */
  isRetired: boolean;
};

/** The connections of an idempotent producer: those for new rounds, and older ones with which a last round is under way. */
export class ProducerConnections {
  readonly #client: KafkaClient;
  readonly #all = new Set<ProducerConnection>();
  #current: ProducerConnection | undefined;
  #isClosed = false;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  /** Those for new rounds, if they are open. */
  get current(): ProducerConnection | undefined {
    return this.#current;
  }

  /**
   * Those for new rounds, opened where there are none, which know who leads the topics.
   *
   * @throws Failure; then they are not used again.
   */
  async ready(topics: readonly string[]): Promise<ProducerConnection> {
    try {
      const current = (this.#current ??= await this.#open());
      await current.cluster.addMultipleTargetTopics(topics);
      await current.cluster.refreshMetadataIfNecessary();
      return current;
    } catch (error) {
      if (this.#current !== undefined) this.retire(this.#current);
      throw failureOf(error, 'preparing to publish');
    }
  }

  /** A round begins. */
  begin(one: ProducerConnection): void {
    one.rounds += 1;
  }

  /** A round has ended. */
  end(one: ProducerConnection): void {
    one.rounds -= 1;
    this.#discardIfDone(one);
  }

  /** Starts no further round with it: which of its numbers are written is unknown. Rounds to other leaders end first. */
  retire(one: ProducerConnection): void {
    one.isRetired = true;
    if (this.#current === one) this.#current = undefined;
    this.#discardIfDone(one);
  }

  /** Closes all, within two seconds; none is opened again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#current = undefined;
    await Promise.all([...this.#all].map(({ cluster }) => discard(cluster)));
  }

  #discardIfDone(one: ProducerConnection): void {
    if (!one.isRetired || one.rounds > 0) return;
    this.#all.delete(one);
    void discard(one.cluster);
  }

  async #open(): Promise<ProducerConnection> {
    const cluster = this.#client.newCluster();
    try {
      await cluster.connect();
      await cluster.refreshMetadata();
      const broker = await cluster.findControllerBroker();
      const given = await broker.initProducerId({ transactionTimeout: 60_000 });
      if (this.#isClosed) throw new Failure('kafka.refused', 'the producer is closed');
      const identity = { producerId: Number(given.producerId), producerEpoch: given.producerEpoch };
      const writer = new SequencedWriter(cluster, identity, null, this.#client.onTime);
      const opened: ProducerConnection = { cluster, writer, rounds: 0, isRetired: false };
      this.#all.add(opened);
      return opened;
    } catch (error) {
      void discard(cluster);
      throw failureOf(error, 'connecting the producer');
    }
  }
}
