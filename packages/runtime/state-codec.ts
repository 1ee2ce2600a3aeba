import { Packr, RESERVE_START_SPACE } from 'msgpackr';
import type { KeyedRecord } from './record-store.ts';
import { reading } from './state-error.ts';

/** The key of the record of shapes; no entity's id begins with a zero byte. */
export const shapesId = '\u0000shapes';

/** Shapes that are listed; the names of fields of any other stand in each state. */
const shapesMax = 250;
/** A state begins with how many shapes were listed, and the hash of these. */
const prefixBytes = 1 + 4;
const hashBegin = 0x811c9dc5;

/**
 * States of folds as bytes: whatever they are made of, maps and bigints too. The names of an object's fields, its shape, stand in
 * a list that all states of a task share, and that grows only. It is stored beside the states. Each state names the list
 * it was written with, so a state is never read with another one.
 */
export class StateCodec {
  readonly #packr: Packr;
  readonly #shapes: (readonly string[])[];
  /** The hash of the first n shapes, at place n. */
  readonly #hashes = [hashBegin];
  #stored: number;

  /**
   * @param record The list as it was stored last; `undefined` for none.
   * @throws StateError when it is damaged.
   */
  constructor(record: Uint8Array | undefined) {
    this.#shapes = record === undefined ? [] : reading(shapesId, () => shapesIn(record));
    this.#stored = this.#shapes.length;
    for (const shape of this.#shapes) this.#hash(shape);
    this.#packr = new Packr({
      useRecords: true,
      moreTypes: true,
      useBigIntExtension: true,
      maxSharedStructures: shapesMax,
      getStructures: () => this.#shapes.map((shape) => [...shape]),
    });
  }

  /** States as bytes, which are a view into a larger buffer. */
  encode(states: readonly unknown[]): Uint8Array {
    const bytes = this.#packr.pack(states, RESERVE_START_SPACE + prefixBytes);
    const listed = (this.#packr as { structures?: (readonly string[])[] }).structures ?? [];
    for (const shape of listed.slice(this.#shapes.length)) {
      this.#shapes.push([...shape]);
      this.#hash(shape);
    }
    bytes[0] = this.#shapes.length;
    bytes.writeUInt32BE(this.#hashes.at(-1)!, 1);
    return bytes;
  }

  /** The states again; `undefined` when they cannot be read: then they are folded anew. */
  decode(bytes: Uint8Array): readonly unknown[] | undefined {
    if (bytes.length < prefixBytes) return undefined;
    const hash = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);
    if (this.#hashes[bytes[0]!] !== hash) return undefined;
    try {
      const states: unknown = this.#packr.unpack(bytes.subarray(prefixBytes));
      return Array.isArray(states) ? states : undefined;
    } catch {
      return undefined;
    }
  }

  /** The list as it is to be stored, when it has grown since it was taken last. */
  takeGrown(): readonly KeyedRecord[] {
    if (this.#shapes.length === this.#stored) return [];
    this.#stored = this.#shapes.length;
    return [{ id: shapesId, value: new TextEncoder().encode(JSON.stringify(this.#shapes)) }];
  }

  #hash(shape: readonly string[]): void {
    let hash = this.#hashes.at(-1)!;
    for (const unit of JSON.stringify(shape)) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
    this.#hashes.push(hash >>> 0);
  }
}

function shapesIn(record: Uint8Array): string[][] {
  const shapes = JSON.parse(new TextDecoder().decode(record)) as string[][];
  return shapes.map((shape) => shape.map(String));
}
