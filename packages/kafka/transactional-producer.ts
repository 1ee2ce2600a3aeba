/**
 * How a task writes: outputs and offsets in one Kafka transaction, all or nothing.
 *
 * It speaks the protocol itself, over kafkajs's connections. A transaction is three requests: records, offsets, end. Where the
 * cluster has transactions of version 1 it is five: partitions and group are added to it first. The producer of kafkajs makes
 * some seventeen, and after a failed end it throws for ever (its faults 4 to 7 and 9).
 *
 * There is no state to recover: after any failure the producer is broken for good. The caller drops it
 * with all that it computed, makes a new one, fences, reads the committed offsets and begins there.
 *
 * With version 2 each transaction has an epoch of its own, so an end without an answer is sent again: it can end no other. With
 * version 1 it is sent once, because it could end a later transaction.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, isFailure } from '@tidemark/service/failures';
import {
  type Broker,
  type Cluster,
  discard,
  type KafkaClient,
  type OffsetOf,
  type TopicPartition,
} from './client.ts';
import { Coordinators } from './coordinators.ts';
import { planSends, type Send } from './send-plan.ts';
import { type ProducerIdentity, SequencedWriter, type Written } from './sequenced-writer.ts';
import { type AskingProducer, commitOffsetsIn, endTransaction } from './transaction-requests.ts';
import { type TransactionVersion, transactionVersionOf } from './transaction-version.ts';
import { failureOf } from './wire-errors.ts';

export type { OutgoingRecord } from './record-batch-encoder.ts';
export type { Send } from './send-plan.ts';
export type { Written } from './sequenced-writer.ts';

/** What one transaction publishes and how far it has read. */
export type TransactionContent = {
  readonly sends: readonly Send[];
  /** The next offset to read of each partition, for the group. */
  readonly offsets: readonly OffsetOf[];
  readonly groupId: string;
};

/** How a transactional producer behaves. */
export type TransactionalOptions = {
  /** Fixed for the task: a new producer of the same id fences the old one. */
  readonly transactionalId: string;
  /** The broker aborts what is left open for longer. */
  readonly transactionTimeoutMs?: number;
  /** For how long passing errors before the commit are tried again. */
  readonly retryTimeoutMs?: number;
};

type Ready = { readonly producer: AskingProducer; readonly writer: SequencedWriter };

/** See the head of the file. Not to be used by two callers at a time. */
export class TransactionalProducer {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #transactionTimeoutMs: number;
  readonly #retryTimeoutMs: number;
  readonly #coordinators: Coordinators;
  #ready: Ready | undefined;
  #broken: Failure | undefined;
  #busy = false;

  constructor(client: KafkaClient, options: TransactionalOptions) {
    this.#client = client;
    this.#cluster = client.newCluster();
    this.#coordinators = new Coordinators(this.#cluster);
    this.#transactionalId = options.transactionalId;
    this.#transactionTimeoutMs = options.transactionTimeoutMs ?? 30_000;
    this.#retryTimeoutMs = options.retryTimeoutMs ?? 10_000;
  }

  /** What broke it for good; `undefined` while it is sound. */
  get broken(): Failure | undefined {
    return this.#broken;
  }

  /**
   * Takes the transactional id over. When this returns, an older producer of the id can commit nothing
   * any more. A transaction that it left open is aborted, or committed if its commit was already
   * decided. Offsets that are read afterwards are final.
   *
   * @throws Failure `kafka.unavailable` when no broker answers; then make a new producer.
   */
  async fence(): Promise<void> {
    await this.#use('fencing', async () => {
      await this.#cluster.connect();
      await this.#cluster.refreshMetadata();
      // Aborting takes as long as the brokers take to write the markers.
      const retryTimeoutMs = this.#retryTimeoutMs + this.#transactionTimeoutMs;
      const version = await this.#ask(retryTimeoutMs, transactionVersionOf);
      const given = await this.#ask(retryTimeoutMs, async (broker) =>
        broker.initProducerId({
          transactionalId: this.#transactionalId,
          transactionTimeout: this.#transactionTimeoutMs,
        }),
      );
      const identity = { producerId: Number(given.producerId), producerEpoch: given.producerEpoch };
      this.#ready = this.#readyAs(identity, version);
    });
  }

  /**
   * Publishes all sends and offsets in one transaction, and returns once it is committed.
   *
   * @returns Where each partition written to stands now; a partition cut into several batches occurs
   * once for each, in order.
   * @throws Failure. `kafka.outcome-unknown`: it may or may not be committed. `kafka.fenced`: it is
   * not, and the task has a new owner. Any other: it is not. In all cases the producer is broken.
   */
  async commit(content: TransactionContent): Promise<Written[]> {
    const sends = content.sends.filter(({ records }) => records.length > 0);
    if (sends.length === 0 && content.offsets.length === 0) return [];
    return this.#use('a transaction', async () => {
      const ready = this.#ready;
      if (ready === undefined) throw new Failure('kafka.refused', 'commit() was called before fence()');
      const written = await this.#fill(ready, sends, content).catch(async (error: unknown) => {
        await this.#abort(ready);
        throw notCommitted(error);
      });
      await this.#end(ready);
      return written;
    });
  }

  /**
   * Commits a transaction without records over some partitions. Each gets the marker of its end, and nothing else.
   *
   * @throws Failure as `commit`.
   */
  async mark(places: readonly TopicPartition[]): Promise<void> {
    const sends = places.map((place) => ({ ...place, records: [] }));
    await this.#use('a transaction', async () => {
      const ready = this.#ready;
      if (ready === undefined) throw new Failure('kafka.refused', 'mark() was called before fence()');
      // Nobody else adds what nothing is written to.
      await this.#addPartitions(ready, sends).catch((error: unknown) => {
        throw notCommitted(error);
      });
      await this.#end(ready);
    });
  }

  /** Closes the connections, within two seconds. An open transaction is left to the next fence. */
  async close(): Promise<void> {
    this.#broken ??= new Failure('kafka.aborted', 'the producer was closed');
    await discard(this.#cluster);
  }

  /** Runs one call at a time; whatever it throws breaks the producer. */
  async #use<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#busy) throw new Failure('kafka.refused', 'the producer was called while a call was under way');
    this.#busy = true;
    try {
      return await work();
    } catch (error) {
      this.#broken = failureOf(error, `${doing} of ${this.#transactionalId}`);
      this.#client.log.warn(
        { err: this.#broken, transactionalId: this.#transactionalId },
        'A producer broke.',
      );
      void discard(this.#cluster);
      throw this.#broken;
    } finally {
      this.#busy = false;
    }
  }

  /** Everything but the end. When it throws, nothing of it is under way any more. */
  async #fill(ready: Ready, sends: readonly Send[], content: TransactionContent): Promise<Written[]> {
    if (sends.length > 0) {
      await this.#cluster.addMultipleTargetTopics([...new Set(sends.map(({ topic }) => topic))]);
      await this.#cluster.refreshMetadataIfNecessary();
      if (ready.producer.version === 1) await this.#addPartitions(ready, sends);
    }
    // Records and offsets at the same time: both only have to be there before the end.
    const [written, offsets] = await Promise.allSettled([
      this.#write(ready, sends),
      content.offsets.length > 0 ? this.#sendOffsets(ready, content) : undefined,
    ]);
    if (written.status === 'rejected') throw written.reason;
    if (offsets.status === 'rejected') throw offsets.reason;
    return written.value;
  }

  async #addPartitions({ producer }: Ready, sends: readonly Send[]): Promise<void> {
    const topics = [...Map.groupBy(sends, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topic,
      partitions: [...new Set(ofTopic.map(({ partition }) => partition))],
    }));
    await this.#ask(this.#retryTimeoutMs, async (broker) =>
      broker.addPartitionsToTxn({ ...producer, topics }),
    );
  }

  async #write({ writer }: Ready, sends: readonly Send[]): Promise<Written[]> {
    const written: Written[] = [];
    const timestamp = Date.now();
    for (const round of planSends(sends)) {
      const outcome = await writer.write(round, timestamp, this.#retryTimeoutMs);
      if (outcome.refused[0] !== undefined) throw outcome.refused[0].failure;
      written.push(...outcome.written);
    }
    return written;
  }

  async #sendOffsets({ producer }: Ready, { groupId, offsets }: TransactionContent): Promise<void> {
    if (producer.version === 1)
      await this.#ask(this.#retryTimeoutMs, async (broker) =>
        broker.addOffsetsToTxn({ ...producer, groupId }),
      );
    await this.#coordinators.ask(groupId, 'group', this.#retryTimeoutMs, async (broker) =>
      commitOffsetsIn(broker, producer, groupId, offsets),
    );
  }

  /** The commit itself. Afterwards the producer is ready for the next transaction. */
  async #end({ producer }: Ready): Promise<void> {
    const mayRepeat = producer.version === 2;
    let asked = 0;
    try {
      const identity = await this.#ask(
        this.#retryTimeoutMs,
        async (broker) => {
          asked += 1;
          return endTransaction(broker, producer, true);
        },
        (error) =>
          mayRepeat &&
          this.#broken === undefined && // not closed meanwhile
          failureOf(error, 'committing').code === 'kafka.unavailable',
      );
      // A new epoch begins with new sequence numbers; the old one goes on with them.
      if (mayRepeat) this.#ready = this.#readyAs(identity, producer.version);
    } catch (error) {
      const failure = failureOf(error, 'committing');
      // An end that is sent again may be refused because of the first, after which another producer took over.
      if (failure.code === 'kafka.fenced' && asked === 1) throw failure;
      throw new Failure('kafka.outcome-unknown', 'the commit was not confirmed', { cause: error });
    }
  }

  /**
   * A courtesy to the readers, who wait for open transactions; the next fence aborts it in any case. A
   * late one hurts nobody: this producer's epoch is not used again.
   */
  async #abort({ producer }: Ready): Promise<void> {
    const asking = this.#ask(
      0,
      async (broker) => endTransaction(broker, producer, false),
      () => false,
    );
    await Promise.race([asking, sleep(2_000)]).catch((error: unknown) => {
      this.#client.log.debug({ err: error, transactionalId: this.#transactionalId }, 'The abort failed.');
    });
  }

  #readyAs(identity: ProducerIdentity, version: TransactionVersion): Ready {
    const transactionalId = this.#transactionalId;
    const transactional = { id: transactionalId, version };
    return {
      producer: { ...identity, transactionalId, version },
      writer: new SequencedWriter(this.#cluster, identity, transactional, this.#client.onTime),
    };
  }

  /** Asks the coordinator of this producer's transactions. */
  async #ask<Answer>(
    retryTimeoutMs: number,
    ask: (broker: Broker) => Promise<Answer>,
    isPassing?: (error: unknown) => boolean,
  ): Promise<Answer> {
    return this.#coordinators.ask(this.#transactionalId, 'transaction', retryTimeoutMs, ask, isPassing);
  }
}

/** A failure before the end: surely not committed, whatever it was. */
function notCommitted(error: unknown): Failure {
  if (isFailure(error, 'kafka.fenced')) return error;
  const failure = failureOf(error, 'before the commit');
  if (['kafka.fenced', 'kafka.refused', 'kafka.record-refused'].includes(failure.code)) return failure;
  return new Failure('kafka.aborted', failure.message, { cause: error });
}
