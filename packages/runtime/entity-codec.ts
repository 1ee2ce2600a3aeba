import type { Instant } from '@tidemark/metrics/definition/definition';
import type { Entity } from './entity.ts';
import { fingerprintOf } from './fingerprint.ts';

/**
 * With so many entries the head's entries become a segment of their own. A long history is stored in segments, of which
 * only the last is written again when an event is added, so that what an event costs does not grow with the history.
 */
export const entriesPerSegment = 64;

const nothing = new Uint8Array(0);
const version = 1;
const fixedHeadBytes = 1 + 8 + 8 + 4 + 1;

/** The head record of an entity as stored: where its fold stands, and the entries that are in no sealed segment. */
export type StoredHead = {
  readonly through: Instant;
  readonly wake: Instant;
  readonly sealedSegments: number;
  /** Fingerprints of the definitions whose facts are out. */
  readonly published: ReadonlySet<number>;
  /** Packed, as `unpack` reads them. */
  readonly open: Uint8Array;
};

/** The key of an entity's sealed segment `index`, beside the entity's own id. */
export function segmentId(id: string, index: number): string {
  return `${id}\u0000${index}`;
}

/**
 * The records that store an entity as it is now: the segment that became full, if one did, then the head.
 *
 * @param head The entity's head record as last encoded; `undefined` when it was never stored.
 * @param allocate Gives so many bytes, whatever is in them.
 */
export function encodeEntity(
  entity: Entity,
  head: Uint8Array | undefined,
  allocate: (size: number) => Uint8Array,
): { id: string; value: Uint8Array }[] {
  const records: { id: string; value: Uint8Array }[] = [];
  let open = head === undefined ? nothing : decodeHead(head).open;
  if (entity.storedEntries >= entriesPerSegment) {
    records.push({ id: segmentId(entity.id, entity.sealedSegments), value: open });
    entity.sealedSegments++;
    entity.storedEntries = 0;
    open = nothing;
  }
  const published = entity.folds.filter((fold) => fold.published);
  const headBytes = fixedHeadBytes + 4 * published.length;
  let size = headBytes + open.length;
  for (const { length } of entity.fresh) size += 4 + length;
  const value = allocate(size);
  const view = new DataView(value.buffer, value.byteOffset, size);
  view.setUint8(0, version);
  view.setFloat64(1, entity.through);
  view.setFloat64(9, entity.wake);
  view.setUint32(17, entity.sealedSegments);
  view.setUint8(21, published.length);
  published.forEach((fold, index) =>
    view.setUint32(fixedHeadBytes + 4 * index, fingerprintOf(fold.definition)),
  );
  value.set(open, headBytes);
  let position = headBytes + open.length;
  for (const bytes of entity.fresh) {
    view.setUint32(position, bytes.length);
    value.set(bytes, position + 4);
    position += 4 + bytes.length;
  }
  entity.storedEntries += entity.fresh.length;
  entity.fresh = [];
  records.push({ id: entity.id, value });
  return records;
}

/**
 * Reads a head record.
 *
 * @throws Error when the record is of another version.
 */
export function decodeHead(value: Uint8Array): StoredHead {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (view.getUint8(0) !== version) throw new Error(`state record of version ${view.getUint8(0)}`);
  const published = new Set<number>();
  const headBytes = fixedHeadBytes + 4 * view.getUint8(21);
  for (let offset = fixedHeadBytes; offset < headBytes; offset += 4) published.add(view.getUint32(offset));
  return {
    through: view.getFloat64(1),
    wake: view.getFloat64(9),
    sealedSegments: view.getUint32(17),
    published,
    open: value.subarray(headBytes),
  };
}

/** What a restart reads of a stored entity: when it wants waking, and the definitions whose facts are out. */
export function decodeRestart(value: Uint8Array): { wake: Instant; published: number[] } {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (view.getUint8(0) !== version) throw new Error(`state record of version ${view.getUint8(0)}`);
  const published: number[] = [];
  for (let index = 0; index < view.getUint8(21); index++)
    published.push(view.getUint32(fixedHeadBytes + 4 * index));
  return { wake: view.getFloat64(9), published };
}

/** The entries of a segment or of a head, as views. */
export function unpack(packed: Uint8Array): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const entries: Uint8Array[] = [];
  for (let position = 0; position < packed.length;) {
    const length = view.getUint32(position);
    entries.push(packed.subarray(position + 4, position + 4 + length));
    position += 4 + length;
  }
  return entries;
}
