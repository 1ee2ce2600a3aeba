/**
 * Writes outside transactions: acknowledged by all replicas, each record once and in order within its
 * partition for as long as the producer lives.
 *
 * **Delivery guarantee.** A send that resolves is written once. A send that is rejected as
 * `kafka.unavailable` may be written or not. Publish it again with the same `event_id`: it counts once.
 * **Back pressure.** One round of batches is under way at a time. Later sends wait and go with the next
 * round. `waiting` is their size; the caller refuses work by it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { type Cluster, discard, type KafkaClient } from './client.ts';
import { encodedSize } from './record-batch-encoder.ts';
import { planSends, type Send } from './send-plan.ts';
import { type Refused, SequencedWriter } from './sequenced-writer.ts';
import { failureOf } from './wire-errors.ts';

export type { OutgoingRecord } from './record-batch-encoder.ts';
export type { Send } from './send-plan.ts';

/** Records that are sent and not yet acknowledged. */
export type Waiting = { readonly records: number; readonly bytes: number };

type Order = {
  readonly sends: readonly Send[];
  readonly records: number;
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (failure: Failure) => void;
};

type Open = { readonly cluster: Cluster; readonly writer: SequencedWriter };

const reconnectPauseMs = 200;
/** What one round takes: some ten batches. */
const roundBytesMax = 8 * 1024 * 1024;

/** See the head of the file. Connects with the first send, and again whenever brokers go. */
export class IdempotentProducer {
  readonly #client: KafkaClient;
  readonly #deliveryTimeoutMs: number;
  readonly #expiry: NodeJS.Timeout;
  #queue: Order[] = [];
  #underWay: readonly Order[] = [];
  #open: Open | undefined;
  #isRunning = false;
  #closed = false;

  /** @param deliveryTimeoutMs How long a send may wait for its acknowledgement until it is rejected. */
  constructor(client: KafkaClient, deliveryTimeoutMs = 30_000) {
    this.#client = client;
    this.#deliveryTimeoutMs = deliveryTimeoutMs;
    this.#expiry = setInterval(() => this.#expire(), 250).unref();
  }

  /** Records that wait or are under way. */
  get waiting(): Waiting {
    const orders = [...this.#queue, ...this.#underWay];
    return orders.reduce(
      (sum, { records, bytes }) => ({ records: sum.records + records, bytes: sum.bytes + bytes }),
      {
        records: 0,
        bytes: 0,
      },
    );
  }

  /** Connects; for a readiness check at the start. Sending does it as well. */
  async connect(): Promise<void> {
    this.#open ??= await this.#connect();
  }

  /**
   * Writes the records, each send to its own partition, and resolves once all of them are acknowledged.
   * Sends to a partition are written in the order of the calls.
   *
   * @throws Failure `kafka.unavailable`: unknown, send it again. `kafka.refused`: some partition's
   * records of this call are not written and never will be.
   */
  send(sends: readonly Send[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Failure('kafka.refused', 'the producer is closed'));
    const all = sends.flatMap(({ records }) => records);
    if (all.length === 0) return Promise.resolve();
    const bytes = all.reduce((sum, record) => sum + encodedSize(record), 0);
    const deadline = performance.now() + this.#deliveryTimeoutMs;
    const written = new Promise<void>((resolve, reject) => {
      this.#queue.push({ sends, records: all.length, bytes, deadline, resolve, reject });
    });
    if (!this.#isRunning) void this.#run();
    return written;
  }

  /** Waits for what was sent, no longer than `ms`, then closes the connections and rejects what is left. */
  async close(ms = 5_000): Promise<void> {
    this.#closed = true;
    const deadline = performance.now() + ms;
    while (this.#isRunning && performance.now() < deadline) await sleep(10);
    clearInterval(this.#expiry);
    const left = new Failure('kafka.unavailable', 'the producer was closed before this was acknowledged');
    for (const order of [...this.#queue.splice(0), ...this.#underWay]) order.reject(left);
    await this.#disconnect();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // A turn of the event loop lets everything that is sent at the same time go together.
    await sleep(0);
    while (this.#queue.length > 0) {
      this.#underWay = this.#take();
      try {
        await this.#write(this.#underWay);
      } catch (error) {
        const failure = failureOf(error, 'publishing');
        for (const order of this.#underWay) order.reject(failure);
        this.#client.log.warn(
          { err: failure, orders: this.#underWay.length },
          'Records were not acknowledged.',
        );
        // Which of them are written is unknown: their numbers cannot be used again.
        await this.#disconnect();
      } finally {
        this.#underWay = [];
      }
    }
    // At once after the look into the queue, so that no order can slip in between and wait for ever.
    this.#isRunning = false;
  }

  /** The oldest orders, as many as go into one round; one at least. */
  #take(): Order[] {
    const taken: Order[] = [];
    let bytes = 0;
    for (const order of this.#queue) {
      bytes += order.bytes;
      if (taken.length > 0 && bytes > roundBytesMax) break;
      taken.push(order);
    }
    this.#queue = this.#queue.slice(taken.length);
    return taken;
  }

  async #write(orders: readonly Order[]): Promise<void> {
    const deadline = Math.min(...orders.map((order) => order.deadline));
    const sends = orders.flatMap((order) => order.sends).filter(({ records }) => records.length > 0);
    const writer = await this.#ready([...new Set(sends.map(({ topic }) => topic))], deadline);
    const refused: Refused[] = [];
    for (const round of planSends(sends)) {
      const leftMs = Math.max(1_000, deadline - performance.now());
      refused.push(...(await writer.write(round, Date.now(), leftMs)).refused);
    }
    const isRefused = ({ topic, partition }: Send): Refused | undefined =>
      refused.find((one) => one.topic === topic && one.partition === partition);
    for (const order of orders) {
      const own = order.sends.map(isRefused).find((one) => one !== undefined);
      if (own === undefined) order.resolve();
      else order.reject(own.failure);
    }
    // These numbers the broker does not know any more: begin with new ones.
    if (refused.some(({ failure }) => failure.retry === 'restart')) await this.#disconnect();
  }

  /** A writer that knows who leads the topics; tried again until the deadline, for nothing is written yet. */
  async #ready(topics: readonly string[], deadline: number): Promise<SequencedWriter> {
    for (;;) {
      try {
        this.#open ??= await this.#connect();
        await this.#open.cluster.addMultipleTargetTopics(topics);
        await this.#open.cluster.refreshMetadataIfNecessary();
        return this.#open.writer;
      } catch (error) {
        const failure = failureOf(error, 'preparing to publish');
        await this.#disconnect();
        if (failure.retry !== 'backoff' || performance.now() + reconnectPauseMs > deadline) throw failure;
        await sleep(reconnectPauseMs);
      }
    }
  }

  async #connect(): Promise<Open> {
    const cluster = this.#client.newCluster();
    try {
      await cluster.connect();
      await cluster.refreshMetadata();
      const broker = await cluster.findControllerBroker();
      const given = await broker.initProducerId({ transactionTimeout: 60_000 });
      const identity = { producerId: Number(given.producerId), producerEpoch: given.producerEpoch };
      return { cluster, writer: new SequencedWriter(cluster, identity, null, this.#client.onTime) };
    } catch (error) {
      void discard(cluster);
      throw failureOf(error, 'connecting the producer');
    }
  }

  async #disconnect(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await discard(open.cluster);
  }

  #expire(): void {
    const now = performance.now();
    const late = this.#queue.filter((order) => order.deadline < now);
    if (late.length === 0) return;
    this.#queue = this.#queue.filter((order) => order.deadline >= now);
    const failure = new Failure('kafka.unavailable', `not sent within ${this.#deliveryTimeoutMs} ms`);
    for (const order of late) order.reject(failure);
  }
}
