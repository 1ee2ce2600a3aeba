import { mkdirSync, rmSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ClassicLevel } from 'classic-level';
import { Failure } from '@tidemark/service/failures';
import { storeError } from './store-failures.ts';
import { Tables } from './tables.ts';

/** What one batch changes on the disk. */
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Buffer };

/** A key and what stands there. */
export type DiskRecord = readonly [key: Buffer, value: Buffer];

/** A range of keys, in their order. */
export type KeyRange = { readonly gt?: Buffer; readonly gte?: Buffer; readonly lt: Buffer };

/** What a store is kept on, open: batches are written whole and in their order. */
export type OpenDisk = Pick<
  Disk,
  'get' | 'getMany' | 'batch' | 'range' | 'keys' | 'verifyNext' | 'compact' | 'close'
>;

/** The disks that stores are kept on, by directory: the one place where the tasks' files are touched. */
export type Disks = {
  /**
   * Opens the disk of a directory, a new one when there is none.
   *
   * @throws Failure `state.corrupt` when it cannot be read.
   */
  readonly open: (directory: string, bufferBytes: number) => Promise<OpenDisk>;
  /** Throws everything in a directory away. Nothing may be open there. */
  readonly wipe: (directory: string) => void;
};

/** Disks in the file system. */
export const levelDisks: Disks = {
  async open(directory, bufferBytes) {
    mkdirSync(directory, { recursive: true });
    return Disk.open(directory, bufferBytes);
  },
  wipe: (directory) => rmSync(directory, { recursive: true, force: true }),
};

const checksumBytes = 4;
const batchPrefix = 'b';
/** Numbers of batches that are kept: more than LevelDB's log has room for. */
const numbersKept = 32_768;
/** A range is read in parts that grow, since mostly little of it is wanted. */
const parts = { first: 32, most: 1_000 };

/** Bytes of tables that are verified when a store is opened; the others are verified in turn while it is open. */
const verifiedAtOpen = 64 * 1024 * 1024;

/**
 * LevelDB with what it lacks here. It verifies no checksum when it reads: every record has one of its key and value, and tables are
 * verified at the start and in turn, since a damaged key can hide others. It skips what is damaged in its log: every batch
 * has a number, of which none may be missing.
 */
export class Disk {
  readonly #level: ClassicLevel<Buffer, Buffer>;
  readonly #tables: Tables;
  /** Number of the next batch. */
  #next = 0;
  /** The last batch on its way; rejected once one failed, since another one after it would leave its number out. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(level: ClassicLevel<Buffer, Buffer>) {
    this.#level = level;
    this.#tables = new Tables(level.location);
  }

  /**
   * Opens a directory that exists, whatever is in it.
   *
   * @param bufferBytes What is kept in memory until it is written as a table, twice as much while one is written.
   * @throws Failure `state.corrupt` when it cannot be read, or a batch is missing.
   */
  static async open(directory: string, bufferBytes: number): Promise<Disk> {
    const level = new ClassicLevel<Buffer, Buffer>(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: bufferBytes,
      cacheSize: Math.floor(bufferBytes / 4),
      // A file is mapped while it is open, and 64 are open at most. Larger ones are merged and opened less often.
      maxOpenFiles: 64,
      maxFileSize: Math.floor(bufferBytes / 4),
    });
    const disk = new Disk(level);
    try {
      await disk.#tables.look();
      await level.open();
      await disk.#verifying(async (tables) => tables.verifyNewest(verifiedAtOpen));
      await disk.#countBatches();
      return disk;
    } catch (error) {
      await level.close().catch(() => undefined);
      throw storeError(error, directory);
    }
  }

  /**
   * What stands at a key.
   *
   * @throws Failure `state.corrupt` when that is not what was written.
   */
  get(key: Buffer): Buffer | undefined {
    const sealed = this.#reading(() => this.#level.getSync(key));
    return sealed && this.#unsealed(key, sealed);
  }

  /**
   * What stands at many keys, in their order, read beside the main thread.
   *
   * @throws Failure `state.corrupt` when one is not what was written.
   */
  async getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    // Neighbours are in the same block: those that are read after each other are found in the cache.
    const order = keys.map((_, place) => place).toSorted((a, b) => keys[a]!.compare(keys[b]!));
    const found = await this.#level.getMany(order.map((place) => keys[place]!)).catch((error: unknown) => {
      throw storeError(error, this.#level.location);
    });
    const values = Array.from<Buffer | undefined>({ length: keys.length });
    for (const [index, place] of order.entries()) {
      const value = found[index];
      values[place] = value && this.#unsealed(keys[place]!, value);
    }
    return values;
  }

  /**
   * Writes all or nothing, after the batches before it; while these are written, this one is prepared. After a batch that
   * could not be written nothing is, until the directory is opened again.
   *
   * @throws Failure `state.disk` when the disk is full or fails.
   */
  async batch(operations: readonly Operation[]): Promise<void> {
    const batch = this.#level.batch();
    const put = (key: Buffer, value: Uint8Array): void => void batch.put(key, sealed(key, value));
    for (const one of operations)
      if (one.type === 'put') put(one.key, one.value);
      else batch.del(one.key);
    put(numberKey(this.#next++), nothing);
    if (this.#next > numbersKept) batch.del(numberKey(this.#next - 1 - numbersKept));
    this.#writing = this.#writing.then(async () =>
      batch.write().catch((error: unknown) => {
        throw storeError(error, this.#level.location);
      }),
    );
    await this.#writing;
  }

  /**
   * Hands over a range, as it is now, in parts of at most `limit`, for as long as more is wanted.
   *
   * @throws Failure `state.corrupt` when a record is not what was written.
   */
  async range(
    range: KeyRange,
    limit: number,
    take: (records: readonly DiskRecord[]) => boolean | Promise<boolean>,
  ): Promise<void> {
    const iterator = this.#level.iterator(range);
    try {
      for (let part = parts.first; ; part = Math.min(4 * part, parts.most)) {
        const records = await iterator.nextv(Math.min(limit, part));
        if (records.length === 0) return;
        if (!(await take(records.map(([key, value]) => [key, this.#unsealed(key, value)])))) return;
      }
    } catch (error) {
      throw storeError(error, this.#level.location);
    } finally {
      await iterator.close();
    }
  }

  /** The keys of a range, in their order, without what stands there. */
  async keys(range: KeyRange): Promise<Buffer[]> {
    return this.#level
      .keys(range)
      .all()
      .catch((error: unknown) => {
        throw storeError(error, this.#level.location);
      });
  }

  /**
   * Verifies one table, all of them in turn.
   *
   * @throws Failure `state.corrupt` when it is damaged.
   */
  async verifyNext(): Promise<void> {
    await this.#verifying(async (tables) => tables.verifyNext());
  }

  /**
   * Merges all tables, so that nothing stays of what was deleted. LevelDB notes the last key that it has merged, so one that is nobody's
   * is the last.
   */
  async compact(): Promise<void> {
    await this.batch([{ type: 'put', key: lastKey, value: nothing }]);
    await this.#level.compactRange(nothing, Buffer.from([0xff])).catch((error: unknown) => {
      throw storeError(error, this.#level.location);
    });
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  async #countBatches(): Promise<void> {
    const end = Buffer.from(String.fromCharCode(batchPrefix.charCodeAt(0) + 1));
    let found = 0;
    await this.range({ gt: Buffer.from(batchPrefix), lt: end }, parts.most, (records) => {
      found += records.length;
      this.#next = records.at(-1)![0].readUIntBE(1, 6) + 1;
      return true;
    });
    const missing = Math.min(this.#next, numbersKept) - found;
    if (missing !== 0) throw this.#corrupt(`${missing} of the batches before ${this.#next} are missing`);
  }

  #unsealed(key: Buffer, value: Buffer): Buffer {
    const content = value.subarray(checksumBytes);
    if (value.length < checksumBytes || value.readUInt32BE(0) !== checksumOf(key, content))
      throw this.#corrupt(`the record ${JSON.stringify(key.toString())} is not what was written`);
    return content;
  }

  async #verifying(verify: (tables: Tables) => Promise<void>): Promise<void> {
    try {
      await verify(this.#tables);
    } catch (error) {
      throw this.#corrupt(error instanceof Error ? error.message : String(error), error);
    }
  }

  #reading<Read>(read: () => Read): Read {
    try {
      return read();
    } catch (error) {
      throw storeError(error, this.#level.location);
    }
  }

  #corrupt(what: string, cause?: unknown): Failure {
    return new Failure('state.corrupt', `the store in ${this.#level.location} is damaged: ${what}`, {
      cause,
    });
  }
}

const nothing = Buffer.alloc(0);
/** After all prefixes of keys. */
const lastKey = Buffer.from('z');

/** LevelDB takes a copy at once. */
let scratch = Buffer.allocUnsafe(64 * 1024);

function sealed(key: Buffer, value: Uint8Array): Buffer {
  const size = checksumBytes + value.length;
  if (size > scratch.length) scratch = Buffer.allocUnsafe(2 * size);
  scratch.writeUInt32BE(checksumOf(key, value));
  scratch.set(value, checksumBytes);
  return scratch.subarray(0, size);
}

function checksumOf(key: Buffer, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

function numberKey(number: number): Buffer {
  const key = Buffer.alloc(7);
  key.write(batchPrefix);
  key.writeUIntBE(number, 1, 6);
  return key;
}
