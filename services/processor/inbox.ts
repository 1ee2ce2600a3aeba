import type { Family } from '@tidemark/events/families';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';

/** A record of one family. */
export type InboxRecord = { readonly family: Family; readonly record: KafkaRecord };

type Lane = {
  /** Next offset to be taken in. */
  position: number;
  /** Next offset to be processed: what is committed with the batch. */
  processed: number;
  /** Last stable offset as last heard of; `Infinity` until something was heard. */
  end: number;
  records: KafkaRecord[];
};

/** With so much waiting a task asks not to be handed more, and for more again below half of it. */
const waitingMax = { records: 8_000, bytes: 16 * 1024 * 1024 };
/** Bytes taken out at once at most, but at least one record: what follows from them is held in memory at the same time. */
const takenBytesMax = 4 * 1024 * 1024;

const bytesOf = ({ key, value }: KafkaRecord): number => (key?.length ?? 0) + (value?.length ?? 0);

/** What has been fetched for one task and waits to be processed, one lane a family. */
export class Inbox {
  readonly #lanes = new Map<Family, Lane>();
  #size = 0;
  #bytes = 0;

  /** @param starts Where each family's partition is read from. */
  constructor(starts: ReadonlyMap<Family, number>) {
    for (const [family, from] of starts)
      this.#lanes.set(family, { position: from, processed: from, end: Infinity, records: [] });
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
    return new Map([...this.#lanes].map(([family, { position }]) => [family, position]));
  }

  /** Next offset to be processed, by family. */
  get processed(): ReadonlyMap<Family, number> {
    return new Map([...this.#lanes].map(([family, { processed }]) => [family, processed]));
  }

  /** Records not yet processed, here or still in Kafka, by family. */
  get lag(): ReadonlyMap<Family, number> {
    return new Map(
      [...this.#lanes].map(([family, { end, processed }]) => [
        family,
        end === Infinity ? 0 : Math.max(0, end - processed),
      ]),
    );
  }

  /**
   * Takes in what was fetched; what was taken in before is passed over.
   *
   * @param nextOffset The offset after what was fetched, control records included.
   * @param end The last stable offset, as the broker told it with the fetch.
   */
  offer(family: Family, records: readonly KafkaRecord[], nextOffset: number, end: number): void {
    const lane = this.#lanes.get(family);
    if (lane === undefined) return;
    for (const record of records) {
      if (record.offset < lane.position) continue;
      lane.records.push(record);
      this.#size++;
      this.#bytes += bytesOf(record);
    }
    lane.position = Math.max(lane.position, nextOffset);
    lane.end = end;
    if (lane.records.length === 0) lane.processed = lane.position;
  }

  /** Takes out up to `max` records and some bytes, of every family its share, each family's in order of offset. */
  take(max: number): InboxRecord[] {
    const taken: InboxRecord[] = [];
    let bytes = 0;
    const waiting = [...this.#lanes].filter(([, lane]) => lane.records.length > 0);
    waiting.sort(([, a], [, b]) => a.records.length - b.records.length);
    waiting.forEach(([family, lane], index) => {
      const share = Math.ceil((max - taken.length) / (waiting.length - index));
      const bytesShare = (takenBytesMax - bytes) / (waiting.length - index);
      let own = 0;
      let count = 0;
      while (count < Math.min(share, lane.records.length) && own < bytesShare)
        own += bytesOf(lane.records[count++]!);
      bytes += own;
      for (const record of lane.records.splice(0, count)) taken.push({ family, record });
      lane.processed = lane.records[0]?.offset ?? lane.position;
    });
    this.#size -= taken.length;
    this.#bytes -= bytes;
    return taken;
  }

  /** Families of which everything received has been taken out. */
  get caughtUp(): ReadonlySet<Family> {
    const caughtUp = [...this.#lanes].filter(
      ([, { records, position, end }]) => records.length === 0 && position >= end,
    );
    return new Set(caughtUp.map(([family]) => family));
  }
}
