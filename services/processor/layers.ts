import { Failure } from '@tidemark/service/failures';
import type { KeyedRecord, WakeChange } from '@tidemark/runtime/task';

/** The two kinds of records a task keeps. */
export type RecordTable = 'entities' | 'counters';

/** What one transaction changes of what is kept. */
export type StagedChanges = { readonly [T in RecordTable]: readonly KeyedRecord[] } & {
  readonly wakes: readonly WakeChange[];
};

/** What lies over the disk: records, `null` for one that is deleted, and by entity when it wanted waking and does now. */
export type Layer = { readonly [T in RecordTable]: Map<string, Uint8Array | null> } & {
  readonly wakes: Map<string, WakeChange>;
};

/** Changes that are not on disk yet, from those under way to those that are being written. */
export class Layers {
  /** Published by transactions under way, oldest first. */
  readonly #underWay: Layer[] = [];
  /** Committed, not yet on the way to the disk. */
  #committed: Layer = newLayer();
  /** Committed, on the way to the disk. */
  #writing: Layer = newLayer();

  /** Records committed that are not on the way to the disk. */
  get unwritten(): number {
    return this.#committed.entities.size + this.#committed.counters.size;
  }

  /** The newest value here; `null` for one that is deleted, `undefined` when there is none here. */
  get(table: RecordTable, id: string): Uint8Array | null | undefined {
    for (let index = this.#underWay.length - 1; index >= 0; index--) {
      const value = this.#underWay[index]![table].get(id);
      if (value !== undefined) return value;
    }
    const committed = this.#committed[table].get(id);
    return committed === undefined ? this.#writing[table].get(id) : committed;
  }

  /** Whether a transaction under way changes an entity's record. */
  isUnderWay(id: string): boolean {
    return this.#underWay.some(({ entities }) => entities.has(id));
  }

  /** When entities want waking as far as it changed here. */
  wakes(): ReadonlyMap<string, number> {
    const wakes = new Map<string, number>();
    for (const layer of [this.#writing, this.#committed, ...this.#underWay])
      for (const [id, { is }] of layer.wakes) wakes.set(id, is);
    return wakes;
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
    if (this.unwritten === 0 && this.#committed.wakes.size === 0) {
      this.#committed = layer;
      return;
    }
    for (const [id, value] of layer.entities) this.#committed.entities.set(id, value);
    for (const [id, value] of layer.counters) this.#committed.counters.set(id, value);
    for (const [id, { was, is }] of layer.wakes)
      this.#committed.wakes.set(id, { id, was: this.#committed.wakes.get(id)?.was ?? was, is });
  }

  /** What is committed goes on the way to the disk, and stays here until `written`. */
  startWriting(): Layer {
    this.#writing = this.#committed;
    this.#committed = newLayer();
    return this.#writing;
  }

  /** What was on the way is on the disk. */
  written(): void {
    this.#writing = newLayer();
  }
}

function newLayer(): Layer {
  return { entities: new Map(), counters: new Map(), wakes: new Map() };
}
