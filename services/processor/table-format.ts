import { crc32c } from '@tidemark/kafka/crc32c';
import { unsnappy } from '@tidemark/kafka/snappy';

/** A part of a table. */
type Block = { readonly offset: number; readonly size: number };

const footerBytes = 48;
const typeBytes = 1;
const checksumBytes = 4;
const snappyType = 1;
const plainBytesMax = 64 * 1024 * 1024;
const maskDelta = 0xa282ead8;

/**
 * Verifies the checksums of all blocks of one of LevelDB's tables; it does not do so itself when it reads.
 *
 * @throws Error when the table is damaged.
 * @see https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
export function verifyTable(table: Buffer): void {
  const blocks = blocksOf(table);
  for (const block of blocks) verify(table, block);
  const bytes = blocks.reduce((sum, { size }) => sum + size + typeBytes + checksumBytes, footerBytes);
  if (bytes !== table.length)
    throw new RangeError(`its blocks have ${bytes} bytes, and it has ${table.length}`);
}

/**
 * The blocks of a table, uncompressed.
 *
 * @throws Error when the table is damaged.
 */
export function tableContents(table: Buffer): Buffer[] {
  return blocksOf(table).map((block) => contentOf(table, block));
}

function blocksOf(table: Buffer): Block[] {
  if (table.length < footerBytes) throw new RangeError('it is cut off');
  const footer = new Reader(table.subarray(table.length - footerBytes));
  const [metaindex, index] = [footer.block(), footer.block()];
  return [...[metaindex, index].flatMap((block) => blocksIn(contentOf(table, block))), metaindex, index];
}

function verify(table: Buffer, { offset, size }: Block): void {
  const end = offset + size + typeBytes;
  const rotated = (table.readUInt32LE(end) - maskDelta) >>> 0;
  const checksum = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  if (crc32c(table.subarray(offset, end)) !== checksum)
    throw new RangeError(`the block at ${offset} does not match its checksum`);
}

function contentOf(table: Buffer, block: Block): Buffer {
  verify(table, block);
  const { offset, size } = block;
  const stored = table.subarray(offset, offset + size);
  return table[offset + size] === snappyType ? unsnappy(stored, plainBytesMax) : stored;
}

/** The blocks that the entries of an index name. */
function blocksIn(index: Buffer): Block[] {
  const restarts = index.readUInt32LE(index.length - 4);
  const entries = new Reader(index.subarray(0, index.length - 4 * (restarts + 1)));
  const blocks: Block[] = [];
  while (!entries.isAtEnd) {
    entries.varint();
    const keyBytes = entries.varint();
    entries.varint();
    entries.skip(keyBytes);
    blocks.push(entries.block());
  }
  return blocks;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(count: number): void {
    this.#at += count;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  block(): Block {
    return { offset: this.varint(), size: this.varint() };
  }
}
