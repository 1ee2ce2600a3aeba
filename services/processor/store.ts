import { families, type Family } from '@tidemark/events/families';
import { Failure } from '@tidemark/service/failures';
import { familyOfId } from '@tidemark/runtime/entity-id';
import { isHead, wakeOfHead } from '@tidemark/runtime/head';
import { reading } from '@tidemark/runtime/state-error';
import type { KeyedRecord, Walked, WakeChange, WalkPart } from '@tidemark/runtime/task';
import { type Disks, levelDisks, type OpenDisk, type Operation } from './disk.ts';
import { Layers, type Layer, type RecordTable, type StagedChanges } from './layers.ts';
import type { Stamp } from './stamp.ts';
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

/** An entity, and when it wants waking. */
type Due = { readonly id: string; readonly at: number };

const bufferBytesDefault = 48 * 1024 * 1024;
const purgedAtOnce = 1_000;
const nothing = Buffer.alloc(0);
const positionKey = Buffer.from('mposition');
const prefixOf = { entities: 'e', counters: 'c' } as const;

/**
 * A task's records on disk (LevelDB), written behind: what a transaction published is laid over the disk first, and goes
 * down in batches with the changelog offset it corresponds to, so that a disk that is a little behind is made whole by the tail of
 * the changelog. What it takes of memory is bounded: a buffer, a cache of blocks, and the files open at a time.
 */
export class TaskStore {
  readonly #disk: OpenDisk;
  readonly #layers = new Layers();
  #position: StorePosition | undefined;
  /** No wake of the family on disk is before this; not known for those that are not here. */
  readonly #earliest = new Map<Family, number>();
  #flushes = 0;
  /** Entities' records read ahead from the disk as it is; `undefined` for those that are not there. */
  readonly #ahead = new Map<string, Buffer | undefined>();

  private constructor(disk: OpenDisk, position: StorePosition | undefined) {
    this.#disk = disk;
    this.#position = position;
  }

  /**
   * Opens the store in a directory, a new one when there is none.
   *
   * @param bufferBytes What it keeps in memory of what is written, about.
   * @throws Failure `state.corrupt` when it cannot be read.
   */
  static async open(
    directory: string,
    bufferBytes = bufferBytesDefault,
    disks: Disks = levelDisks,
  ): Promise<TaskStore> {
    const disk = await disks.open(directory, bufferBytes);
    try {
      return new TaskStore(disk, positionIn(disk, directory));
    } catch (error) {
      await disk.close();
      throw error;
    }
  }

  /** Where the disk stands; `undefined` for an empty store. */
  get position(): StorePosition | undefined {
    return this.#position;
  }

  /** Records committed that are not on disk yet. */
  get unwritten(): number {
    return this.#layers.unwritten;
  }

  /**
   * The newest value of a record: under way, committed or on disk.
   *
   * @throws Failure `state.corrupt` when the disk cannot be read.
   */
  get(table: RecordTable, id: string): Uint8Array | undefined {
    const above = this.#layers.get(table, id);
    if (above !== undefined) return above ?? undefined;
    if (table === 'entities' && this.#ahead.has(id)) return this.#ahead.get(id);
    return this.#disk.get(keyOf(table, id));
  }

  /** Reads entities' records that the next transaction is going to need, beside the main thread. */
  async readAhead(ids: readonly string[]): Promise<void> {
    await this.#heads(ids.filter((id) => this.#layers.get('entities', id) === undefined));
  }

  async #heads(ids: readonly string[]): Promise<(Buffer | undefined)[]> {
    const flushes = this.#flushes;
    const heads = await this.#disk.getMany(ids.map((id) => keyOf('entities', id)));
    if (flushes === this.#flushes) for (const [index, id] of ids.entries()) this.#ahead.set(id, heads[index]);
    return heads;
  }

  /** Lays over what a transaction about to be sent publishes. */
  stage(changes: StagedChanges): void {
    this.#layers.stage(changes);
    this.#ahead.clear();
  }

  /** The oldest transaction under way is committed. */
  committed(): void {
    this.#layers.committed();
  }

  /** Writes what is committed to disk together with the changelog position it brings the disk to. One call at a time. */
  async flush(position: StorePosition): Promise<void> {
    const layer = this.#layers.startWriting();
    await this.#disk.batch([
      ...operationsOf('entities', layer),
      ...operationsOf('counters', layer),
      ...[...layer.wakes.values()].flatMap(wakeOperations),
      { type: 'put', key: positionKey, value: Buffer.from(JSON.stringify(position)) },
    ]);
    this.#flushes++;
    this.#ahead.clear();
    for (const { id, is } of layer.wakes.values()) {
      const family = familyOfId(id);
      const earliest = this.#earliest.get(family);
      if (earliest !== undefined && is < earliest) this.#earliest.set(family, is);
    }
    this.#layers.written();
    this.#position = position;
  }

  /**
   * Records read back from the changelog, straight to disk; what heads say of wakes goes into their index. Several calls
   * are written in their order, and while one is written, the next is prepared.
   */
  async restore(table: RecordTable, records: readonly KeyedRecord[]): Promise<void> {
    const operations = records.map(({ id, value }) => operationOf(table, id, value));
    if (table === 'entities')
      for (const { id, value } of records)
        if (value !== null && isHead(id)) {
          const at = reading(id, () => wakeOfHead(value));
          if (at !== Infinity) operations.push({ type: 'put', key: wakeKey(id, at), value: nothing });
        }
    await this.#disk.batch(operations);
  }

  /**
   * Entities that want waking strictly before the clock of their family, earliest first.
   *
   * @param limit Of each family at most.
   */
  async due(clocks: ReadonlyMap<Family, number>, limit: number): Promise<string[]> {
    // What lies over the disk is looked at as of now, together with where the iterators begin.
    const above = this.#layers.wakes();
    const dueAbove = dueIn(above, clocks);
    const found = await Promise.all(
      [...clocks].map(async ([family, clock]) => {
        if (clock === -Infinity) return [];
        const due = await this.#dueOnDisk(family, clock, above, limit);
        for (const one of dueAbove) if (familyOfId(one.id) === family) due.push(one);
        due.sort((a, b) => a.at - b.at);
        return due.slice(0, limit).map(({ id }) => id);
      }),
    );
    return found.flat();
  }

  /**
   * Those of a family whose head on disk says so. The index has each entity at its wake or before it, perhaps more than once:
   * a wake that moves on leaves the index as it is, and is moved there when it is come to.
   */
  async #dueOnDisk(
    family: Family,
    clock: number,
    above: ReadonlyMap<string, number>,
    limit: number,
  ): Promise<Due[]> {
    const due = new Map<string, number>();
    if ((this.#earliest.get(family) ?? -Infinity) >= clock) return [];
    const flushes = this.#flushes;
    let next = Infinity;
    await this.#disk.range(familyRange(family), limit, async (records) => {
      const moves: Operation[] = [];
      const wakes = records.map(([key]) => ({ key, ...readWakeKey(key) }));
      const early = wakes.filter(({ at }) => at < clock);
      const here = early.filter(({ id }) => !above.has(id));
      const heads = await this.#heads(here.map(({ id }) => id));
      for (const [index, { key, id, at }] of here.entries()) {
        const head = heads[index];
        const wake = head === undefined ? Infinity : wakeOfHead(head);
        if (at <= wake && wake < clock) due.set(id, wake);
        else moves.push({ type: 'del', key });
        if (wake < clock || wake === Infinity) continue;
        moves.push({ type: 'put', key: wakeKey(id, wake), value: nothing });
        next = Math.min(next, wake);
      }
      next = Math.min(next, wakes[early.length]?.at ?? Infinity);
      if (moves.length > 0 && flushes === this.#flushes) await this.#disk.batch(moves);
      return early.length === wakes.length && due.size < limit;
    });
    // What is due goes from the disk with a later flush only; a flush meanwhile may have brought an earlier wake.
    if (due.size === 0 && flushes === this.#flushes) this.#earliest.set(family, next);
    return [...due].map(([id, at]) => ({ id, at }));
  }

  /** Whether a transaction that is under way changes an entity's record. */
  isUnderWay(id: string): boolean {
    return this.#layers.isUnderWay(id);
  }

  /** Keys of entities' records on disk, in their order. */
  async keysAfter({ after, limit }: WalkPart): Promise<string[]> {
    const ids: string[] = [];
    const range = { gt: keyOf('entities', after), lt: Buffer.from('f') };
    await this.#disk.range(range, limit, (records) => {
      for (const [key] of records) ids.push(key.toString('utf8', 1));
      return ids.length < limit;
    });
    return ids;
  }

  /** Keys of all buckets of counters on disk. */
  async counterKeys(): Promise<string[]> {
    const keys = await this.#disk.keys({ gt: Buffer.from(prefixOf.counters), lt: Buffer.from('d') });
    return keys.map((key) => key.toString('utf8', 1));
  }

  /**
   * Keys of entities' records on disk, in their order; beside it a table of the disk is verified.
   *
   * @throws Failure `state.corrupt` when one is damaged, or cannot be found by its key.
   */
  async walk(part: WalkPart): Promise<Walked> {
    const flushes = this.#flushes;
    await this.#disk.verifyNext();
    const ids = await this.keysAfter(part);
    const heads = await this.#heads(ids);
    const missing = flushes === this.#flushes ? heads.indexOf(undefined) : -1;
    if (missing !== -1)
      throw new Failure(
        'state.corrupt',
        `the record ${JSON.stringify(ids[missing])} is not found by its key`,
      );
    return { ids, isEnd: ids.length < part.limit };
  }

  /**
   * Deletes wakes that no head confirms, and takes from the disk what was deleted or replaced: LevelDB keeps it until it merges tables.
   * Nothing may be laid over the disk.
   */
  async purge(): Promise<void> {
    for (const family of families)
      await this.#disk.range(familyRange(family), purgedAtOnce, async (records) => {
        const wakes = records.map(([key]) => ({ key, ...readWakeKey(key) }));
        const heads = await this.#disk.getMany(wakes.map(({ id }) => keyOf('entities', id)));
        const stale = wakes.filter(({ at }, index) => {
          const head = heads[index];
          return head === undefined || wakeOfHead(head) !== at;
        });
        if (stale.length > 0) await this.#disk.batch(stale.map(({ key }) => ({ type: 'del', key })));
        return true;
      });
    await this.#disk.compact();
  }

  async close(): Promise<void> {
    await this.#disk.close();
  }
}

/** Those that want waking before the clock of their family; of most, the wake is later than all clocks. */
function dueIn(wakes: ReadonlyMap<string, number>, clocks: ReadonlyMap<Family, number>): Due[] {
  const latest = Math.max(...clocks.values());
  const due: Due[] = [];
  for (const [id, at] of wakes)
    if (at < latest && at < (clocks.get(familyOfId(id)) ?? -Infinity)) due.push({ id, at });
  return due;
}

function keyOf(table: RecordTable, id: string): Buffer {
  return Buffer.from(prefixOf[table] + id);
}

function operationOf(table: RecordTable, id: string, value: Uint8Array | null): Operation {
  const key = keyOf(table, id);
  return value === null ? { type: 'del', key } : { type: 'put', key, value };
}

function operationsOf(table: RecordTable, layer: Layer): Operation[] {
  return [...layer[table]].map(([id, value]) => operationOf(table, id, value));
}

/** What is not due before it was is found where it was: most wakes move on with each event of their entity. */
function wakeOperations({ id, was, is }: WakeChange): Operation[] {
  if (is === Infinity && was !== Infinity) return [{ type: 'del', key: wakeKey(id, was) }];
  return is < was ? [{ type: 'put', key: wakeKey(id, is), value: nothing }] : [];
}

/**
 * @throws Failure `state.corrupt` when it is none.
 */
function positionIn(disk: OpenDisk, directory: string): StorePosition | undefined {
  const value = disk.get(positionKey);
  if (value === undefined) return undefined;
  try {
    return JSON.parse(value.toString()) as StorePosition;
  } catch (error) {
    throw new Failure('state.corrupt', `the position of the store in ${directory} cannot be read`, {
      cause: error,
    });
  }
}
