import type { RecordHeaders } from '@tidemark/kafka/partition-fetcher';
import { encodePlan, type Plan, planBytesMax } from './plan.ts';

/** A record of topic `facts`: a block of facts of one kind, as bytes. */
export type FactRecord = {
  readonly offset: number;
  readonly kind: string;
  readonly value: Buffer;
  /** The traces it belongs to, where they are recorded. */
  readonly headers: RecordHeaders;
};

/** Records that are inserted together: a plan and its records, by partition and offset. */
export type Block = { readonly plan: Plan; readonly records: readonly FactRecord[] };

type Waiting = { readonly records: FactRecord[]; bytes: number };

/** Records that were read and are in no plan yet, by partition. */
export class Queue {
  readonly #byPartition = new Map<number, Waiting>();
  #bytes = 0;
  #turn = 0;

  /** Bytes of all records that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  push(partition: number, records: readonly FactRecord[]): void {
    let waiting = this.#byPartition.get(partition);
    if (waiting === undefined) {
      waiting = { records: [], bytes: 0 };
      this.#byPartition.set(partition, waiting);
    }
    for (const record of records) {
      waiting.records.push(record);
      waiting.bytes += record.value.length;
      this.#bytes += record.value.length;
    }
  }

  /**
   * Takes the next block: all records that wait, but at most `bytesMax` unless its first record alone is larger. Another
   * partition comes first each time, so that none waits for ever.
   *
   * @returns `undefined` when nothing waits.
   */
  take(bytesMax: number): Block | undefined {
    const partitions = [...this.#byPartition.keys()].toSorted((a, b) => a - b);
    const turn = this.#turn++ % Math.max(1, partitions.length);
    let left = bytesMax;
    const taken: (readonly [number, FactRecord[]])[] = [];
    for (const partition of [...partitions.slice(turn), ...partitions.slice(0, turn)]) {
      const records = this.#takeFrom(partition, left, taken.length === 0);
      if (records.length === 0) continue;
      taken.push([partition, records]);
      if (encodePlan(planOf(taken)).length > planBytesMax) {
        taken.pop();
        this.#putBack(partition, records);
        break;
      }
      left -= bytesOf(records);
    }
    if (taken.length === 0) return undefined;
    taken.sort(([a], [b]) => a - b);
    return { plan: planOf(taken), records: taken.flatMap(([, records]) => records) };
  }

  #takeFrom(partition: number, bytesMax: number, atLeastOne: boolean): FactRecord[] {
    const waiting = this.#byPartition.get(partition);
    if (waiting === undefined) return [];
    let count = 0;
    let bytes = 0;
    for (const { value } of waiting.records) {
      if (bytes + value.length > bytesMax && !(atLeastOne && count === 0)) break;
      bytes += value.length;
      count += 1;
    }
    waiting.bytes -= bytes;
    this.#bytes -= bytes;
    return waiting.records.splice(0, count);
  }

  #putBack(partition: number, records: readonly FactRecord[]): void {
    const bytes = bytesOf(records);
    const waiting = this.#byPartition.get(partition)!;
    waiting.records.unshift(...records);
    waiting.bytes += bytes;
    this.#bytes += bytes;
  }
}

function bytesOf(records: readonly FactRecord[]): number {
  return records.reduce((sum, { value }) => sum + value.length, 0);
}

function planOf(taken: readonly (readonly [number, readonly FactRecord[]])[]): Plan {
  return taken.map(([partition, records]) => ({
    partition,
    first: records[0]!.offset,
    last: records.at(-1)!.offset,
  }));
}
