import type { Family } from '../events/families.ts';
import type { RawRecord } from './intake.ts';

/** Records of one family, with where they came from. */
export type InboxRecord = { readonly family: Family; readonly record: RawRecord };

/** What a hand-over tells the one who fetched. */
export type Offered = { readonly outcome: 'taken' } | { readonly outcome: 'gap'; readonly seekTo: number };

type Lane = {
  /** Next offset to be taken in. */
  position: number;
  /** Next offset to be processed: what is committed with the batch. */
  processed: number;
  /** End of the partition as last heard of. */
  end: number;
  records: RawRecord[];
  lastOfferedAt: number;
  soughtBack: boolean;
};

/** Heard of nothing for so long, a partition's end is taken to be reached: control records at its end are no records. */
const quietMs = 1_000;

/**
 * What has been fetched for one task and waits to be processed, one lane a family. It keeps the positions itself: what
 * lies below is passed over; what lies above, right after the start, is asked for once more.
 */
export class Inbox {
  readonly #lanes = new Map<Family, Lane>();
  #size = 0;

  /** @param starts Where each family's partition is to be read from, and where it ended just now. */
  constructor(starts: ReadonlyMap<Family, { readonly from: number; readonly end: number }>, now: number) {
    for (const [family, { from, end }] of starts) {
      const lastOfferedAt = now + quietMs;
      this.#lanes.set(family, {
        position: from,
        processed: from,
        end,
        records: [],
        lastOfferedAt,
        soughtBack: false,
      });
    }
  }

  /** Records that wait. */
  get size(): number {
    return this.#size;
  }

  /** Next offset to be processed, by family. */
  get processed(): ReadonlyMap<Family, number> {
    return new Map([...this.#lanes].map(([family, { processed }]) => [family, processed]));
  }

  /** Records not yet processed, here or still in Kafka, by family. */
  get lag(): ReadonlyMap<Family, number> {
    return new Map(
      [...this.#lanes].map(([family, lane]) => [family, Math.max(0, lane.end - lane.processed)]),
    );
  }

  /**
   * Takes in what was fetched.
   *
   * @param nextOffset The offset after what was fetched, control records included.
   * @param end The end of the partition as the broker told it with the fetch.
   */
  offer(
    family: Family,
    records: readonly RawRecord[],
    nextOffset: number,
    end: number,
    now: number,
  ): Offered {
    const lane = this.#lanes.get(family);
    if (lane === undefined) return { outcome: 'taken' };
    const first = records[0];
    // A fetch that was under way when the task started may stand beyond what was committed. Seen again after seeking
    // back, the gap is control records alone.
    if (first !== undefined && first.offset > lane.position && !lane.soughtBack) {
      lane.soughtBack = true;
      return { outcome: 'gap', seekTo: lane.position };
    }
    lane.soughtBack = true;
    for (const record of records) {
      if (record.offset < lane.position) continue;
      lane.records.push(record);
      this.#size++;
    }
    lane.position = Math.max(lane.position, nextOffset);
    lane.end = Math.max(lane.end, end);
    lane.lastOfferedAt = now;
    return { outcome: 'taken' };
  }

  /** Takes out up to `max` records, of every family its share, each family's in order of offset. */
  take(max: number): InboxRecord[] {
    const taken: InboxRecord[] = [];
    const waiting = [...this.#lanes].filter(([, lane]) => lane.records.length > 0);
    waiting.sort(([, a], [, b]) => a.records.length - b.records.length);
    waiting.forEach(([family, lane], index) => {
      const share = Math.ceil((max - taken.length) / (waiting.length - index));
      const records = lane.records.splice(0, share);
      for (const record of records) taken.push({ family, record });
      lane.processed = lane.records[0]?.offset ?? lane.position;
    });
    this.#size -= taken.length;
    return taken;
  }

  /** Families of which everything received has been taken out. */
  caughtUp(now: number): ReadonlySet<Family> {
    const caughtUp = new Set<Family>();
    for (const [family, lane] of this.#lanes) {
      const atEnd = lane.position >= lane.end || now - lane.lastOfferedAt >= quietMs;
      if (lane.records.length === 0 && atEnd) caughtUp.add(family);
    }
    return caughtUp;
  }
}
