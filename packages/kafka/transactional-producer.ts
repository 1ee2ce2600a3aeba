/**
 * How a task writes: outputs and offsets in one Kafka transaction, all or nothing.
 *
 * It speaks the protocol itself, over kafkajs's connections. A transaction is five requests: partitions,
 * records, group, offsets, end. The producer of kafkajs makes some seventeen, and after a failed end it
 * throws for ever (its faults 4 to 7 and 9).
 *
 * There is no state to recover: after any failure the producer is broken for good. The caller drops it
 * with all that it computed, makes a new one, fences, reads the committed offsets and begins there. An
 * end without an answer is never sent again, because it could end a later transaction.
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
import { offsetTopics } from './offsets.ts';
import { planSends, type Send } from './send-plan.ts';
import { SequencedWriter, type Written } from './sequenced-writer.ts';
import { coordinatorErrors, failureOf, wireCodeOf, wireErrors } from './wire-errors.ts';

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

/** Pauses before asking a busy coordinator again; the transaction before is mostly done in a few ms. */
const retryAfterMs = { first: 2, most: 20 };
const kindOf = { group: 0, transaction: 1 } as const;

type Ready = {
  readonly identity: { readonly producerId: number; readonly producerEpoch: number };
  readonly writer: SequencedWriter;
};

/** See the head of the file. Not to be used by two callers at a time. */
export class TransactionalProducer {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #transactionTimeoutMs: number;
  readonly #retryTimeoutMs: number;
  readonly #coordinators = new Map<string, Broker>();
  #ready: Ready | undefined;
  #broken: Failure | undefined;
  #busy = false;

  constructor(client: KafkaClient, options: TransactionalOptions) {
    this.#client = client;
    this.#cluster = client.newCluster();
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
      const given = await this.#askCoordinator(
        this.#transactionalId,
        'transaction',
        retryTimeoutMs,
        (broker) =>
          broker.initProducerId({
            transactionalId: this.#transactionalId,
            transactionTimeout: this.#transactionTimeoutMs,
          }),
      );
      const identity = { producerId: Number(given.producerId), producerEpoch: given.producerEpoch };
      const { onTime } = this.#client;
      const writer = new SequencedWriter(this.#cluster, identity, this.#transactionalId, onTime);
      this.#ready = { identity, writer };
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
      await this.#addPartitions(ready, sends);
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

  async #addPartitions({ identity }: Ready, sends: readonly Send[]): Promise<void> {
    const topics = [...Map.groupBy(sends, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topic,
      partitions: [...new Set(ofTopic.map(({ partition }) => partition))],
    }));
    await this.#askCoordinator(this.#transactionalId, 'transaction', this.#retryTimeoutMs, (broker) =>
      broker.addPartitionsToTxn({ ...this.#transaction(identity), topics }),
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

  async #sendOffsets({ identity }: Ready, { groupId, offsets }: TransactionContent): Promise<void> {
    const transaction = this.#transaction(identity);
    await this.#askCoordinator(this.#transactionalId, 'transaction', this.#retryTimeoutMs, (broker) =>
      broker.addOffsetsToTxn({ ...transaction, groupId }),
    );
    const topics = offsetTopics(offsets);
    await this.#askCoordinator(groupId, 'group', this.#retryTimeoutMs, (broker) =>
      broker.txnOffsetCommit({ ...transaction, groupId, topics }),
    );
  }

  /** The commit itself: asked for once. */
  async #end({ identity }: Ready): Promise<void> {
    try {
      const broker = await this.#coordinator(this.#transactionalId, 'transaction');
      await broker.endTxn({ ...this.#transaction(identity), transactionResult: true });
    } catch (error) {
      const failure = failureOf(error, 'committing');
      if (failure.code === 'kafka.fenced') throw failure;
      throw new Failure('kafka.outcome-unknown', 'the commit was not confirmed', { cause: error });
    }
  }

  /**
   * A courtesy to the readers, who wait for open transactions; the next fence aborts it in any case. A
   * late one hurts nobody: this producer's epoch is not used again.
   */
  async #abort({ identity }: Ready): Promise<void> {
    const ask = async (): Promise<unknown> => {
      const broker = await this.#coordinator(this.#transactionalId, 'transaction');
      return broker.endTxn({ ...this.#transaction(identity), transactionResult: false });
    };
    await Promise.race([ask(), sleep(2_000)]).catch((error: unknown) => {
      this.#client.log.debug({ err: error, transactionalId: this.#transactionalId }, 'The abort failed.');
    });
  }

  #transaction(identity: Ready['identity']): {
    transactionalId: string;
    producerId: number;
    producerEpoch: number;
  } {
    return { transactionalId: this.#transactionalId, ...identity };
  }

  /**
   * Asks a coordinator, again while it is busy with the transaction before, loading or moved elsewhere.
   * Errors of the connection are not tried again.
   */
  async #askCoordinator<Answer>(
    id: string,
    kind: keyof typeof kindOf,
    retryTimeoutMs: number,
    ask: (broker: Broker) => Promise<Answer>,
  ): Promise<Answer> {
    const deadline = performance.now() + retryTimeoutMs;
    for (let pauseMs = retryAfterMs.first; ; pauseMs = Math.min(2 * pauseMs, retryAfterMs.most)) {
      try {
        return await ask(await this.#coordinator(id, kind));
      } catch (error) {
        const code = wireCodeOf(error);
        const isPassing =
          // A cluster whose first transaction this is makes the coordinators' topic only now.
          (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound') ||
          code === wireErrors.concurrentTransactions ||
          code === wireErrors.unknownTopicOrPartition ||
          (code !== undefined && coordinatorErrors.has(code));
        if (!isPassing || performance.now() > deadline) throw error;
        if (code !== wireErrors.concurrentTransactions) this.#coordinators.delete(`${kind} ${id}`);
        await sleep(pauseMs);
      }
    }
  }

  async #coordinator(id: string, kind: keyof typeof kindOf): Promise<Broker> {
    const known = this.#coordinators.get(`${kind} ${id}`);
    if (known !== undefined) return known;
    const found = await this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType: kindOf[kind] });
    this.#coordinators.set(`${kind} ${id}`, found);
    return found;
  }
}

/** A failure before the end: surely not committed, whatever it was. */
function notCommitted(error: unknown): Failure {
  if (isFailure(error, 'kafka.fenced')) return error;
  const failure = failureOf(error, 'before the commit');
  if (['kafka.fenced', 'kafka.refused', 'kafka.record-refused'].includes(failure.code)) return failure;
  return new Failure('kafka.aborted', failure.message, { cause: error });
}
