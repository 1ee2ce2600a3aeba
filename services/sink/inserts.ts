import type { FactBlockCodec } from '@tidemark/events/fact-block-codec';
import { tokenOf } from './plan.ts';
import type { Block } from './queue.ts';
import type { RowWriter } from './rows.ts';

/** One kind's rows of a block, as they go to its table. */
export type Insert = {
  readonly kind: string;
  readonly columns: readonly string[];
  /** JSONEachRow, in pieces. */
  readonly rows: readonly Buffer[];
  readonly count: number;
  readonly token: string;
  /** The earliest `recorded_at` in it, in milliseconds. */
  readonly recordedAt: number;
};

/**
 * The inserts of a block, one a kind. They depend on the block's records alone, so they are the same after a crash.
 *
 * @throws Error when a kind is not declared or a record is no block of its kind: a newer processor writes what this sink
 *   does not know yet.
 */
export function insertsOf(
  topic: string,
  { plan, records }: Block,
  codec: FactBlockCodec,
  writers: ReadonlyMap<string, RowWriter>,
): Insert[] {
  const inserts: Insert[] = [];
  for (const [kind, values] of valuesByKind(records)) {
    const writer = writers.get(kind);
    if (writer === undefined)
      throw new Error(`facts of kind "${kind}" are not known here: is this sink an old version?`);
    const rows: Buffer[] = [];
    let count = 0;
    let recordedAt = Infinity;
    for (const value of values) {
      const block = codec.decode(kind, value);
      // Text that is joined of small pieces takes many times the memory of bytes.
      rows.push(Buffer.from(writer.write(block)));
      count += block.facts.length;
      recordedAt = Math.min(recordedAt, block.recorded_at);
    }
    // A kind of which only empty blocks came has nothing to insert.
    if (count === 0) continue;
    inserts.push({
      kind,
      columns: writer.columns,
      rows,
      count,
      recordedAt,
      token: tokenOf(topic, plan, kind, values),
    });
  }
  return inserts;
}

function valuesByKind(records: Block['records']): Map<string, Buffer[]> {
  const byKind = new Map<string, Buffer[]>();
  for (const { kind, value } of records) {
    const values = byKind.get(kind);
    if (values === undefined) byKind.set(kind, [value]);
    else values.push(value);
  }
  return byKind;
}
