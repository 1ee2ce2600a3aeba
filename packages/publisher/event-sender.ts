import { setTimeout as sleep } from 'node:timers/promises';
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { families, topicOf } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { IdempotentProducer, type OutgoingRecord, type Send } from '@tidemark/kafka/idempotent-producer';
import { partitionOf } from '@tidemark/events/partition-of';
import { failureOf } from '@tidemark/kafka/wire-errors';
import { Failure } from '@tidemark/service/failures';

/** An event as it goes to its topic. */
export type EventRecord = {
  /** The topic, without `KAFKA_PREFIX`. */
  readonly topic: string;
  readonly entityKey: string;
  readonly value: Buffer;
  /** The trace it is part of, where that is recorded. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** How events are sent. */
export type SenderOptions = {
  readonly client: KafkaClient;
  /** Bytes of accepted events that are not acknowledged. Above this limit the caller must wait. */
  readonly bytesMax: number;
  /** How long the sender tries to publish an event, in milliseconds. */
  readonly deliveryTimeoutMs: number;
  /** How long events wait for others to go with them, in milliseconds; with 0 they do not wait. */
  readonly lingerMs: number;
};

type Batch = {
  readonly records: EventRecord[];
  bytes: number;
  readonly sent: Promise<void>;
  readonly post: () => void;
};

/** A batch of this size is sent at once. */
const batchBytesMax = 512 * 1024;
/** What a record costs in memory beside its key and value, roughly. */
const overheadBytes = 200;
/** How often the sender checks that Kafka answers: every half second while Kafka is away, else after a quiet time. */
const probeEveryMs = 500;
const quietMs = 5_000;

/** An event's record: framed Avro, keyed by its entity. */
export function recordOf(event: Event): EventRecord {
  return {
    topic: topicOf(familyOf(event.type), ''),
    entityKey: entityKeyOf(event),
    value: encodeEvent(event),
  };
}

/**
 * Publishes events, each to the partition of its entity, by an idempotent producer. It knows whether Kafka answers, and
 * how many bytes are under way.
 */
export class EventSender {
  readonly #options: SenderOptions;
  readonly #producer: IdempotentProducer;
  readonly #closing = new AbortController();
  readonly #waitingForRoom: (() => void)[] = [];
  #partitions: ReadonlyMap<string, number> = new Map();
  #unavailable: Failure | undefined = new Failure('kafka.unavailable', 'not connected yet');
  #batch: Batch | undefined;
  #bytes = 0;
  #heardAt = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#producer = new IdempotentProducer(options.client, options.deliveryTimeoutMs);
  }

  /** The reason why Kafka cannot be written to now; `undefined` while it can. */
  get unavailable(): Failure | undefined {
    return this.#unavailable;
  }

  /** Bytes of events that are neither acknowledged nor given up. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#options.bytesMax;
  }

  /**
   * Looks for Kafka and its topics.
   *
   * @throws Failure `kafka.unavailable`, or `kafka.topics` when topics are missing.
   */
  async connect(): Promise<void> {
    try {
      const { client } = this.#options;
      const topics = families.map((family) => topicOf(family, client.settings.KAFKA_PREFIX));
      const counts = await partitionCounts(client, topics);
      const missing = topics.filter((topic) => !counts.has(topic));
      if (missing.length > 0)
        throw new Failure(
          'kafka.topics',
          `no topics ${missing.join(', ')}; start the system once, or make them`,
        );
      this.#partitions = counts;
      if (this.#unavailable !== undefined) await this.#producer.connect();
      this.#unavailable = undefined;
      this.#heardAt = performance.now();
    } catch (error) {
      this.#unavailable = failureOf(error, 'looking for Kafka');
      throw this.#unavailable;
    }
  }

  /**
   * Connects, with retries until the delivery timeout.
   *
   * @throws Failure as `connect`.
   */
  async connectWithRetries(): Promise<void> {
    const deadline = performance.now() + this.#options.deliveryTimeoutMs;
    for (;;) {
      try {
        return await this.connect();
      } catch (error) {
        const { retry } = failureOf(error, 'looking for Kafka');
        if (retry === 'never' || performance.now() + probeEveryMs > deadline) throw error;
        await sleep(probeEveryMs);
      }
    }
  }

  /** Checks that Kafka answers whenever it has been quiet for some seconds, until it is closed. */
  async watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const before = this.#unavailable;
      const quiet = before !== undefined || performance.now() - this.#heardAt > quietMs;
      if (quiet) await this.connect().catch(() => undefined);
      this.#logChange(before);
      await sleep(probeEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => void this.#waitingForRoom.push(resolve));
  }

  /**
   * Sends events, whatever the room, and resolves once Kafka has acknowledged all of them.
   *
   * @throws Failure `kafka.unavailable`: some may be written and some not. They can be sent again: each counts once.
   */
  async send(records: readonly EventRecord[]): Promise<void> {
    if (this.#partitions.size === 0) await this.connect();
    const bytes = records.reduce(
      (sum, { entityKey, value }) => sum + entityKey.length + value.length + overheadBytes,
      0,
    );
    this.#bytes += bytes;
    try {
      await this.#packed(records, bytes);
      this.#heardAt = performance.now();
    } finally {
      this.#bytes -= bytes;
      if (!this.isFull) for (const resolve of this.#waitingForRoom.splice(0)) resolve();
    }
  }

  /** Waits for the events under way, no longer than the delivery timeout, and disconnects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#batch?.post();
    await this.#producer.close(this.#options.deliveryTimeoutMs);
  }

  #packed(records: readonly EventRecord[], bytes: number): Promise<void> {
    if (this.#options.lingerMs === 0) return this.#producer.send(this.#sendsOf(records));
    const batch = (this.#batch ??= this.#newBatch());
    for (const record of records) batch.records.push(record);
    batch.bytes += bytes;
    if (batch.bytes > batchBytesMax) batch.post();
    return batch.sent;
  }

  #newBatch(): Batch {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => batch.post(), this.#options.lingerMs);
    const batch: Batch = {
      records: [],
      bytes: 0,
      sent: promise.then(() => this.#producer.send(this.#sendsOf(batch.records))),
      post: () => {
        clearTimeout(timer);
        if (this.#batch === batch) this.#batch = undefined;
        resolve();
      },
    };
    return batch;
  }

  #sendsOf(records: readonly EventRecord[]): Send[] {
    const sends = new Map<string, { topic: string; partition: number; records: OutgoingRecord[] }>();
    const { KAFKA_PREFIX: prefix } = this.#options.client.settings;
    for (const { topic: name, entityKey, value, headers } of records) {
      const topic = `${prefix}${name}`;
      const partition = partitionOf(entityKey, this.#partitions.get(topic)!);
      const where = `${partition} ${topic}`;
      const key = Buffer.from(entityKey);
      const record = headers === undefined ? { key, value } : { key, value, headers };
      const send = sends.get(where);
      if (send === undefined) sends.set(where, { topic, partition, records: [record] });
      else send.records.push(record);
    }
    return [...sends.values()];
  }

  #logChange(before: Failure | undefined): void {
    const { log } = this.#options.client;
    const now = this.#unavailable;
    if (now !== undefined && before === undefined) log.warn({ err: now }, 'Kafka can not be written to.');
    if (now === undefined && before !== undefined) log.info('Kafka can be written to.');
  }
}
