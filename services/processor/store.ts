import { mkdirSync, rmSync } from 'node:fs';
import { ClassicLevel } from 'classic-level';
import type { Family } from '@tidemark/events/families';
import { Failure } from '@tidemark/service/failures';
import { isHead, wakeOfHead } from '@tidemark/runtime/head';
import { reading } from '@tidemark/runtime/state-error';
import type { KeyedRecord, Walked, WakeChange, WalkPart } from '@tidemark/runtime/task';
import type { Stamp } from './stamp.ts';
import { storeError } from './store-failures.ts';
import { familyRange, readWakeKey, wakeKey } from './wake-key.ts';

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

/** What one transaction changes of what is kept. */
export type StagedChanges = { readonly [T in RecordTable]: readonly KeyedRecord[] } & {
  readonly wakes: readonly WakeChange[];
};

/** What lies over the disk: records, `null` for one that is deleted, and by entity when it wanted waking and does now. */
type Layer = { readonly [T in RecordTable]: Map<string, Uint8Array | null> } & {
  readonly wakes: Map<string, WakeChange>;
};

type Level = ClassicLevel<Buffer, Buffer>;
type Operation = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };

const nothing = Buffer.alloc(0);
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
  /** No wake of the family on disk is before this; not known for those that are not here. */
  readonly #earliest = new Map<string, number>();
  #flushes = 0;

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
  stage(changes: StagedChanges): void {
    const layer = newLayer();
    for (const { id, value } of changes.entities) layer.entities.set(id, value);
    for (const { id, value } of changes.counters) layer.counters.set(id, value);
    for (const change of changes.wakes) layer.wakes.set(change.id, change);
    this.#underWay.push(layer);
  }

  /** The oldest transaction under way is committed. */
  committed(): void {
    const layer = this.#underWay.shift();
    if (layer === undefined)
      throw new Failure('state.corrupt', 'committed a transaction that was never staged');
    for (const [id, value] of layer.entities) this.#committed.entities.set(id, value);
    for (const [id, value] of layer.counters) this.#committed.counters.set(id, value);
    for (const [id, { was, is }] of layer.wakes)
      this.#committed.wakes.set(id, { id, was: this.#committed.wakes.get(id)?.was ?? was, is });
  }

  /** Writes what is committed to disk together with the changelog position it brings the disk to. One call at a time. */
  async flush(position: StorePosition): Promise<void> {
    this.#writing = this.#committed;
    this.#committed = newLayer();
    const operations = [
      ...operationsOf('entities', this.#writing),
      ...operationsOf('counters', this.#writing),
      ...[...this.#writing.wakes.values()].flatMap(wakeOperations),
    ];
    operations.push({ type: 'put', key: positionKey, value: Buffer.from(JSON.stringify(position)) });
    await this.#level.batch(operations);
    this.#flushes++;
    for (const { id, is } of this.#writing.wakes.values()) {
      const family = familyOfId(id);
      const earliest = this.#earliest.get(family);
      if (earliest !== undefined && is < earliest) this.#earliest.set(family, is);
    }
    this.#writing = newLayer();
    this.#position = position;
  }

  /** Records read back from the changelog, straight to disk; what heads say of wakes goes into their index. */
  async restore(table: RecordTable, records: readonly KeyedRecord[]): Promise<void> {
    const operations = records.map(({ id, value }) => operationOf(table, id, value));
    if (table === 'entities')
      for (const { id, value } of records)
        if (value !== null && isHead(id)) {
          const at = reading(id, () => wakeOfHead(value));
          if (at !== Infinity) operations.push({ type: 'put', key: wakeKey(id, at), value: nothing });
        }
    await this.#level.batch(operations);
  }

  /**
   * Entities that want waking strictly before the clock of their family, earliest first.
   *
   * @param limit Of each family at most.
   */
  async due(clocks: ReadonlyMap<Family, number>, limit: number): Promise<string[]> {
    // What lies over the disk is looked at as of now, together with where the iterators begin.
    const above = new Map<string, number>();
    for (const layer of [this.#writing, this.#committed, ...this.#underWay])
      for (const [id, { is }] of layer.wakes) above.set(id, is);
    const found = await Promise.all(
      [...clocks].map(async ([family, clock]) => {
        if (clock === -Infinity) return [];
        const due = await this.#dueOnDisk(family, clock, above, limit);
        for (const [id, at] of above) if (at < clock && familyOfId(id) === family) due.push({ id, at });
        due.sort((a, b) => a.at - b.at);
        return due.slice(0, limit).map(({ id }) => id);
      }),
    );
    return found.flat();
  }

  /** Those of a family whose head on disk says so: a restore leaves wakes behind that have changed since. */
  async #dueOnDisk(
    family: Family,
    clock: number,
    above: ReadonlyMap<string, number>,
    limit: number,
  ): Promise<{ id: string; at: number }[]> {
    const due: { id: string; at: number }[] = [];
    if ((this.#earliest.get(family) ?? -Infinity) >= clock) return due;
    const stale: Buffer[] = [];
    const flushes = this.#flushes;
    let next = Infinity;
    await this.#range(familyRange(family), limit, (keys) => {
      for (const [key] of keys) {
        const { id, at } = readWakeKey(key);
        next = at;
        if (at >= clock || due.length >= limit) return false;
        if (above.has(id)) continue;
        const head = this.#reading(() => this.#level.getSync(keyOf('entities', id)));
        if (head !== undefined && wakeOfHead(head) === at) due.push({ id, at });
        else stale.push(key);
      }
      next = Infinity;
      return true;
    });
    // What is due goes from the disk with a later flush only; a flush meanwhile may have brought an earlier wake.
    if (due.length === 0 && flushes === this.#flushes) this.#earliest.set(family, next);
    if (stale.length > 0) await this.#level.batch(stale.map((key) => ({ type: 'del', key })));
    return due;
  }

  /** Keys of all buckets of counters on disk. */
  async counterKeys(): Promise<string[]> {
    const found: string[] = [];
    const range = { gt: Buffer.from(prefixOf.counters), lt: Buffer.from('d') };
    await this.#range(range, 1_000, (records) => {
      for (const [key] of records) found.push(key.toString('utf8', 1));
      return true;
    });
    return found;
  }

  /** Keys of entities' records on disk, in their order. */
  async walk({ after, limit }: WalkPart): Promise<Walked> {
    const ids: string[] = [];
    const range = { gt: keyOf('entities', after), lt: Buffer.from('f') };
    await this.#range(range, limit, (records) => {
      for (const [key] of records) ids.push(key.toString('utf8', 1));
      return ids.length < limit;
    });
    return { ids, isEnd: ids.length < limit };
  }

  /** Hands over a range of the disk, as it is now, in parts of at most `limit`, for as long as more is wanted. */
  async #range(
    range: { gt?: Buffer; gte?: Buffer; lt: Buffer },
    limit: number,
    take: (records: readonly [Buffer, Buffer][]) => boolean,
  ): Promise<void> {
    const iterator = this.#level.iterator(range);
    try {
      for (;;) {
        const records = await iterator.nextv(Math.min(limit, 1_000));
        if (records.length === 0 || !take(records)) return;
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
  return { entities: new Map(), counters: new Map(), wakes: new Map() };
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

function wakeOperations({ id, was, is }: WakeChange): Operation[] {
  if (was === is) return [];
  const operations: Operation[] = [];
  if (was !== Infinity) operations.push({ type: 'del', key: wakeKey(id, was) });
  if (is !== Infinity) operations.push({ type: 'put', key: wakeKey(id, is), value: nothing });
  return operations;
}

function familyOfId(id: string): string {
  return id.slice(0, id.indexOf('\u0000'));
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
