import { mkdirSync, rmSync } from 'node:fs';
import { ClassicLevel } from 'classic-level';
import { Failure } from '@tidemark/service/failures';
import type { KeyedRecord } from '@tidemark/runtime/task';
import type { Stamp } from './stamp.ts';
import { storeError } from './store-failures.ts';

/** Where in the changelog the store on disk stands: everything below these offsets is in it. */
export type StorePosition = {
  /** Whose state it is. */
  readonly stamp: Stamp;
  /** Next offset of the `state` partition. */
  readonly state: number;
  /** Next offset of the `counters` partition. */
  readonly counters: number;
};

/** The two kinds of records a task keeps. */
export type RecordTable = 'entities' | 'counters';

/** Records that lie over the disk; `null` for one that is deleted. */
type Layer = { readonly [T in RecordTable]: Map<string, Uint8Array | null> };

type Level = ClassicLevel<Buffer, Buffer>;
type Operation = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };

const positionKey = Buffer.from('mposition');
const prefixOf = { entities: 'e', counters: 'c' } as const;

/**
 * A task's records on disk (LevelDB), written behind: what a transaction published is laid over the disk first, and goes
 * down in batches with the changelog offset it corresponds to, so that a disk that is a little behind is made whole by the tail of
 * the changelog. What it takes of memory is bounded: a buffer, a cache of blocks, and the files open at a time.
 */
export class TaskStore {
  readonly #level: Level;
  #position: StorePosition | undefined;
  /** Published by transactions under way, oldest first. */
  readonly #underWay: Layer[] = [];
  /** Committed, not yet on disk. */
  #committed: Layer = newLayer();
  /** Committed, on the way to the disk. */
  #writing: Layer = newLayer();

  private constructor(level: Level, position: StorePosition | undefined) {
    this.#level = level;
    this.#position = position;
  }

  /**
   * Opens the store in a directory, a new one when there is none.
   *
   * @throws Failure `state.corrupt` when it cannot be read.
   */
  static async open(directory: string): Promise<TaskStore> {
    mkdirSync(directory, { recursive: true });
    const level: Level = new ClassicLevel(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: 8 * 1024 * 1024,
      cacheSize: 8 * 1024 * 1024,
      // A file is 2 MB, and is mapped while it is open.
      maxOpenFiles: 64,
    });
    try {
      await level.open();
      return new TaskStore(level, positionIn(level));
    } catch (error) {
      await level.close().catch(() => undefined);
      throw storeError(error, directory);
    }
  }

  /** Throws everything in a directory away. No store may be open there. */
  static wipe(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
  }

  /** Where the disk stands; `undefined` for an empty store. */
  get position(): StorePosition | undefined {
    return this.#position;
  }

  /** Records committed that are not on disk yet. */
  get unwritten(): number {
    return this.#committed.entities.size + this.#committed.counters.size;
  }

  /**
   * The newest value of a record: under way, committed or on disk.
   *
   * @throws Failure `state.corrupt` when the disk cannot be read.
   */
  get(table: RecordTable, id: string): Uint8Array | undefined {
    for (let index = this.#underWay.length - 1; index >= 0; index--) {
      const value = this.#underWay[index]![table].get(id);
      if (value !== undefined) return value ?? undefined;
    }
    const committed = this.#committed[table].get(id);
    if (committed !== undefined) return committed ?? undefined;
    const writing = this.#writing[table].get(id);
    if (writing !== undefined) return writing ?? undefined;
    return this.#reading(() => this.#level.getSync(keyOf(table, id)));
  }

  /** Lays over what a transaction about to be sent publishes. */
  stage(records: { readonly [T in RecordTable]: readonly KeyedRecord[] }): void {
    const layer = newLayer();
    for (const { id, value } of records.entities) layer.entities.set(id, value);
    for (const { id, value } of records.counters) layer.counters.set(id, value);
    this.#underWay.push(layer);
  }

  /** The oldest transaction under way is committed. */
  committed(): void {
    const layer = this.#underWay.shift();
    if (layer === undefined)
      throw new Failure('state.corrupt', 'committed a transaction that was never staged');
    for (const [id, value] of layer.entities) this.#committed.entities.set(id, value);
    for (const [id, value] of layer.counters) this.#committed.counters.set(id, value);
  }

  /** Writes what is committed to disk together with the changelog position it brings the disk to. One call at a time. */
  async flush(position: StorePosition): Promise<void> {
    this.#writing = this.#committed;
    this.#committed = newLayer();
    const operations = [
      ...operationsOf('entities', this.#writing),
      ...operationsOf('counters', this.#writing),
    ];
    operations.push({ type: 'put', key: positionKey, value: Buffer.from(JSON.stringify(position)) });
    await this.#level.batch(operations);
    this.#writing = newLayer();
    this.#position = position;
  }

  /** Records read back from the changelog, straight to disk. */
  async restore(table: RecordTable, records: readonly KeyedRecord[]): Promise<void> {
    await this.#level.batch(records.map(({ id, value }) => operationOf(table, id, value)));
  }

  /** Every record on disk, in key order. */
  async *entries(table: RecordTable): AsyncGenerator<readonly KeyedRecord[]> {
    const prefix = prefixOf[table];
    const iterator = this.#level.iterator({
      gte: Buffer.from(prefix),
      lt: Buffer.from(String.fromCharCode(prefix.charCodeAt(0) + 1)),
    });
    try {
      for (;;) {
        const records = await iterator.nextv(1_000);
        if (records.length === 0) return;
        yield records.map(([key, value]) => ({ id: key.toString('utf8', 1), value }));
      }
    } catch (error) {
      throw storeError(error, this.#level.location);
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  #reading<Read>(read: () => Read): Read {
    try {
      return read();
    } catch (error) {
      throw storeError(error, this.#level.location);
    }
  }
}

function newLayer(): Layer {
  return { entities: new Map(), counters: new Map() };
}

function keyOf(table: RecordTable, id: string): Buffer {
  return Buffer.from(prefixOf[table] + id);
}

function operationOf(table: RecordTable, id: string, value: Uint8Array | null): Operation {
  const key = keyOf(table, id);
  if (value === null) return { type: 'del', key };
  return { type: 'put', key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
}

function operationsOf(table: RecordTable, layer: Layer): Operation[] {
  return [...layer[table]].map(([id, value]) => operationOf(table, id, value));
}

/**
 * @throws Failure `state.corrupt` when it is none.
 */
function positionIn(level: Level): StorePosition | undefined {
  const value = level.getSync(positionKey);
  if (value === undefined) return undefined;
  try {
    return JSON.parse(value.toString()) as StorePosition;
  } catch (error) {
    throw new Failure('state.corrupt', `the position of the store in ${level.location} cannot be read`, {
      cause: error,
    });
  }
}
