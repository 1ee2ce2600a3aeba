/** Batches as bytes: markers, and what compaction leaves. */
import { writeInt64 } from '../../../packages/kafka/record-batch-encoder.ts';

/** A batch in the log. */
export type Batch = {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly appendedAt: number;
  bytes: Buffer;
};

const headerBytes = 61;
/** Set in the attributes of a batch that is in a transaction. */
export const transactionalFlag = 0x10;
const controlFlag = 0x20;

/** The marker at the end of a transaction: one control record. */
export function controlBatch(producerId: number, epoch: number, isCommit: boolean, now: number): Buffer {
  const key = Buffer.from([0, 0, 0, isCommit ? 1 : 0]);
  const value = Buffer.alloc(6);
  // Attributes, deltas of time and offset, key and value with their lengths, no headers; lengths in zigzag.
  const body = Buffer.concat([
    Buffer.from([0, 0, 0, 2 * key.length]),
    key,
    Buffer.from([2 * value.length]),
    value,
    Buffer.from([0]),
  ]);
  const bytes = Buffer.alloc(headerBytes);
  const record = Buffer.concat([Buffer.from([2 * body.length]), body]);
  bytes.writeInt32BE(headerBytes + record.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(transactionalFlag | controlFlag, 21);
  writeInt64(bytes, now, 27);
  writeInt64(bytes, now, 35);
  writeInt64(bytes, producerId, 43);
  bytes.writeInt16BE(epoch, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(1, 57);
  return Buffer.concat([bytes, record]);
}

type Place = { readonly key: string; readonly isDeletion: boolean; readonly offset: number };

/** The records of a batch, each with the bytes it takes. */
export function* recordsOf({ bytes, baseOffset }: Batch): Generator<Place & { readonly raw: Buffer }> {
  let at = headerBytes;
  const varint = (): number => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte >= 0x80);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  while (at < bytes.length) {
    const from = at;
    const length = varint();
    const end = at + length;
    at += 1;
    varint();
    const offset = baseOffset + varint();
    const keyLength = varint();
    const key = bytes.toString('latin1', at, at + Math.max(0, keyLength));
    at += Math.max(0, keyLength);
    const isDeletion = varint() < 0;
    at = end;
    yield { key, isDeletion, offset, raw: bytes.subarray(from, end) };
  }
}

/** Leaves only some records in a batch. @returns How many. */
export function rewritten(
  batch: Batch,
  isKept: (key: string, isDeletion: boolean, offset: number) => boolean,
): number {
  const kept = [...recordsOf(batch)].filter(({ key, isDeletion, offset }) => isKept(key, isDeletion, offset));
  const bytes = Buffer.concat([batch.bytes.subarray(0, headerBytes), ...kept.map(({ raw }) => raw)]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(kept.length, 57);
  batch.bytes = bytes;
  return kept.length;
}
