import { frame, FrameReader, newestOf } from './frame.ts';

/** All live series of one definition in one bucket, absolute; `bucket` is its start in milliseconds. */
export type Counters = {
  readonly definition: string;
  readonly bucket: number;
  readonly values: { [series: string]: bigint };
};

const subject = 'counters-value';
const { entry, type } = newestOf(subject);
const reader = new FrameReader(subject);

/** A bucket of counters as framed Avro. */
export function encodeCounters(counters: Counters): Buffer {
  return frame(entry.id, type, counters);
}

/**
 * Reads a framed bucket of counters.
 *
 * @throws Error when the bytes are none: nobody but the processor writes them.
 */
export function decodeCounters(bytes: Uint8Array): Counters {
  const read = reader.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if ('reason' in read) throw new Error(`a bucket of counters: ${read.message}`);
  return read.value as Counters;
}
