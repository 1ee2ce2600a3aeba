import { Growing } from './growing.ts';

/** How Java's clients begin a stream of snappy blocks: each with its length in four bytes before it. */
const streamMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const streamHeaderBytes = 16;

/**
 * Snappy as Kafka's clients write it: one block, or Java's stream of blocks.
 *
 * @param max Most bytes of the result.
 * @throws TooLarge
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unsnappy(bytes: Buffer, max: number): Buffer {
  if (!bytes.subarray(0, streamMagic.length).equals(streamMagic)) return block(bytes, max);
  const blocks: Buffer[] = [];
  let left = max;
  for (let at = streamHeaderBytes; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end > bytes.length) throw new RangeError('compressed bytes end too soon');
    const plain = block(bytes.subarray(at + 4, end), left);
    blocks.push(plain);
    left -= plain.length;
    at = end;
  }
  return Buffer.concat(blocks);
}

function block(bytes: Buffer, max: number): Buffer {
  const { value: size, end } = varint(bytes);
  const out = new Growing(size, max);
  for (let at = end; at < bytes.length;) {
    const tag = bytes[at]!;
    if ((tag & 3) === 0) {
      // A literal: its length, less one, in the tag, or in the one to four bytes after it.
      const short = tag >>> 2;
      const lengthBytes = short < 60 ? 0 : short - 59;
      const length = (lengthBytes === 0 ? short : bytes.readUIntLE(at + 1, lengthBytes)) + 1;
      out.append(bytes, at + 1 + lengthBytes, length);
      at += 1 + lengthBytes + length;
    } else if ((tag & 3) === 1) {
      out.repeat(((tag & 0xe0) << 3) | bytes.readUInt8(at + 1), ((tag >>> 2) & 7) + 4);
      at += 2;
    } else {
      const distanceBytes = (tag & 3) === 2 ? 2 : 4;
      out.repeat(bytes.readUIntLE(at + 1, distanceBytes), (tag >>> 2) + 1);
      at += 1 + distanceBytes;
    }
  }
  const plain = out.take();
  if (plain.length !== size)
    throw new RangeError(`compressed bytes have ${plain.length} bytes instead of ${size}`);
  return plain;
}

function varint(bytes: Buffer): { value: number; end: number } {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = bytes.readUInt8(at);
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new RangeError('compressed bytes begin with no length');
}
