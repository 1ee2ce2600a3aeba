import type { Instant } from '@tidemark/metrics/definition/definition';
import type { AnyEvent } from '@tidemark/metrics/definition/definition';

/** An accepted event as stored: its framed bytes, and the values that are needed without decoding them. */
export type PackedEntry = {
  /** When it occurred; of a void, when it was first received. */
  readonly at: Instant;
  /** Hash of the identity. */
  readonly hash: number;
  /** Hash of the identity that is voided; 0 for an event that is no void. */
  readonly target: number;
  readonly bytes: Uint8Array;
};

/** Bytes of an entry beside the event's own. */
export const entryOverhead = 4 + 8 + 4 + 4;

type MaybeDerived = AnyEvent & {
  readonly derived_from?: string | null;
  readonly customer_id?: string | null;
  readonly voids?: string | null;
};

/**
 * A derived event carries the id of the event it comes from, which is unique within the customer it comes from, and must
 * not be taken for an own event of that id.
 */
export function identityOf(event: MaybeDerived): string {
  return isDerived(event) ? `\u0000${event.customer_id}\u0000${event.event_id}` : event.event_id;
}

/** Whether the pipeline made it of another event. */
export function isDerived(event: MaybeDerived): boolean {
  return Boolean(event.derived_from);
}

/** The identity that an event voids; `undefined` for an event that is no void. */
export function targetOf(event: MaybeDerived): string | undefined {
  if (!event.type.endsWith('.voided')) return undefined;
  return isDerived(event) ? `\u0000${event.customer_id}\u0000${event.voids}` : (event.voids ?? undefined);
}

/** 32 bits of an identity, never 0 (FNV-1a). Equal hashes do not prove equal identities. */
export function hashOf(identity: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < identity.length; index++)
    hash = Math.imul(hash ^ identity.charCodeAt(index), 0x01000193);
  return hash >>> 0 || 1;
}

/** Bytes that entries take, packed. */
export function packedBytes(entries: readonly PackedEntry[]): number {
  let size = 0;
  for (const { bytes } of entries) size += entryOverhead + bytes.length;
  return size;
}

/** Packs entries one after the other into `packed`, from `position` on. */
export function packInto(packed: Uint8Array, position: number, entries: readonly PackedEntry[]): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = position;
  for (const { at: instant, hash, target, bytes } of entries) {
    view.setUint32(at, bytes.length);
    view.setFloat64(at + 4, instant);
    view.setUint32(at + 12, hash);
    view.setUint32(at + 16, target);
    packed.set(bytes, at + entryOverhead);
    at += entryOverhead + bytes.length;
  }
}

/** Entries one after the other, after `before`, which is packed already. */
export function pack(
  before: Uint8Array,
  entries: readonly PackedEntry[],
  allocate: (size: number) => Uint8Array,
): Uint8Array {
  const packed = allocate(before.length + packedBytes(entries));
  packed.set(before);
  packInto(packed, before.length, entries);
  return packed;
}

/** Hands over the hashes of packed entries, without their bytes. */
export function scan(packed: Uint8Array, take: (hash: number, target: number) => void): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let position = 0; position < packed.length;) {
    const from = position + entryOverhead;
    take(view.getUint32(position + 12), view.getUint32(position + 16));
    position = from + view.getUint32(position);
    if (position > packed.length) throw new RangeError('an entry is cut off');
  }
}

/** The entries that `pack` put there; their bytes are views. */
export function unpack(packed: Uint8Array): PackedEntry[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const entries: PackedEntry[] = [];
  for (let position = 0; position < packed.length;) {
    const length = view.getUint32(position);
    const from = position + entryOverhead;
    if (from + length > packed.length) throw new RangeError('an entry is cut off');
    entries.push({
      at: view.getFloat64(position + 4),
      hash: view.getUint32(position + 12),
      target: view.getUint32(position + 16),
      bytes: packed.subarray(from, from + length),
    });
    position = from + length;
  }
  return entries;
}
