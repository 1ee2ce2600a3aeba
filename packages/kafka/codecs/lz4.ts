import { Growing } from './growing.ts';

const magic = 0x184d2204;
const isStoredPlain = 0x80000000;

/**
 * One LZ4 frame. Its checksums are not looked at: the batch's own covers the same bytes.
 *
 * @param max Most bytes of the result.
 * @throws TooLarge
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function unlz4(bytes: Buffer, max: number): Buffer {
  if (bytes.readUInt32LE(0) !== magic) throw new RangeError('compressed bytes are no LZ4 frame');
  const flags = bytes.readUInt8(4);
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4;
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  const out = new Growing(Math.min(4 * bytes.length, max), max);
  for (;;) {
    const size = bytes.readUInt32LE(at);
    if (size === 0) return out.take();
    const length = size % isStoredPlain;
    if (size >= isStoredPlain) out.append(bytes, at + 4, length);
    else block(bytes, at + 4, at + 4 + length, out);
    at += 4 + length + checksumBytes;
  }
}

/** Literals and matches in turn; the last sequence has literals alone. */
function block(bytes: Buffer, from: number, end: number, out: Growing): void {
  let at = from;
  /** A length that began with all ones in its four bits goes on in bytes, until one is not 255. */
  const lengthOf = (bits: number): number => {
    let length = bits;
    if (bits < 15) return length;
    for (;;) {
      const byte = bytes.readUInt8(at++);
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < end) {
    const token = bytes.readUInt8(at++);
    const literals = lengthOf(token >>> 4);
    out.append(bytes, at, literals);
    at += literals;
    if (at >= end) return;
    const distance = bytes.readUInt16LE(at);
    at += 2;
    out.repeat(distance, lengthOf(token & 0x0f) + 4);
  }
}
