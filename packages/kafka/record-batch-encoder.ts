/**
 * Writes a record batch (magic 2) in one pass into one buffer of the right size.
 *
 * kafkajs allocates and copies several buffers for each record. The cost of a transaction depends on
 * the number of records, so this is worth code of our own.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
import { crc32c } from './crc32c.ts';

/** A record to be written. */
export type OutgoingRecord = {
  readonly key: Buffer | null;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string>>;
  /** Milliseconds UTC; without it the batch's `timestamp`. */
  readonly timestamp?: number;
};

/** What the batch as a whole says of itself. */
export type BatchContext = {
  /** Milliseconds UTC, for the records without one of their own. */
  readonly timestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The producer's running number, for this partition, of the batch's first record. */
  readonly firstSequence: number;
  readonly transactional: boolean;
};

const headerBytes = 61;
const two32 = 2 ** 32;

/** The batch's bytes. At least one record. */
export function encodeRecordBatch(records: readonly OutgoingRecord[], context: BatchContext): Buffer {
  const firstTimestamp = records[0]?.timestamp ?? context.timestamp;
  let maxTimestamp = firstTimestamp;
  let size = headerBytes;
  const bodySizes: number[] = [];
  for (const [index, record] of records.entries()) {
    const timestamp = record.timestamp ?? context.timestamp;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    const bodySize = sizeOfBody(record, timestamp - firstTimestamp, index);
    bodySizes.push(bodySize);
    size += sizeOfVarint(bodySize) + bodySize;
  }
  const bytes = Buffer.allocUnsafe(size);
  writeHeader(bytes, records.length, firstTimestamp, maxTimestamp, context);
  const writer = new Writer(bytes, headerBytes);
  for (const [index, record] of records.entries()) {
    writer.varint(bodySizes[index]!);
    writer.record(record, (record.timestamp ?? context.timestamp) - firstTimestamp, index);
  }
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** An upper bound of what the record will take in a batch, in bytes. */
export function encodedSize(record: OutgoingRecord): number {
  return sizeOfBody(record, 2 ** 40, 2 ** 20) + 5;
}

/** Writes a 64-bit integer below 2^53, negative ones too. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / two32), at);
  bytes.writeUInt32BE(((value % two32) + two32) % two32, at + 4);
}

function writeHeader(
  bytes: Buffer,
  count: number,
  firstTimestamp: number,
  maxTimestamp: number,
  context: BatchContext,
): void {
  writeInt64(bytes, 0, 0); // base offset: the broker's to give
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(-1, 12); // partition leader epoch: the broker's to give
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(context.transactional ? 0x10 : 0, 21);
  bytes.writeInt32BE(count - 1, 23);
  writeInt64(bytes, firstTimestamp, 27);
  writeInt64(bytes, maxTimestamp, 35);
  writeInt64(bytes, context.producerId, 43);
  bytes.writeInt16BE(context.producerEpoch, 51);
  bytes.writeInt32BE(context.firstSequence, 53);
  bytes.writeInt32BE(count, 57);
}

function sizeOfBody(record: OutgoingRecord, timestampDelta: number, offsetDelta: number): number {
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta);
  size += sizeOfBytes(record.key) + sizeOfBytes(record.value);
  if (record.headers === undefined) return size + 1;
  const entries = Object.entries(record.headers);
  size += sizeOfVarint(entries.length);
  for (const [name, value] of entries) {
    const nameLength = Buffer.byteLength(name);
    const valueLength = Buffer.byteLength(value);
    size += sizeOfVarint(nameLength) + nameLength + sizeOfVarint(valueLength) + valueLength;
  }
  return size;
}

function sizeOfBytes(bytes: Buffer | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

function sizeOfVarlong(value: number): number {
  let zigzag = zigzagOf(value);
  let size = 1;
  while (zigzag >= 0x80) {
    zigzag = Math.floor(zigzag / 128);
    size += 1;
  }
  return size;
}

function zigzagOf(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

class Writer {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  record(record: OutgoingRecord, timestampDelta: number, offsetDelta: number): void {
    this.#bytes[this.#at++] = 0; // the record's attributes are unused
    this.#varlong(timestampDelta);
    this.varint(offsetDelta);
    this.#nullable(record.key);
    this.#nullable(record.value);
    if (record.headers === undefined) {
      this.varint(0);
      return;
    }
    const entries = Object.entries(record.headers);
    this.varint(entries.length);
    for (const [name, value] of entries) {
      this.#nullable(Buffer.from(name));
      this.#nullable(typeof value === 'string' ? Buffer.from(value) : value);
    }
  }

  varint(value: number): void {
    let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
    while (zigzag >= 0x80) {
      this.#bytes[this.#at++] = (zigzag & 0x7f) | 0x80;
      zigzag >>>= 7;
    }
    this.#bytes[this.#at++] = zigzag;
  }

  #varlong(value: number): void {
    let zigzag = zigzagOf(value);
    while (zigzag >= 0x80) {
      this.#bytes[this.#at++] = (zigzag % 128) | 0x80;
      zigzag = Math.floor(zigzag / 128);
    }
    this.#bytes[this.#at++] = zigzag;
  }

  #nullable(bytes: Buffer | null): void {
    if (bytes === null) {
      this.varint(-1);
      return;
    }
    this.varint(bytes.length);
    bytes.copy(this.#bytes, this.#at);
    this.#at += bytes.length;
  }
}
