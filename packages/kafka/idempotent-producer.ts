/**
 * Writes outside transactions: acknowledged by all replicas, each record once and in order within its
 * partition for as long as the producer lives.
 *
 * **Delivery guarantee.** A send that resolves is written once. A send that is rejected as
 * `kafka.unavailable` may be written or not. Publish it again with the same `event_id`: it counts once.
 * **Back pressure.** One round of batches is under way for each leader. Later sends wait and go with the next
 * round. `waiting` is their size; the caller refuses work by it. A leader that is away, or a partition without
 * one, keeps nobody waiting but who sends to it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { type KafkaClient, partitionKey } from './client.ts';
import { type ProducerConnection, ProducerConnections } from './producer-connections.ts';
import { encodedSize } from './record-batch-encoder.ts';
import { planSends, type Send } from './send-plan.ts';
import { failureOf } from './wire-errors.ts';

export type { OutgoingRecord } from './record-batch-encoder.ts';
export type { Send } from './send-plan.ts';

/** Records that are sent and not yet acknowledged. */
export type Waiting = { readonly records: number; readonly bytes: number };

type Order = Waiting & {
  readonly deadline: number;
  /** How many of its sends are not yet acknowledged. */
  left: number;
  readonly resolve: () => void;
  readonly reject: (failure: Failure) => void;
};

/** What an order sends to one partition. */
type Part = { readonly order: Order; readonly send: Send; readonly key: string; readonly bytes: number };

const reconnectPauseMs = 200;
/** What one round takes: some ten batches. */
const roundBytesMax = 8 * 1024 * 1024;
/** In place of a leader's number, for partitions that have none. */
const nobody = -1;

/** See the head of the file. Connects with the first send, and again whenever brokers go. */
export class IdempotentProducer {
  readonly #log: KafkaClient['log'];
  readonly #deliveryTimeoutMs: number;
  readonly #expiry: NodeJS.Timeout;
  /** Those not yet settled. */
  readonly #orders = new Set<Order>();
  /** Parts that wait for a round, in the order of the calls. */
  #parts: Part[] = [];
  readonly #busyLeaders = new Set<number>();
  readonly #busyPartitions = new Set<string>();
  /** Resolved when a round ends, or a part comes that need not wait for one. */
  #changed = Promise.withResolvers<void>();
  readonly #connections: ProducerConnections;
  #isRunning = false;
  #closed = false;

  /** @param deliveryTimeoutMs How long a send may wait for its acknowledgement until it is rejected. */
  constructor(client: KafkaClient, deliveryTimeoutMs = 30_000) {
    this.#log = client.log;
    this.#connections = new ProducerConnections(client);
    this.#deliveryTimeoutMs = deliveryTimeoutMs;
    this.#expiry = setInterval(() => this.#expire(), 250).unref();
  }

  /** Records that wait or are under way. */
  get waiting(): Waiting {
    return [...this.#orders].reduce(
      (sum, { records, bytes }) => ({ records: sum.records + records, bytes: sum.bytes + bytes }),
      { records: 0, bytes: 0 },
    );
  }

  /** Connects; for a readiness check at the start. Sending does it as well. */
  async connect(): Promise<void> {
    await this.#connections.ready([]);
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
    const sized = sends
      .filter(({ records }) => records.length > 0)
      .map((send) => ({
        send,
        key: partitionKey(send),
        bytes: send.records.reduce((sum, record) => sum + encodedSize(record), 0),
      }));
    if (sized.length === 0) return Promise.resolve();
    const written = Promise.withResolvers<void>();
    const order: Order = {
      records: sized.reduce((sum, { send }) => sum + send.records.length, 0),
      bytes: sized.reduce((sum, { bytes }) => sum + bytes, 0),
      deadline: performance.now() + this.#deliveryTimeoutMs,
      left: sized.length,
      resolve: written.resolve,
      reject: written.reject,
    };
    this.#orders.add(order);
    const parts = sized.map((part) => ({ order, ...part }));
    this.#parts.push(...parts);
    if (!this.#isRunning) void this.#run();
    else if (parts.some((part) => !this.#isBusy(part))) this.#signal();
    return written.promise;
  }

  /** Waits for what was sent, no longer than `ms`, then closes the connections and rejects what is left. */
  async close(ms = 5_000): Promise<void> {
    this.#closed = true;
    const deadline = performance.now() + ms;
    while (this.#orders.size > 0 && performance.now() < deadline) await sleep(10);
    clearInterval(this.#expiry);
    const left = new Failure('kafka.unavailable', 'the producer was closed before this was acknowledged');
    this.#parts = [];
    for (const order of this.#orders) this.#reject(order, left);
    this.#signal();
    await this.#connections.close();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // A turn of the event loop lets everything that is sent at the same time go together.
    await sleep(0);
    while (this.#parts.length > 0) {
      const changed = this.#changed.promise;
      const connection = await this.#ready();
      if (connection !== undefined && !this.#startRounds(connection) && this.#parts.length > 0) await changed;
    }
    // At once after the look at what waits, so that no order can slip in between and wait for ever.
    this.#isRunning = false;
  }

  #signal(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Whether the part has to wait for a round that is under way. */
  #isBusy({ key, send }: Part): boolean {
    if (this.#busyPartitions.has(key)) return true;
    const writer = this.#connections.current?.writer;
    return writer !== undefined && this.#busyLeaders.has(writer.leaderOf(send) ?? nobody);
  }

  /**
   * Starts a round for each leader that has none under way.
   *
   * @returns Whether one was started.
   */
  #startRounds(connection: ProducerConnection): boolean {
    const rounds = new Map<number, Part[]>();
    const bytes = new Map<number, number>();
    /** Partitions of which an earlier part has to wait: later ones must not overtake it. */
    const blocked = new Set(this.#busyPartitions);
    this.#parts = this.#parts.filter((part) => {
      const leader = connection.writer.leaderOf(part.send) ?? nobody;
      const full = (bytes.get(leader) ?? 0) + part.bytes > roundBytesMax && rounds.has(leader);
      if (blocked.has(part.key) || this.#busyLeaders.has(leader) || full) {
        blocked.add(part.key);
        return true;
      }
      const round = rounds.get(leader);
      if (round === undefined) rounds.set(leader, [part]);
      else round.push(part);
      bytes.set(leader, (bytes.get(leader) ?? 0) + part.bytes);
      return false;
    });
    for (const [leader, parts] of rounds) void this.#write(connection, leader, parts);
    return rounds.size > 0;
  }

  async #write(connection: ProducerConnection, leader: number, parts: readonly Part[]): Promise<void> {
    const keys = new Set(parts.map(({ key }) => key));
    this.#busyLeaders.add(leader);
    for (const key of keys) this.#busyPartitions.add(key);
    this.#connections.begin(connection);
    try {
      await this.#writeWith(connection, parts);
    } catch (error) {
      const failure = failureOf(error, 'publishing');
      for (const { order } of parts) this.#reject(order, failure);
      this.#log.warn({ err: failure, leader, parts: parts.length }, 'Records were not acknowledged.');
      // Which of them are written is unknown: their numbers cannot be used again.
      this.#connections.retire(connection);
    } finally {
      this.#busyLeaders.delete(leader);
      for (const key of keys) this.#busyPartitions.delete(key);
      this.#connections.end(connection);
      this.#signal();
    }
  }

  async #writeWith(connection: ProducerConnection, parts: readonly Part[]): Promise<void> {
    const deadline = Math.min(...parts.map(({ order }) => order.deadline));
    const refused = new Map<string, Failure>();
    for (const round of planSends(parts.map(({ send }) => send))) {
      const leftMs = Math.max(1_000, deadline - performance.now());
      const outcome = await connection.writer.write(round, Date.now(), leftMs);
      for (const one of outcome.refused) refused.set(partitionKey(one), one.failure);
    }
    for (const { order, key } of parts) {
      const failure = refused.get(key);
      if (failure !== undefined) this.#reject(order, failure);
      else this.#written(order);
    }
    // These numbers the broker does not know any more: begin with new ones.
    if ([...refused.values()].some(({ retry }) => retry === 'restart')) this.#connections.retire(connection);
  }

  #written(order: Order): void {
    order.left -= 1;
    if (order.left > 0) return;
    this.#orders.delete(order);
    order.resolve();
  }

  #reject(order: Order, failure: Failure): void {
    this.#orders.delete(order);
    order.reject(failure);
  }

  /** Connections for rounds; `undefined` when there are none, and orders that cannot wait were rejected. */
  async #ready(): Promise<ProducerConnection | undefined> {
    try {
      return await this.#connections.ready([...new Set(this.#parts.map(({ send }) => send.topic))]);
    } catch (error) {
      const failure = failureOf(error, 'preparing to publish');
      const canWait = failure.retry === 'backoff';
      this.#drop(failure, ({ deadline }) => !canWait || deadline < performance.now() + reconnectPauseMs);
      if (canWait && this.#parts.length > 0) await sleep(reconnectPauseMs);
      return undefined;
    }
  }

  #expire(): void {
    const now = performance.now();
    const failure = new Failure('kafka.unavailable', `not sent within ${this.#deliveryTimeoutMs} ms`);
    this.#drop(failure, ({ deadline }) => deadline < now);
  }

  /** Rejects orders of which a part waits. */
  #drop(failure: Failure, isOver: (order: Order) => boolean): void {
    const over = new Set(this.#parts.map(({ order }) => order).filter(isOver));
    if (over.size === 0) return;
    this.#parts = this.#parts.filter(({ order }) => !over.has(order));
    for (const order of over) this.#reject(order, failure);
  }
}
