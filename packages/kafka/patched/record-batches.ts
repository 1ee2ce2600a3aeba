/**
 * Decodes Kafka's record batches (magic 2) from the bytes of a fetch answer, with plain numbers.
 *
 * kafkajs calculates with BigInt for every record. It also loses the last offset of a batch that
 * compaction has emptied. Offsets, timestamps and producer ids stay below 2^53 in every real cluster, so
 * numbers are exact here. A larger one is refused.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
import { Failure, isFailure } from '@tidemark/service/failures';

/** Header values by name. When a name occurs several times, the last value counts. A header without a value is left out. */
export type RecordHeaders = Readonly<Record<string, Buffer | undefined>>;

/** One record. `key` and `value` are views into the fetched bytes: copy what is kept for long. */
export type KafkaRecord = {
  readonly offset: number;
  /** Milliseconds UTC: the broker's append time where the topic says so, else the producer's. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  /** `null` is a tombstone. */
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
};

/** One batch as it lies in the log. Compaction may have taken some or all of its records. */
export type RecordBatch = {
  readonly baseOffset: number;
  /** Offset of the last record the batch was written with, whether it is still there or not. */
  readonly lastOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly logAppendTime: boolean;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
  /** Holds a transaction's end marker instead of data. */
  readonly control: boolean;
  readonly records: readonly KafkaRecord[];
};

/**
 * Turns compressed records into plain ones. Given by the caller: this module knows no codec. Throws `kafka.batch-too-large` for
 * more than it takes.
 */
export type Decompress = (codec: number, bytes: Buffer) => Promise<Buffer>;

const headerBytes = 61;
const lengthEnd = 12;
const magic = 2;
const codecMask = 0x07;
/** Most records of a batch: each takes some hundred bytes of memory, however small it is. */
const recordsMax = 500_000;
const noHeaders: RecordHeaders = Object.freeze(Object.create(null) as RecordHeaders);
const two32 = 2 ** 32;

/** Reads a signed 64-bit integer as a number. Throws `kafka.protocol` beyond 2^53. */
export function readInt64(bytes: Buffer, at: number): number {
  const value = bytes.readInt32BE(at) * two32 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) {
    throw new Failure('kafka.protocol', `a 64-bit integer at byte ${at} is beyond 2^53`);
  }
  return value;
}

/**
 * Decodes every whole batch in `bytes`; an incomplete one at the end (a fetch is cut by bytes) is
 * left out.
 */
export async function decodeRecordBatches(bytes: Buffer, decompress: Decompress): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  let at = 0;
  while (at + headerBytes <= bytes.length) {
    const end = at + lengthEnd + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    if (bytes[at + 16] !== magic) {
      throw new Failure('kafka.protocol', `record batch of magic ${bytes[at + 16]}; only 2 is understood`);
    }
    batches.push(await decodeBatch(bytes.subarray(at, end), decompress));
    at = end;
  }
  return batches;
}

async function decodeBatch(bytes: Buffer, decompress: Decompress): Promise<RecordBatch> {
  const baseOffset = readInt64(bytes, 0);
  const attributes = bytes.readInt16BE(21);
  const firstTimestamp = readInt64(bytes, 27);
  const maxTimestamp = readInt64(bytes, 35);
  const logAppendTime = (attributes & 0x08) !== 0;
  const count = bytes.readInt32BE(57);
  const codec = attributes & codecMask;
  const body = bytes.subarray(headerBytes);
  const lastOffset = baseOffset + bytes.readInt32BE(23);
  const recordsOf = async (): Promise<readonly KafkaRecord[]> => {
    if (count > recordsMax) return [passedOver(baseOffset, lastOffset, maxTimestamp, `${count} records`)];
    try {
      const plain = codec === 0 || count <= 0 ? body : await decompress(codec, body);
      return new RecordReader(plain).records(
        count,
        baseOffset,
        firstTimestamp,
        logAppendTime ? maxTimestamp : null,
      );
    } catch (error) {
      if (!isFailure(error, 'kafka.batch-too-large')) throw error;
      return [passedOver(baseOffset, lastOffset, maxTimestamp, 'too many bytes')];
    }
  };
  return {
    baseOffset,
    lastOffset,
    partitionLeaderEpoch: bytes.readInt32BE(12),
    firstTimestamp,
    maxTimestamp,
    logAppendTime,
    producerId: readInt64(bytes, 43),
    producerEpoch: bytes.readInt16BE(51),
    firstSequence: bytes.readInt32BE(53),
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    records: await recordsOf(),
  };
}

/**
 * Stands for all records of a batch that would take too much memory. It has the last offset of the batch, so that the reader
 * continues after it. Its value says what was passed over and fits no schema, so it becomes a dead letter.
 */
function passedOver(baseOffset: number, lastOffset: number, timestamp: number, why: string): KafkaRecord {
  const value = Buffer.from(`The batch of offsets ${baseOffset} to ${lastOffset} was passed over: ${why}.`);
  return { offset: lastOffset, timestamp, key: null, value, headers: noHeaders };
}

class RecordReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** With an `appendTime` every record carries it: the broker wrote that one time for the whole batch. */
  records(
    count: number,
    baseOffset: number,
    firstTimestamp: number,
    appendTime: number | null,
  ): KafkaRecord[] {
    const records: KafkaRecord[] = [];
    for (let i = 0; i < count; i++) {
      const length = this.#varint();
      const end = this.#at + length;
      this.#at += 1; // the record's attributes are unused
      const timestampDelta = this.#varlong();
      const offsetDelta = this.#varint();
      const key = this.#varbytes();
      const value = this.#varbytes();
      const headers = this.#headers();
      records.push({
        offset: baseOffset + offsetDelta,
        timestamp: appendTime ?? firstTimestamp + timestampDelta,
        key,
        value,
        headers,
      });
      if (this.#at !== end) {
        throw new Failure(
          'kafka.protocol',
          `record ${i} after offset ${baseOffset} is not of its stated length`,
        );
      }
    }
    return records;
  }

  #headers(): RecordHeaders {
    const count = this.#varint();
    if (count <= 0) return noHeaders;
    // Without a prototype, so that a header may be called `valueOf`.
    const headers = Object.create(null) as Record<string, Buffer>;
    for (let i = 0; i < count; i++) {
      const length = this.#varint();
      const name = this.#bytes.toString('utf8', this.#at, this.#at + length);
      this.#at += length;
      const value = this.#varbytes();
      if (value !== null) headers[name] = value;
    }
    return headers;
  }

  #varbytes(): Buffer | null {
    const length = this.#varint();
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Zigzag, 32 bits. */
  #varint(): number {
    let byte = this.#byte();
    let value = byte & 0x7f;
    let shift = 7;
    while (byte >= 0x80) {
      byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag, 64 bits, by multiplication: shifting would cut it to 32. */
  #varlong(): number {
    let byte = this.#byte();
    let value = byte & 0x7f;
    let scale = 128;
    while (byte >= 0x80) {
      byte = this.#byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Failure('kafka.protocol', 'a record ends before its last field');
    this.#at += 1;
    return byte;
  }
}
