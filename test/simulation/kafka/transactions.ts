/** The transaction coordinator: producers with their epochs, and transactions from their first partition to their markers. */
import type { OffsetOf } from '@tidemark/kafka/client';
import type { Clock, Happening } from '../clock.ts';
import { errors, ProtocolError } from './errors.ts';

/** Rules of Kafka that the coordinator keeps; a planted fault turns one off. */
export type TransactionRules = {
  /** A producer of an older epoch is refused. */
  readonly fences: boolean;
  /** A new producer of the same id gets the next epoch. */
  readonly raisesEpoch: boolean;
  /** A new producer waits until what the older one left open has ended, everywhere. */
  readonly fenceWaits: boolean;
  /** The offsets in an aborted transaction are not kept. */
  readonly offsetsInTransaction: boolean;
  /** A commit that was answered happens. */
  readonly keepsDecisions: boolean;
};

/** Who writes, as in a request. */
export type Identity = {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
};

type Transaction = {
  readonly id: string;
  producerId: number;
  epoch: number;
  /** Who has ended the last transaction, where that raised the epoch: he may send its end again. */
  ended: Omit<Identity, 'transactionalId'> | undefined;
  timeoutMs: number;
  state: 'empty' | 'ongoing' | 'committing' | 'aborting' | 'committed' | 'aborted';
  /** Keys of the partitions that are in it. */
  readonly partitions: Set<string>;
  readonly groups: Set<string>;
  timeout: Happening | undefined;
};

/** Where the coordinator writes the ends of transactions. */
export type Ends = {
  readonly mark: (partition: string, producerId: number, epoch: number, isCommit: boolean) => void;
  readonly markOffsets: (group: string, producerId: number, isCommit: boolean) => void;
  readonly commitOffsets: (
    group: string,
    producerId: number | undefined,
    offsets: readonly OffsetOf[],
  ) => void;
};

/** See the head of the file. What it has decided outlives the broker that it is on. */
export class TransactionCoordinator {
  readonly #clock: Clock;
  readonly #ends: Ends;
  readonly #rules: TransactionRules;
  /** How long the next marker takes, in milliseconds. */
  readonly #markerMs: () => number;
  /** Whether the next commit is forgotten, where the rules allow it. */
  readonly #forgets: () => boolean;
  /** After this epoch the producer gets another id. */
  readonly #epochMax: number;
  readonly #transactions = new Map<string, Transaction>();
  readonly #byProducer = new Map<number, Transaction>();
  #producerIds = 1_000;

  constructor(
    clock: Clock,
    ends: Ends,
    rules: TransactionRules,
    chances: { readonly markerMs: () => number; readonly forgets: () => boolean; readonly epochMax: number },
  ) {
    this.#clock = clock;
    this.#ends = ends;
    this.#rules = rules;
    this.#markerMs = chances.markerMs;
    this.#forgets = chances.forgets;
    this.#epochMax = chances.epochMax;
  }

  /** Gives a producer its epoch, and ends what an older one of the id has left open. */
  initProducer(transactionalId: string, timeoutMs: number): { producerId: string; producerEpoch: number } {
    let transaction = this.#transactions.get(transactionalId);
    if (transaction === undefined) {
      transaction = {
        id: transactionalId,
        producerId: this.#producerIds++,
        epoch: -1,
        ended: undefined,
        timeoutMs,
        state: 'empty',
        partitions: new Set(),
        groups: new Set(),
        timeout: undefined,
      };
      this.#transactions.set(transactionalId, transaction);
      this.#byProducer.set(transaction.producerId, transaction);
    }
    if (transaction.state === 'ongoing') {
      if (this.#rules.raisesEpoch) transaction.epoch += 1;
      this.#end(transaction, false);
    }
    if (isEnding(transaction) && this.#rules.fenceWaits)
      throw new ProtocolError(errors.concurrentTransactions);
    if (this.#rules.raisesEpoch || transaction.epoch < 0) this.#raise(transaction);
    transaction.ended = undefined;
    transaction.timeoutMs = timeoutMs;
    if (!isEnding(transaction)) transaction.state = 'empty';
    return { producerId: String(transaction.producerId), producerEpoch: transaction.epoch };
  }

  addPartitions(identity: Identity, partitions: readonly string[]): void {
    const transaction = this.#begun(identity);
    for (const partition of partitions) transaction.partitions.add(partition);
  }

  addGroup(identity: Identity, group: string): void {
    this.#begun(identity).groups.add(group);
  }

  /** @param isAdded Whether the group is added to the transaction (version 2); otherwise it must be in it. */
  commitOffsets(identity: Identity, group: string, offsets: readonly OffsetOf[], isAdded: boolean): void {
    if (isAdded) this.addGroup(identity, group);
    const transaction = this.#known(identity);
    if (transaction.state !== 'ongoing' || !transaction.groups.has(group))
      throw new ProtocolError(errors.invalidTxnState);
    const { producerId } = this.#rules.offsetsInTransaction ? transaction : { producerId: undefined };
    this.#ends.commitOffsets(group, producerId, offsets);
  }

  /** The code with which a write of a producer is refused; 0 when it is in a transaction that is open. */
  refusalOf(producerId: number, epoch: number, partition: string): number {
    const transaction = this.#byProducer.get(producerId);
    if (transaction === undefined) return errors.invalidProducerIdMapping;
    if (epoch !== transaction.epoch && this.#rules.fences) return errors.invalidProducerEpoch;
    if (transaction.state !== 'ongoing' || !transaction.partitions.has(partition))
      return errors.invalidTxnState;
    return 0;
  }

  /** Adds a partition for its leader, who has a write of the producer (version 2). @returns The code with which it is refused, or 0. */
  addByLeader(producerId: number, producerEpoch: number, partition: string): number {
    const transactionalId = this.#byProducer.get(producerId)?.id;
    if (transactionalId === undefined) return errors.invalidProducerIdMapping;
    try {
      this.addPartitions({ transactionalId, producerId, producerEpoch }, [partition]);
      return 0;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return error.code === errors.producerFenced ? errors.invalidProducerEpoch : error.code;
    }
  }

  /** Ends a transaction, and raises the epoch with it (version 2). @returns Under which identity the producer goes on. */
  endEpoch(identity: Identity, isCommit: boolean): Identity {
    const { transactionalId, producerId, producerEpoch } = identity;
    const transaction = this.#transactions.get(transactionalId);
    const { ended } = transaction ?? {};
    if (
      transaction !== undefined &&
      ended?.producerId === producerId &&
      ended.producerEpoch === producerEpoch
    ) {
      if (isEnding(transaction)) throw new ProtocolError(errors.concurrentTransactions);
      if (transaction.state !== (isCommit ? 'committed' : 'aborted'))
        throw new ProtocolError(errors.invalidTxnState);
    } else {
      const known = this.#known(identity);
      if (isEnding(known)) throw new ProtocolError(errors.concurrentTransactions);
      if (known.state !== 'ongoing') throw new ProtocolError(errors.invalidTxnState);
      known.ended = { producerId, producerEpoch };
      this.#end(known, isCommit && (this.#rules.keepsDecisions || !this.#forgets()), producerEpoch + 1);
      this.#raise(known);
    }
    const { producerId: id, epoch } = this.#transactions.get(transactionalId)!;
    return { transactionalId, producerId: id, producerEpoch: epoch };
  }

  end(identity: Identity, isCommit: boolean): void {
    const transaction = this.#known(identity);
    if (isEnding(transaction)) throw new ProtocolError(errors.concurrentTransactions);
    if (transaction.state === (isCommit ? 'committed' : 'aborted')) return;
    if (transaction.state !== 'ongoing') throw new ProtocolError(errors.invalidTxnState);
    this.#end(transaction, isCommit && (this.#rules.keepsDecisions || !this.#forgets()));
  }

  #known({ transactionalId, producerId, producerEpoch }: Identity): Transaction {
    const transaction = this.#transactions.get(transactionalId);
    if (transaction?.producerId !== Number(producerId))
      throw new ProtocolError(errors.invalidProducerIdMapping);
    if (producerEpoch !== transaction.epoch && this.#rules.fences)
      throw new ProtocolError(errors.producerFenced);
    return transaction;
  }

  #begun(identity: Identity): Transaction {
    const transaction = this.#known(identity);
    if (isEnding(transaction)) throw new ProtocolError(errors.concurrentTransactions);
    if (transaction.state === 'ongoing') return transaction;
    transaction.state = 'ongoing';
    transaction.partitions.clear();
    transaction.groups.clear();
    transaction.timeout = this.#clock.after(transaction.timeoutMs, () => {
      if (transaction.state !== 'ongoing') return;
      if (this.#rules.raisesEpoch) transaction.epoch += 1;
      this.#end(transaction, false);
    });
    return transaction;
  }

  /** The next epoch, or another producer id with its first. */
  #raise(transaction: Transaction): void {
    if (transaction.epoch < this.#epochMax) {
      transaction.epoch += 1;
      return;
    }
    transaction.producerId = this.#producerIds++;
    transaction.epoch = 0;
    this.#byProducer.set(transaction.producerId, transaction);
  }

  /** Decides, and writes the markers one after the other. */
  #end(transaction: Transaction, isCommit: boolean, epoch = transaction.epoch): void {
    if (transaction.timeout !== undefined) transaction.timeout.isCancelled = true;
    transaction.state = isCommit ? 'committing' : 'aborting';
    const { producerId } = transaction;
    const markers = [
      ...[...transaction.partitions].map(
        (partition) => () => this.#ends.mark(partition, producerId, epoch, isCommit),
      ),
      ...[...transaction.groups].map((group) => () => this.#ends.markOffsets(group, producerId, isCommit)),
    ];
    const next = (): void => {
      const marker = markers.shift();
      marker?.();
      if (marker === undefined) transaction.state = isCommit ? 'committed' : 'aborted';
      else this.#clock.after(this.#markerMs(), next);
    };
    this.#clock.after(this.#markerMs(), next);
  }
}

function isEnding({ state }: Transaction): boolean {
  return state === 'committing' || state === 'aborting';
}
