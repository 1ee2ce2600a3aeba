import type { Family } from '@tidemark/events/families';

const prefix = 'w';

/**
 * The key under which an entity stands in the index of wakes: by family, then by instant, so that those due are the first
 * of their family.
 *
 * @param id The entity's id, `<family>\0<entity key>`.
 */
export function wakeKey(id: string, at: number): Buffer {
  const cut = id.indexOf('\u0000') + 1;
  const family = prefix + id.slice(0, cut);
  const rest = id.slice(cut);
  const familyBytes = Buffer.byteLength(family);
  const key = Buffer.allocUnsafe(familyBytes + 8 + Buffer.byteLength(rest));
  key.write(family);
  writeSortable(key, at, familyBytes);
  key.write(rest, familyBytes + 8);
  return key;
}

/** The entity and the instant of a key. */
export function readWakeKey(key: Buffer): { id: string; at: number } {
  const cut = key.indexOf(0) + 1;
  return { id: key.toString('utf8', 1, cut) + key.toString('utf8', cut + 8), at: readSortable(key, cut) };
}

/** The keys of a family, earliest first. */
export function familyRange(family: Family): { gte: Buffer; lt: Buffer } {
  return { gte: Buffer.from(`${prefix}${family}\u0000`), lt: Buffer.from(`${prefix}${family}\u0001`) };
}

/** A number as eight bytes that sort as it does: the sign turned about, and all else of what is below 0. */
function writeSortable(bytes: Buffer, value: number, at: number): void {
  bytes.writeDoubleBE(value, at);
  flip(bytes, at, bytes[at]! >= 0x80);
}

function readSortable(bytes: Buffer, at: number): number {
  const copy = Buffer.from(bytes.subarray(at, at + 8));
  flip(copy, 0, copy[0]! < 0x80);
  return copy.readDoubleBE(0);
}

function flip(bytes: Buffer, at: number, isNegative: boolean): void {
  if (isNegative) for (let index = at; index < at + 8; index++) bytes[index]! ^= 0xff;
  else bytes[at]! ^= 0x80;
}
