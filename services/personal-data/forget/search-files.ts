import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decompress } from '@tidemark/kafka/codecs';
import { decodeRecordBatches } from '@tidemark/kafka/record-batches';
import type { Found, Sought } from './search.ts';

/**
 * Searches all files below a folder: their bytes as they are, and what is compressed in segments of Kafka and columns of ClickHouse.
 *
 * @param onFile Takes the path of each file in which something is found.
 * @param more What else is in a file of another form, by its name.
 */
export async function searchFiles(
  folder: string,
  { finder }: Sought,
  onFile: (path: string, found: number) => void = () => undefined,
  more: (name: string, bytes: Buffer) => readonly Buffer[] = () => [],
): Promise<Found> {
  let searched = 0;
  let found = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || hasNumbersAlone(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(unlessGone);
    if (bytes === undefined) continue;
    searched += bytes.length;
    let here = finder.countIn(Buffer.from(path)) + finder.countIn(bytes);
    for (const plain of [...(await compressedIn(entry.name, bytes)), ...more(entry.name, bytes)])
      here += finder.countIn(plain);
    if (here > 0) onFile(path, here);
    found += here;
  }
  return { place: `files of ${folder}`, searched, unit: 'bytes', found };
}

/** Kafka's indexes have offsets and instants, in megabytes that are kept for more. */
function hasNumbersAlone(name: string): boolean {
  return /^\d{20}\.(index|timeindex)$/.test(name);
}

/** A file may be deleted while others are read. */
function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** The parts of a file that are compressed, uncompressed; none of a file in another form. */
async function compressedIn(name: string, bytes: Buffer): Promise<Buffer[]> {
  if (/^\d{20}\.log$/.test(name)) return partsOfSegment(bytes);
  return name.endsWith('.bin') ? partsOfColumn(bytes) : [];
}

async function partsOfSegment(bytes: Buffer): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  const batches = await decodeRecordBatches(bytes, async (codec, compressed) => {
    const plain = await decompress(codec, compressed);
    parts.push(plain);
    return plain;
  });
  return batches.length === 0 ? [] : parts;
}

const checksumBytes = 16;
const headBytes = 9;
const methods = { lz4: 0x82, zstd: 0x90 } as const;
const codecs = { lz4: 3, zstd: 4 } as const;

/** @see https://clickhouse.com/docs/native-protocol/compression */
async function partsOfColumn(bytes: Buffer): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for (let at = checksumBytes; at + headBytes <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 1);
    if (size < headBytes || at + size > bytes.length) break;
    const stored = bytes.subarray(at + headBytes, at + size);
    const method = bytes[at];
    if (method === methods.lz4) parts.push(await decompress(codecs.lz4, asFrame(stored)));
    if (method === methods.zstd) parts.push(await decompress(codecs.zstd, stored));
    at += size + checksumBytes;
  }
  return parts;
}

/** A block of LZ4 as the only one of a frame. */
function asFrame(block: Buffer): Buffer {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(block.length, 7);
  return Buffer.concat([head, block, Buffer.alloc(4)]);
}
