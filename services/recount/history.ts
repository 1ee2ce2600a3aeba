import { decodeEvent } from '@tidemark/events/codec';
import type { Family } from '@tidemark/events/families';
import { partitionOf } from '@tidemark/events/partition-of';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { familyOfId, keyOfId } from '@tidemark/runtime/entity-id';
import { hopHeader, receivedAtHeader } from '@tidemark/runtime/intake';
import { type PackedEntry, unpack } from '@tidemark/runtime/packed';
import { Failure } from '@tidemark/service/failures';
import type { Packed } from './mirror.ts';

/** The topics that are filled, and how many partitions they have. */
export type Destination = { readonly eventsOf: (family: Family) => string; readonly partitions: number };

/** An entity whose accepted events are to be folded anew, and whether it is out of the archive. */
export type Remembered = Packed & { readonly isArchived: boolean };

/**
 * The accepted events of an entity on their way into the new generation: the bytes that came, in order of arrival.
 *
 * @throws Failure `state.corrupt` when an event cannot be read.
 */
export function historySend({ id, parts, isArchived }: Remembered, to: Destination): Send {
  const family = familyOfId(id);
  const key = keyOfId(id);
  const entries = parts.flatMap((part) => unpack(part));
  const own = new Set(entries.map(({ hash }) => hash));
  const records = entries
    .filter((entry) => !isDerived(family, entry, id))
    // One that nobody waits for is a dead letter already.
    .filter(({ target }) => !isArchived || target === 0 || own.has(target))
    .map(({ at, bytes }) => ({
      key: Buffer.from(key),
      value: Buffer.from(bytes),
      // What is known of its receipt: of a void the instant, which its wait counts from; of others none is needed.
      headers: { [hopHeader]: 'recounted', [receivedAtHeader]: String(Math.max(0, at)) },
    }));
  return { topic: to.eventsOf(family), partition: partitionOf(key, to.partitions), records };
}

/** Whether the pipeline made it of another event, which makes it again. */
function isDerived(family: Family, { bytes }: PackedEntry, id: string): boolean {
  if (family !== 'cart') return false;
  const decoded = decodeEvent(family, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!decoded.ok) throw new Failure('state.corrupt', `an event of ${id}: ${decoded.message}`);
  return 'derived_from' in decoded.event && Boolean(decoded.event.derived_from);
}

/** The entity of a record of the archive, and which of the times it was forgotten: `<id>\0a<latest>\0<part>`. */
export function archivedGroup(key: string): string {
  return key.slice(0, key.lastIndexOf('\u0000'));
}
