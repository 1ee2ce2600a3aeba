import { mkdirSync, rmSync } from 'node:fs';
import { open, type Database, type RootDatabase } from 'lmdb';
import { Failure } from '@tidemark/service/failures';
import type { KeyedRecord } from '@tidemark/runtime/task';

/** Where in the changelog the store on disk stands: everything below these offsets is in it. */
export type StorePosition = {
  /** Identity of the cluster and the application the store belongs to; a store of another is thrown away. */
  readonly origin: string;
  /** Next offset of the `state` partition. */
  readonly state: number;
  /** Next offset of the `counters` partition. */
  readonly counters: number;
};

/** The two kinds of records a task keeps. */
export type Shelf = 'entities' | 'counters';

type Layer = { readonly [S in Shelf]: Map<string, Uint8Array> };

const positionKey = 'position';

/**
 * Addresses set aside for a store, not memory or disk. One that outgrows its addresses is mapped anew beside the old
 * mapping, and is resident twice from then on.
 */
const mappedBytes = 16 * 1024 ** 3;

/**
 * A task's records on disk (LMDB), written behind: what a transaction published is laid over the disk first, and goes
 * down in batches with the changelog offset it corresponds to, so that a disk that is a little behind is made whole by the tail of
 * the changelog. One process opens a store at a time.
 */
export class TaskStore {
  readonly #directory: string;
  #root: RootDatabase<unknown, string>;
  #shelves: { readonly [S in Shelf]: Database<Uint8Array, Buffer> };
  /** Published by transactions under way, oldest first. */
  readonly #underWay: Layer[] = [];
  /** Committed, not yet on disk. */
  #committed: Layer = newLayer();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    [this.#root, this.#shelves] = openAt(directory);
  }

  /** Where the disk stands; `undefined` for an empty store. */
  get position(): StorePosition | undefined {
    return this.#root.get(positionKey) as StorePosition | undefined;
  }

  /** Records committed that are not on disk yet. */
  get unwritten(): number {
    return this.#committed.entities.size + this.#committed.counters.size;
  }

  get(shelf: Shelf, id: string): Uint8Array | undefined {
    for (let index = this.#underWay.length - 1; index >= 0; index--) {
      const value = this.#underWay[index]![shelf].get(id);
      if (value !== undefined) return value;
    }
    return this.#committed[shelf].get(id) ?? this.#shelves[shelf].get(Buffer.from(id));
  }

  /** Lays over what a transaction about to be sent publishes. */
  stage(records: { readonly [S in Shelf]: readonly KeyedRecord[] }): void {
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

  /** Writes what is committed to disk together with the changelog position it brings the disk to. */
  flush(position: StorePosition): void {
    const { entities, counters } = this.#committed;
    this.#root.transactionSync(() => {
      for (const [id, value] of entities) this.#shelves.entities.putSync(Buffer.from(id), value);
      for (const [id, value] of counters) this.#shelves.counters.putSync(Buffer.from(id), value);
      this.#root.putSync(positionKey, position);
    });
    this.#committed = newLayer();
  }

  /** Records read back from the changelog, straight to disk. */
  restore(shelf: Shelf, records: readonly KeyedRecord[]): void {
    this.#root.transactionSync(() => {
      for (const { id, value } of records) this.#shelves[shelf].putSync(Buffer.from(id), value);
    });
  }

  /** Every record on disk, in key order. */
  *entries(shelf: Shelf): Generator<KeyedRecord> {
    for (const { key, value } of this.#shelves[shelf].getRange({ snapshot: false }))
      yield { id: key.toString(), value };
  }

  /** Throws everything away: the disk starts empty. */
  async wipe(): Promise<void> {
    await this.#root.close();
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory, { recursive: true });
    [this.#root, this.#shelves] = openAt(this.#directory);
    this.#underWay.length = 0;
    this.#committed = newLayer();
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

function newLayer(): Layer {
  return { entities: new Map(), counters: new Map() };
}

type Opened = [RootDatabase<unknown, string>, { readonly [S in Shelf]: Database<Uint8Array, Buffer> }];

function openAt(path: string): Opened {
  const root = open<unknown, string>({ path, maxDbs: 3, encoding: 'msgpack', mapSize: mappedBytes });
  // Keys as bytes: lmdb's own encoding of text gives long keys with a zero byte in them back as lists.
  const shelf = (name: Shelf): Database<Uint8Array, Buffer> =>
    root.openDB<Uint8Array, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
  return [root, { entities: shelf('entities'), counters: shelf('counters') }];
}
