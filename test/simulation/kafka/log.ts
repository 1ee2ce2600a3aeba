/** The log of one partition, as a broker keeps it. */
import { writeInt64 } from '../../../packages/kafka/record-batch-encoder.ts';
import { readInt64 } from '../../../packages/kafka/patched/record-batches.ts';
import { type Batch, controlBatch, recordsOf, rewritten, transactionalFlag } from './batches.ts';
import { errors } from './errors.ts';

/** A transaction that was aborted: of its producer, from its first record to its marker. */
type Aborted = { readonly producerId: number; readonly firstOffset: number; readonly lastOffset: number };

/** What a broker knows of a producer that wrote to the partition. */
type Producer = { epoch: number; batches: { first: number; last: number; baseOffset: number }[] };

/** What a reader gets. */
export type Read = {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly stableEnd: number;
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[];
  readonly bytes: Buffer;
};

/** Rules of Kafka that the log keeps; a planted fault turns one off. */
export type LogRules = {
  /** A producer of an older epoch is refused. */
  readonly fences: boolean;
  /** Readers get no further than to the first transaction that is open. */
  readonly endsAtOpenTransactions: boolean;
  /** Readers get the list of the transactions that were aborted. */
  readonly namesAborted: boolean;
  /** A batch that is sent again is written once. */
  readonly knowsRepeats: boolean;
  /** Compaction keeps the newest record of each key. */
  readonly keepsNewest: boolean;
};

const appendTimeFlag = 0x08;
const rememberedBatches = 5;

/** The log of one partition. */
export class PartitionLog {
  readonly isCompacted: boolean;
  readonly #hasAppendTime: boolean;
  readonly #rules: LogRules;
  #batches: Batch[] = [];
  readonly #producers = new Map<number, Producer>();
  /** First offsets of the transactions that are open, by producer. */
  readonly #open = new Map<number, number>();
  #aborted: Aborted[] = [];
  #end = 0;

  constructor(
    { isCompacted, hasAppendTime }: { readonly isCompacted: boolean; readonly hasAppendTime: boolean },
    rules: LogRules,
  ) {
    this.isCompacted = isCompacted;
    this.#hasAppendTime = hasAppendTime;
    this.#rules = rules;
  }

  /** Where the next record will go. */
  get end(): number {
    return this.#end;
  }

  /** Up to where every transaction has ended. */
  get stableEnd(): number {
    return this.#rules.endsAtOpenTransactions ? Math.min(this.#end, ...this.#open.values()) : this.#end;
  }

  /** All bytes from the beginning, and which transactions in them were aborted, whatever the rules. */
  get whole(): Pick<Read, 'bytes' | 'aborted'> {
    return { bytes: Buffer.concat(this.#batches.map(({ bytes }) => bytes)), aborted: this.#aborted };
  }

  /**
   * Appends a batch as a producer sent it.
   *
   * @param now The broker's clock, in milliseconds since the epoch.
   */
  append(sent: Buffer, now: number): { readonly errorCode: number; readonly baseOffset: number } {
    const producerId = readInt64(sent, 43);
    const epoch = sent.readInt16BE(51);
    const first = sent.readInt32BE(53);
    const count = sent.readInt32BE(23) + 1;
    if (producerId >= 0) {
      // Without fencing producers of different epochs know nothing of each other.
      const producer = this.#rules.fences ? producerId : producerId + epoch / 2 ** 16;
      const known = this.#producers.get(producer);
      if (known !== undefined && epoch < known.epoch) return refused(errors.invalidProducerEpoch);
      const batches = known?.epoch === epoch ? known.batches : [];
      const same = batches.find((one) => one.first === first && one.last === first + count - 1);
      if (same !== undefined && this.#rules.knowsRepeats)
        return { errorCode: 0, baseOffset: same.baseOffset };
      if (same === undefined && first !== (batches.at(-1)?.last ?? -1) + 1)
        return refused(errors.outOfOrderSequence);
      const written = { first, last: first + count - 1, baseOffset: this.#end };
      this.#producers.set(producer, {
        epoch,
        batches: [...batches, written].slice(-rememberedBatches),
      });
    }
    const attributes = sent.readInt16BE(21);
    const isTransactional = (attributes & transactionalFlag) !== 0;
    if (isTransactional && !this.#open.has(producerId)) this.#open.set(producerId, this.#end);
    const baseOffset = this.#write(sent, { producerId, isTransactional, isControl: false, now });
    return { errorCode: 0, baseOffset };
  }

  /** Ends the transaction of a producer, if it has one open here. An older producer of the same id can write no more. */
  mark(producerId: number, epoch: number, isCommit: boolean, now: number): void {
    const known = this.#producers.get(producerId);
    if (known === undefined || known.epoch <= epoch)
      this.#producers.set(producerId, { epoch, batches: known?.epoch === epoch ? known.batches : [] });
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    const marker = controlBatch(producerId, epoch, isCommit, now);
    const lastOffset = this.#write(marker, { producerId, isTransactional: true, isControl: true, now });
    if (firstOffset !== undefined && !isCommit) this.#aborted.push({ producerId, firstOffset, lastOffset });
  }

  #write(
    given: Buffer,
    about: Pick<Batch, 'producerId' | 'isTransactional' | 'isControl'> & { readonly now: number },
  ): number {
    const { now, ...rest } = about;
    const bytes = Buffer.from(given);
    writeInt64(bytes, this.#end, 0);
    bytes.writeInt32BE(0, 12);
    if (this.#hasAppendTime && !rest.isControl) {
      bytes.writeInt16BE(bytes.readInt16BE(21) | appendTimeFlag, 21);
      writeInt64(bytes, now, 35);
    }
    const lastOffset = this.#end + bytes.readInt32BE(23);
    this.#batches.push({ ...rest, baseOffset: this.#end, lastOffset, bytes, appendedAt: now });
    const baseOffset = this.#end;
    this.#end = lastOffset + 1;
    return baseOffset;
  }

  /** What a reader of committed records gets from an offset on. */
  read(from: number, bytesMax: number): Read {
    const stableEnd = this.stableEnd;
    const nothing = { highWatermark: this.#end, stableEnd, aborted: [], bytes: Buffer.alloc(0) };
    if (from > this.#end) return { errorCode: errors.offsetOutOfRange, ...nothing };
    const taken: Batch[] = [];
    let size = 0;
    for (let place = this.#placeOf(from); place < this.#batches.length; place++) {
      const batch = this.#batches[place]!;
      if (batch.lastOffset >= stableEnd && batch.baseOffset >= stableEnd) break;
      if (taken.length > 0 && size + batch.bytes.length > bytesMax) break;
      size += batch.bytes.length;
      taken.push(batch);
    }
    const [first, last] = [taken[0], taken.at(-1)];
    if (first === undefined || last === undefined) return { errorCode: 0, ...nothing };
    const aborted = this.#rules.namesAborted
      ? this.#aborted.filter((one) => one.lastOffset >= from && one.firstOffset <= last.lastOffset)
      : [];
    return { ...nothing, errorCode: 0, aborted, bytes: Buffer.concat(taken.map(({ bytes }) => bytes)) };
  }

  /** The place of the first batch that ends at or after an offset. */
  #placeOf(offset: number): number {
    let [low, high] = [0, this.#batches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#batches[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Compacts what is before `to` and before every open transaction: of each key the newest committed record stays, a deletion
   * only while it is young. The batch that is emptied stays, empty, when its producer wrote no other, as in Kafka.
   *
   * @param oldBefore Deletions and markers appended before this instant go.
   */
  compact(to: number, oldBefore: number): void {
    const end = Math.min(to, this.#end, ...this.#open.values());
    const cleaned = this.#batches.filter(({ lastOffset }) => lastOffset < end);
    const isAborted = (batch: Batch): boolean =>
      batch.isTransactional &&
      this.#aborted.some(
        (one) =>
          one.producerId === batch.producerId &&
          one.firstOffset <= batch.baseOffset &&
          batch.lastOffset < one.lastOffset,
      );
    const isNewest = this.#newestOf(cleaned.filter((batch) => !batch.isControl && !isAborted(batch)));
    const lastOf = new Map(cleaned.map((batch) => [batch.producerId, batch]));
    const kept = cleaned.filter((batch) => {
      if (batch.isControl) return batch.appendedAt >= oldBefore || lastOf.get(batch.producerId) === batch;
      const isGone = isAborted(batch);
      const left = rewritten(batch, (key, isDeletion, offset) => {
        if (isGone) return false;
        if (isDeletion && batch.appendedAt < oldBefore) return false;
        return isNewest(key, offset);
      });
      return left > 0 || lastOf.get(batch.producerId) === batch;
    });
    this.#batches = [...kept, ...this.#batches.slice(cleaned.length)];
    // Without its marker a transaction would seem to go on.
    const offsets = new Set(kept.map(({ baseOffset }) => baseOffset));
    this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= end || offsets.has(lastOffset));
  }

  #newestOf(batches: readonly Batch[]): (key: string, offset: number) => boolean {
    const newest = new Map<string, number>();
    for (const batch of batches)
      for (const { key, offset } of recordsOf(batch))
        if (this.#rules.keepsNewest || !newest.has(key)) newest.set(key, offset);
    return (key, offset) => newest.get(key) === offset;
  }
}

function refused(errorCode: number): { errorCode: number; baseOffset: number } {
  return { errorCode, baseOffset: -1 };
}
