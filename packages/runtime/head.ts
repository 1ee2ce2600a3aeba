import type { Instant } from '@tidemark/metrics/definition/definition';
import { ownerEnd } from './entity-id.ts';
import { packedBytes, packInto, type PackedEntry } from './packed.ts';

/**
 * A state of all folds of an entity with everything before `at` folded in, and the first segment in which anything at or
 * after `at` may stand.
 */
export type StoredBase = {
  readonly at: Instant;
  readonly segment: number;
  /** Encoded states; empty when they are in `pieces` records of their own. */
  readonly states: Uint8Array;
  readonly pieces: number;
  /** Size of the encoded states, wherever they are. */
  readonly bytes: number;
};

/** The head record of an entity: where its folds stand, and the entries that are in no sealed segment. */
export type StoredHead = {
  readonly through: Instant;
  readonly wake: Instant;
  /** The greatest time of its entries; `-Infinity` for none. */
  readonly latest: Instant;
  /** Whether nothing is expected of it any more. */
  readonly ended: boolean;
  readonly segments: number;
  /** Records that list the identities of the sealed segments. */
  readonly pages: number;
  /** Fingerprints of the definitions whose facts are out. */
  readonly published: readonly number[];
  /** Identifies the form of the stored states; those of another form are not read. */
  readonly form: number;
  /** Encoded states with everything before `through` folded in; `undefined` where they are not stored. */
  readonly now: Uint8Array | undefined;
  readonly base: StoredBase | undefined;
  /** Packed entries. */
  readonly open: Uint8Array;
};

/** The form of head records as they are written. */
const version = 2;
/** The form before: the whole history and no states. */
export const legacyVersion = 1;

const flags = { ended: 1, segments: 2, now: 4, base: 8 } as const;
const fixedBytes = 1 + 8 + 8 + 8 + 1 + 1;
const nothing = new Uint8Array(0);

/** The key of an entity's sealed segment. */
export function segmentId(id: string, segment: number): string {
  return `${id}\u0000s${segment}`;
}

/** The key of a page of an entity's identities. */
export function pageId(id: string, page: number): string {
  return `${id}\u0000i${page}`;
}

/** The key of a piece of the states an entity's folds go on from. */
export function pieceId(id: string, piece: number): string {
  return `${id}\u0000b${piece}`;
}

/** The key of a sealed segment in the form before. */
export function legacySegmentId(id: string, segment: number): string {
  return `${id}\u0000${segment}`;
}

/** Whether a key names the head record of an entity. */
export function isHead(id: string): boolean {
  return id.indexOf('\u0000') > 0 && ownerEnd(id) === -1;
}

/** When the entity of a head record, of this form or the one before, wants waking. */
export function wakeOfHead(value: Uint8Array): Instant {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(9);
}

/** Whether a head record is of the form before. */
export function isLegacy(value: Uint8Array): boolean {
  return value[0] === legacyVersion;
}

/**
 * A head record.
 *
 * @param added Entries that are to stand after those of `open`.
 */
export function encodeHead(
  head: StoredHead,
  added: readonly PackedEntry[],
  allocate: (size: number) => Uint8Array,
): Uint8Array {
  const { published, now, base, open } = head;
  const hasSegments = head.segments > 0;
  const hasStates = now !== undefined || base !== undefined;
  const size =
    fixedBytes +
    4 * published.length +
    (hasSegments ? 8 : 0) +
    (hasStates ? 4 : 0) +
    (now === undefined ? 0 : 4 + now.length) +
    (base === undefined ? 0 : 24 + base.states.length) +
    open.length +
    packedBytes(added);
  const value = allocate(size);
  const view = new DataView(value.buffer, value.byteOffset, size);
  view.setUint8(0, version);
  view.setFloat64(1, head.through);
  view.setFloat64(9, head.wake);
  view.setFloat64(17, head.latest);
  view.setUint8(
    25,
    (head.ended ? flags.ended : 0) |
      (hasSegments ? flags.segments : 0) |
      (now === undefined ? 0 : flags.now) |
      (base === undefined ? 0 : flags.base),
  );
  view.setUint8(26, published.length);
  let position = fixedBytes;
  const put = (number: number): void => {
    view.setUint32(position, number);
    position += 4;
  };
  const putBytes = (bytes: Uint8Array): void => {
    value.set(bytes, position);
    position += bytes.length;
  };
  for (const fingerprint of published) put(fingerprint);
  if (hasSegments) {
    put(head.segments);
    put(head.pages);
  }
  if (hasStates) put(head.form);
  if (now !== undefined) {
    put(now.length);
    putBytes(now);
  }
  if (base !== undefined) {
    view.setFloat64(position, base.at);
    position += 8;
    [base.segment, base.pieces, base.bytes, base.states.length].forEach(put);
    putBytes(base.states);
  }
  putBytes(open);
  packInto(value, position, added);
  return value;
}

/**
 * Reads a head record.
 *
 * @throws Error when the record is of another form, or cut off.
 */
export function decodeHead(value: Uint8Array): StoredHead {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (view.getUint8(0) !== version) throw new Error(`a head record of form ${view.getUint8(0)}`);
  const has = view.getUint8(25);
  let position = fixedBytes;
  const take = (): number => {
    position += 4;
    return view.getUint32(position - 4);
  };
  const takeBytes = (length: number): Uint8Array => {
    if (position + length > value.length) throw new RangeError('a head record is cut off');
    position += length;
    return value.subarray(position - length, position);
  };
  const published: number[] = [];
  for (let count = view.getUint8(26); count > 0; count--) published.push(take());
  const segments = has & flags.segments ? take() : 0;
  const pages = has & flags.segments ? take() : 0;
  const form = has & (flags.now | flags.base) ? take() : 0;
  const now = has & flags.now ? takeBytes(take()) : undefined;
  let base: StoredBase | undefined;
  if (has & flags.base) {
    const at = view.getFloat64(position);
    position += 8;
    const [segment, pieces, bytes, length] = [take(), take(), take(), take()];
    base = { at, segment, pieces, bytes, states: takeBytes(length) };
  }
  return {
    through: view.getFloat64(1),
    wake: view.getFloat64(9),
    latest: view.getFloat64(17),
    ended: (has & flags.ended) !== 0,
    segments,
    pages,
    published,
    form,
    now,
    base,
    open: position === value.length ? nothing : value.subarray(position),
  };
}

/** What a head record of the form before holds. */
export type LegacyHead = Pick<StoredHead, 'through' | 'wake' | 'segments' | 'published'> & {
  /** The framed events of the head. */
  readonly open: readonly Uint8Array[];
};

/** Reads a head record of the form before. */
export function decodeLegacyHead(value: Uint8Array): LegacyHead {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const count = view.getUint8(21);
  return {
    through: view.getFloat64(1),
    wake: view.getFloat64(9),
    segments: view.getUint32(17),
    published: Array.from({ length: count }, (_, index) => view.getUint32(22 + 4 * index)),
    open: unpackLegacy(value.subarray(22 + 4 * count)),
  };
}

/** The framed events of a segment of the form before. */
export function unpackLegacy(packed: Uint8Array): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const entries: Uint8Array[] = [];
  for (let position = 0; position < packed.length;) {
    const length = view.getUint32(position);
    entries.push(packed.subarray(position + 4, position + 4 + length));
    position += 4 + length;
  }
  return entries;
}
