/** Writes fields of a request in Kafka's flexible form: lengths are varints, one more than they say, and tags end a structure. */

/** No tags. */
export const noTags = Buffer.from([0]);

/** An UNSIGNED_VARINT. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** An INT16. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** An INT32. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** An INT64. */
export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

/** A COMPACT_STRING, or a COMPACT_NULLABLE_STRING. */
export function text(given: string | null): Buffer {
  return given === null ? varint(0) : Buffer.concat(sized(Buffer.from(given)));
}

/** COMPACT_BYTES or COMPACT_RECORDS, in parts. */
export function sized(given: Buffer): readonly Buffer[] {
  return [varint(given.length + 1), given];
}

/** A COMPACT_ARRAY, in parts, each element written by `write`. */
export function list<Element>(
  elements: readonly Element[],
  write: (element: Element) => readonly Buffer[],
): readonly Buffer[] {
  return [varint(elements.length + 1), ...elements.flatMap(write)];
}
