/**
 * Reads partitions from given offsets, read committed, until it is stopped.
 *
 * The position moves by the offsets that the broker's batches name. So it passes control records and
 * batches that compaction has emptied. One fetch is under way for each leader, over all its partitions
 * that are not paused. A leader that does not answer, or a partition without one, does not keep the others
 * waiting. kafkajs can only read as a member of a group. It delivers a partition again only
 * after the handler has returned, and its position moves by messages.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { type Cluster, discard, type KafkaClient, partitionKey, type TopicPartition } from './client.ts';
import { type Fetched, fetchFrom, type FetchOptions } from './fetch-request.ts';
import { committedRecords, nextOffset } from './patched/committed-records.ts';
import { decompress } from './codecs/index.ts';
import { decodeRecordBatches, type KafkaRecord } from './patched/record-batches.ts';
import { metadataOf } from './offsets.ts';
import { failureOf, passingErrors, wireErrors } from './wire-errors.ts';

export type { KafkaRecord, RecordHeaders } from './patched/record-batches.ts';

/** Records of one partition. */
export type Delivery = TopicPartition & {
  /** The records in order; empty when only the position or an end has moved. */
  readonly records: readonly KafkaRecord[];
  /** The offset at which reading goes on, after control records and removed records. */
  readonly nextOffset: number;
  /** The last stable offset: a reader at this offset has read all committed records. */
  readonly end: number;
  /** Where the next record will go; above `end` while transactions are open. */
  readonly highWatermark: number;
};

/** How a fetcher works, and the functions it calls. */
export type FetcherOptions = Partial<FetchOptions> & {
  /**
   * How long a broker is left alone after a fetch that brought little, in milliseconds; 0 unless given. What comes after a pause
   * is delivered at once. Of a trickle one fetch brings then what many would have brought.
   */
  readonly restMs?: number;
  /** Called with records; it must not wait. What it throws ends the fetcher, by `onFatal`. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** Called once, when reading cannot go on, with a `Failure` or with what `onDelivery` threw. */
  readonly onFatal: (error: unknown) => void;
};

type Reader = TopicPartition & {
  position: number;
  paused: boolean;
  end: number;
};

/** A broker answers as soon as it has a byte, so a long wait costs no time: it saves fetches that bring nothing. */
const defaults: FetchOptions = { maxWaitMs: 500, minBytes: 1, maxBytesPerPartition: 1024 * 1024 };
/** While partitions of the same leader are paused, the others must not make them wait when they are read on. */
const maxWaitBesidePausedMs = 10;
/** A fetch that brings this many bytes is followed by the next one at once: there is more than a trickle. */
const trickleBytesMax = 16 * 1024;
const pauseMs = { first: 50, most: 2_000 };
/** In place of a leader's number, where a partition has none or no broker is at fault alone. */
const nobody = -1;
/** How often it is asked whether a partition has got a leader. */
const leaderPollMs = 500;

/** See the head of the file. Connects when there is something to read, and again whenever brokers go. */
export class PartitionFetcher {
  readonly #client: KafkaClient;
  readonly #options: FetcherOptions;
  readonly #fetch: FetchOptions;
  readonly #readers = new Map<string, Reader>();
  readonly #underWay = new Map<number, Promise<void>>();
  #cluster: Cluster | undefined;
  /** How often in a row a leader, or everybody, did not answer. */
  readonly #failures = new Map<number, number>();
  #stopped = false;
  #signalled = false;
  #wake: () => void = () => undefined;
  #loop: Promise<void> | undefined;

  constructor(client: KafkaClient, options: FetcherOptions) {
    this.#client = client;
    this.#options = options;
    const { maxWaitMs, minBytes, maxBytesPerPartition } = { ...defaults, ...options };
    this.#fetch = { maxWaitMs, minBytes, maxBytesPerPartition };
  }

  /** Reads the partition from `offset` on, whether it was being read before or not. Not paused. */
  read({ topic, partition }: TopicPartition, offset: number): void {
    this.#readers.set(partitionKey({ topic, partition }), {
      topic,
      partition,
      position: offset,
      paused: false,
      end: -1,
    });
    // Deferred, so that what is read from now on, all of it, is in the first fetch.
    this.#loop ??= Promise.resolve().then(() => this.#run());
    this.#signal();
  }

  /** Reads the partition no more; what is under way is dropped. */
  forget(partition: TopicPartition): void {
    this.#readers.delete(partitionKey(partition));
  }

  /** Reads nothing more until `read` is called again. */
  forgetAll(): void {
    this.#readers.clear();
  }

  /** Fetches no more of it until `resume`; one delivery that is under way may still come. */
  pause(partition: TopicPartition): void {
    const reader = this.#readers.get(partitionKey(partition));
    if (reader !== undefined) reader.paused = true;
  }

  /** Goes on where it was. */
  resume(partition: TopicPartition): void {
    const reader = this.#readers.get(partitionKey(partition));
    if (reader === undefined || !reader.paused) return;
    reader.paused = false;
    this.#signal();
  }

  /** Delivers nothing more and closes the connections, within a few seconds. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#readers.clear();
    this.#disconnect();
    this.#signal();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#signalled = false;
      const active = [...this.#readers.values()].filter((reader) => !reader.paused);
      if (active.length > 0) await this.#startFetches(active);
      // Something may have ended or changed while fetches were being started.
      if (!this.#signalled && !this.#stopped) await this.#woken();
    }
  }

  #signal(): void {
    this.#signalled = true;
    this.#wake();
  }

  async #startFetches(active: readonly Reader[]): Promise<void> {
    try {
      const cluster = await this.#connected(active);
      const leaderOf = (reader: Reader): number => metadataOf(cluster, reader).leader;
      for (const [leader, readers] of Map.groupBy(active, leaderOf)) {
        if (this.#underWay.has(leader)) continue;
        const isAnyPaused = [...this.#readers.values()].some(
          (reader) => reader.paused && leaderOf(reader) === leader,
        );
        const maxWaitMs = isAnyPaused
          ? Math.min(maxWaitBesidePausedMs, this.#fetch.maxWaitMs)
          : this.#fetch.maxWaitMs;
        const fetching =
          leader < 0 ? this.#lookForLeader(cluster) : this.#fetchFrom(cluster, leader, readers, maxWaitMs);
        const ended = fetching
          .catch((error: unknown) => this.#failed(error, cluster, leader))
          .finally(() => {
            this.#underWay.delete(leader);
            this.#signal();
          });
        this.#underWay.set(leader, ended);
      }
    } catch (error) {
      await this.#failed(error, this.#cluster, nobody);
      this.#signal();
    }
  }

  async #lookForLeader(cluster: Cluster): Promise<void> {
    await sleep(leaderPollMs);
    await cluster.refreshMetadata();
  }

  async #connected(active: readonly Reader[]): Promise<Cluster> {
    let cluster = this.#cluster;
    if (cluster === undefined) {
      cluster = this.#client.newCluster();
      this.#cluster = cluster;
      await cluster.connect();
    }
    // A fetch that fails meanwhile may give up these connections: then this fails as well, and begins anew.
    await cluster.addMultipleTargetTopics([...new Set(active.map(({ topic }) => topic))]);
    await cluster.refreshMetadataIfNecessary();
    return cluster;
  }

  async #fetchFrom(
    cluster: Cluster,
    leader: number,
    readers: readonly Reader[],
    maxWaitMs: number,
  ): Promise<void> {
    const asked = readers.map(({ topic, partition, position }) => {
      const { leaderEpoch } = metadataOf(cluster, { topic, partition });
      return { topic, partition, offset: position, leaderEpoch };
    });
    const broker = await cluster.findBroker({ nodeId: leader });
    const answers = await fetchFrom(broker, asked, { ...this.#fetch, maxWaitMs });
    let stale = false;
    for (const fetched of answers) {
      const reader = readers.find(
        (one) => one.topic === fetched.topic && one.partition === fetched.partition,
      );
      // Dropped when it was sought elsewhere or forgotten meanwhile: then it is another reader, or none.
      if (reader === undefined || this.#readers.get(partitionKey(reader)) !== reader) continue;
      if (fetched.errorCode !== 0) {
        this.#check(fetched, reader);
        stale = true;
      } else {
        await this.#deliver(fetched, reader);
      }
    }
    if (!stale) {
      this.#failures.delete(leader);
      this.#failures.delete(nobody);
      const bytes = answers.reduce((sum, answer) => sum + answer.bytes.length, 0);
      const { restMs = 0 } = this.#options;
      if (restMs > 0 && bytes > 0 && bytes < trickleBytesMax) await sleep(restMs);
      return;
    }
    await sleep(pauseMs.first);
    await cluster.refreshMetadata();
  }

  /** Ignores temporary errors; throws for the others. */
  #check({ errorCode }: Fetched, { topic, partition, position }: Reader): void {
    if (passingErrors.has(errorCode)) return;
    const where = `partition ${partition} of ${topic}`;
    if (errorCode === wireErrors.offsetOutOfRange) {
      throw new Failure('kafka.offset-gone', `${where} has no offset ${position}`);
    }
    throw new Failure('kafka.refused', `reading ${where} failed with Kafka's error code ${errorCode}`);
  }

  async #deliver(fetched: Fetched, reader: Reader): Promise<void> {
    const batches = await decodeRecordBatches(fetched.bytes, decompress);
    if (this.#readers.get(partitionKey(reader)) !== reader) return;
    const records = committedRecords(batches, fetched.aborted, reader.position);
    const next = nextOffset(batches, reader.position);
    const { topic, partition, lastStableOffset: end, highWatermark } = fetched;
    if (next === reader.position && end === reader.end) return;
    // The partition that was served goes to the end of the list, so that each gets its share.
    this.#readers.delete(partitionKey(reader));
    this.#readers.set(partitionKey(reader), reader);
    reader.position = next;
    reader.end = end;
    try {
      this.#options.onDelivery({ topic, partition, records, nextOffset: next, end, highWatermark });
    } catch (error) {
      this.#fatal(error);
    }
  }

  /**
   * Tries again after a pause, or gives up where that cannot help. The connections to other brokers stay as long as one of
   * them says who leads now.
   */
  async #failed(error: unknown, cluster: Cluster | undefined, leader: number): Promise<void> {
    if (this.#stopped) return;
    const failure = failureOf(error, 'reading');
    if (failure.retry !== 'backoff') {
      this.#fatal(failure);
      return;
    }
    const failures = (this.#failures.get(leader) ?? 0) + 1;
    this.#failures.set(leader, failures);
    this.#client.log.warn({ err: failure, leader, failures }, 'Reading from Kafka failed; trying again.');
    await sleep(Math.min(pauseMs.first * 2 ** (failures - 1), pauseMs.most));
    if (cluster === undefined || cluster !== this.#cluster) return;
    if (leader === nobody || !(await isRefreshed(cluster))) this.#disconnectFrom(cluster);
  }

  #fatal(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#readers.clear();
    this.#disconnect();
    this.#signal();
    this.#options.onFatal(error);
  }

  #disconnectFrom(cluster: Cluster): void {
    if (cluster === this.#cluster) this.#disconnect();
  }

  #disconnect(): void {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    if (cluster !== undefined) void discard(cluster);
  }

  async #woken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

async function isRefreshed(cluster: Cluster): Promise<boolean> {
  return cluster.refreshMetadata().then(
    () => true,
    () => false,
  );
}
