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

/** Entries one after the other, after `before`, which is packed already. */
export function pack(
  before: Uint8Array,
  entries: readonly PackedEntry[],
  allocate: (size: number) => Uint8Array,
): Uint8Array {
  let size = before.length;
  for (const { bytes } of entries) size += entryOverhead + bytes.length;
  const packed = allocate(size);
  const view = new DataView(packed.buffer, packed.byteOffset, size);
  packed.set(before);
  let position = before.length;
  for (const { at, hash, target, bytes } of entries) {
    view.setUint32(position, bytes.length);
    view.setFloat64(position + 4, at);
    view.setUint32(position + 12, hash);
    view.setUint32(position + 16, target);
    packed.set(bytes, position + entryOverhead);
    position += entryOverhead + bytes.length;
  }
  return packed;
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
