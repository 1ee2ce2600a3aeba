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
  readonly topic: string;
  readonly entityKey: string;
  readonly value: Buffer;
  /** The trace it is part of, where that is recorded. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** How events are sent. */
export type SenderOptions = {
  readonly client: KafkaClient;
  /** Bytes of events taken and not yet acknowledged; more are for the caller to hold back. */
  readonly bytesMax: number;
  /** How long an event is tried, in milliseconds. */
  readonly patienceMs: number;
  /** How long events wait for others to go with them, in milliseconds; 0 not to wait. */
  readonly lingerMs: number;
};

type Parcel = {
  readonly records: EventRecord[];
  bytes: number;
  readonly sent: Promise<void>;
  readonly post: () => void;
};

const topics = families.map(topicOf);
/** A parcel of this size waits for nothing. */
const parcelBytesMax = 512 * 1024;
/** What a record costs in memory beside its key and value, roughly. */
const overheadBytes = 200;
/** How often Kafka is asked whether it is there, while nothing else tells: soon once it is away. */
const probeEveryMs = 500;
const quietMs = 5_000;

/** An event's record: framed Avro, keyed by its entity. */
export function recordOf(event: Event): EventRecord {
  return { topic: topicOf(familyOf(event.type)), entityKey: entityKeyOf(event), value: encodeEvent(event) };
}

/**
 * Events to their topics, each to the partition of its entity, by an idempotent producer. Knows whether Kafka is there,
 * and how much is under way.
 */
export class EventSender {
  readonly #options: SenderOptions;
  readonly #producer: IdempotentProducer;
  readonly #closing = new AbortController();
  readonly #waitingForRoom: (() => void)[] = [];
  #partitions: ReadonlyMap<string, number> = new Map();
  #unavailable: Failure | undefined = new Failure('kafka.unavailable', 'not connected yet');
  #parcel: Parcel | undefined;
  #bytes = 0;
  #heardAt = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#producer = new IdempotentProducer(options.client, options.patienceMs);
  }

  /** Why Kafka can't be written to now; `undefined` while it can. */
  get unavailable(): Failure | undefined {
    return this.#unavailable;
  }

  /** Bytes taken and not yet acknowledged or given up. */
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
      const counts = await partitionCounts(this.#options.client, topics);
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
   * Looks for Kafka and its topics again and again, for as long as the patience.
   *
   * @throws Failure as `connect`.
   */
  async connectPatiently(): Promise<void> {
    const deadline = performance.now() + this.#options.patienceMs;
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

  /** Looks for Kafka whenever nothing has been heard of it for a while, until closed. */
  async watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const before = this.#unavailable;
      const quiet = before !== undefined || performance.now() - this.#heardAt > quietMs;
      if (quiet) await this.connect().catch(() => undefined);
      this.#tell(before);
      await sleep(probeEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (this.isFull) await new Promise<void>((resolve) => void this.#waitingForRoom.push(resolve));
  }

  /**
   * Takes events, whatever the room, and resolves once Kafka has acknowledged all of them.
   *
   * @throws Failure `kafka.unavailable`: some may be written and some not; sent again each counts once.
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

  /** Waits for what was taken, no longer than the patience, and disconnects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#parcel?.post();
    await this.#producer.close(this.#options.patienceMs);
  }

  #packed(records: readonly EventRecord[], bytes: number): Promise<void> {
    if (this.#options.lingerMs === 0) return this.#producer.send(this.#sendsOf(records));
    const parcel = (this.#parcel ??= this.#newParcel());
    for (const record of records) parcel.records.push(record);
    parcel.bytes += bytes;
    if (parcel.bytes > parcelBytesMax) parcel.post();
    return parcel.sent;
  }

  #newParcel(): Parcel {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => parcel.post(), this.#options.lingerMs);
    const parcel: Parcel = {
      records: [],
      bytes: 0,
      sent: promise.then(() => this.#producer.send(this.#sendsOf(parcel.records))),
      post: () => {
        clearTimeout(timer);
        if (this.#parcel === parcel) this.#parcel = undefined;
        resolve();
      },
    };
    return parcel;
  }

  #sendsOf(records: readonly EventRecord[]): Send[] {
    const sends = new Map<string, { topic: string; partition: number; records: OutgoingRecord[] }>();
    for (const { topic, entityKey, value, headers } of records) {
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

  #tell(before: Failure | undefined): void {
    const { log } = this.#options.client;
    const now = this.#unavailable;
    if (now !== undefined && before === undefined) log.warn({ err: now }, 'Kafka can not be written to.');
    if (now === undefined && before !== undefined) log.info('Kafka can be written to.');
  }
}
