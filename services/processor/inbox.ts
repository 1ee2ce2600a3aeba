import type { Family } from '@tidemark/events/families';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';

/** A record of one family. */
export type InboxRecord = { readonly family: Family; readonly record: KafkaRecord };

type FamilyQueue = {
  /** Next offset to be taken in. */
  position: number;
  /** Next offset to be processed: what is committed with the batch. */
  processed: number;
  /** Last stable offset as last heard of; `Infinity` until something was heard. */
  end: number;
  records: KafkaRecord[];
};

/** When this much waits, the fetching pauses; it goes on below half of it. */
const waitingMax = { records: 8_000, bytes: 16 * 1024 * 1024 };
/** Bytes taken out at once at most, but at least one record: everything that follows from them is in memory at the same time. */
const takenBytesMax = 4 * 1024 * 1024;

const bytesOf = ({ key, value }: KafkaRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

/** Records that are fetched for one task and wait to be processed, one queue a family. */
export class Inbox {
  readonly #queues = new Map<Family, FamilyQueue>();
  #size = 0;
  #bytes = 0;

  /** @param starts Where each family's partition is read from. */
  constructor(starts: ReadonlyMap<Family, number>) {
    for (const [family, from] of starts)
      this.#queues.set(family, { position: from, processed: from, end: Infinity, records: [] });
  }

  /** Records that wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether so much waits that no more should come. */
  get isFull(): boolean {
    return this.#size >= waitingMax.records || this.#bytes >= waitingMax.bytes;
  }

  /** Whether so little waits that more may come. */
  get hasRoom(): boolean {
    return this.#size < waitingMax.records / 2 && this.#bytes < waitingMax.bytes / 2;
  }

  /** Next offset to be taken in, by family. */
  get positions(): ReadonlyMap<Family, number> {
    return new Map([...this.#queues].map(([family, { position }]) => [family, position]));
  }

  /** Next offset to be processed, by family. */
  get processed(): ReadonlyMap<Family, number> {
    return new Map([...this.#queues].map(([family, { processed }]) => [family, processed]));
  }

  /** Records not yet processed, here or still in Kafka, by family. */
  get lag(): ReadonlyMap<Family, number> {
    return new Map(
      [...this.#queues].map(([family, { end, processed }]) => [
        family,
        end === Infinity ? 0 : Math.max(0, end - processed),
      ]),
    );
  }

  /**
   * Adds fetched records; those that were added before are skipped.
   *
   * @param nextOffset The offset after what was fetched, control records included.
   * @param end The last stable offset, from the broker's answer.
   */
  offer(family: Family, records: readonly KafkaRecord[], nextOffset: number, end: number): void {
    const queue = this.#queues.get(family);
    if (queue === undefined) return;
    for (const record of records) {
      if (record.offset < queue.position) continue;
      queue.records.push(record);
      this.#size++;
      this.#bytes += bytesOf(record);
    }
    queue.position = Math.max(queue.position, nextOffset);
    queue.end = end;
    if (queue.records.length === 0) queue.processed = queue.position;
  }

  /** Takes out up to `max` records and some bytes, of every family its share, each family's in order of offset. */
  take(max: number): InboxRecord[] {
    const taken: InboxRecord[] = [];
    let bytes = 0;
    const waiting = [...this.#queues].filter(([, queue]) => queue.records.length > 0);
    waiting.sort(([, a], [, b]) => a.records.length - b.records.length);
    waiting.forEach(([family, queue], index) => {
      const share = Math.ceil((max - taken.length) / (waiting.length - index));
      const bytesShare = (takenBytesMax - bytes) / (waiting.length - index);
      let own = 0;
      let count = 0;
      while (count < Math.min(share, queue.records.length) && own < bytesShare)
        own += bytesOf(queue.records[count++]!);
      bytes += own;
      for (const record of queue.records.splice(0, count)) taken.push({ family, record });
      queue.processed = queue.records[0]?.offset ?? queue.position;
    });
    this.#size -= taken.length;
    this.#bytes -= bytes;
    return taken;
  }

  /** Families of which everything received has been taken out. */
  get caughtUp(): ReadonlySet<Family> {
    const caughtUp = [...this.#queues].filter(
      ([, { records, position, end }]) => records.length === 0 && position >= end,
    );
    return new Set(caughtUp.map(([family]) => family));
  }
}
