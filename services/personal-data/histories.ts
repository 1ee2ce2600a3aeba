import { decodeEvent } from '@tidemark/events/codec';
import type { Event } from '@tidemark/events/types';
import type { KafkaClient } from '@tidemark/kafka/client';
import { familyOfId, keyOfId, ownerOf } from '@tidemark/runtime/entity-id';
import { decodeHead, isHead, isLegacy } from '@tidemark/runtime/head';
import { unpack } from '@tidemark/runtime/packed';
import { Failure } from '@tidemark/service/failures';
import { eachRecord } from './each-record.ts';
import { eventOf, isOfAnother, type Person } from './person.ts';

/** An accepted event of the person. */
export type Accepted = { readonly place: string; readonly key: string; readonly event: Event };

/** The entity of a record; `undefined` for one that is of a whole partition. */
export function entityOf(key: string): string | undefined {
  return key.indexOf('\u0000') > 0 ? ownerOf(key) : undefined;
}

/** Whether a record of `state` has events: a head, or a segment. */
function hasEntries(key: string): boolean {
  return isHead(key) || key.slice(key.lastIndexOf('\u0000') + 1).startsWith('s');
}

/**
 * The packed events of a record of `state`; `undefined` when it has none.
 *
 * @throws Failure `state.foreign` for a record in the form before.
 */
export function packedIn(key: string, value: Buffer): Uint8Array | undefined {
  return hasEntries(key) ? entriesOf(key, value) : undefined;
}

function entriesOf(key: string, value: Buffer): Uint8Array {
  if (!isHead(key)) return value;
  if (isLegacy(value))
    throw new Failure(
      'state.foreign',
      `the state of ${key} is in the form before this release’s: let the processor run until its walk has converted all`,
    );
  return decodeHead(value).open;
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** How a topic keeps accepted events. */
type Kept = {
  readonly topic: string;
  /** The packed events of a record; `undefined` when it has none. */
  readonly packed: (key: string, value: Buffer) => Uint8Array | undefined;
};

/**
 * The accepted events of a person in `state` and `archive`: those of each entity in which one names the person, but for those that
 * name somebody else. Topics are read twice, so that no more is in memory than what belongs to the person.
 *
 * @throws Failure `state.corrupt` when an event cannot be read, `state.foreign`, `kafka.unavailable`.
 */
export async function acceptedOf(
  client: KafkaClient,
  { state, archive }: { readonly state: string; readonly archive: string },
  person: Person,
): Promise<Accepted[]> {
  const places: readonly Kept[] = [
    { topic: state, packed: packedIn },
    { topic: archive, packed: (_key, value) => value },
  ];
  const found: Accepted[] = [];
  const ids = new Set<string>();
  for (const place of places) await findEntities(client, place, person, ids);
  for (const place of places)
    for (const [id, packed] of await recordsOf(client, place, ids))
      for (const { bytes } of unpack(packed)) {
        const event = storedEvent(id, bytes);
        if (!isOfAnother(event, person)) found.push({ place: place.topic, key: keyOfId(id), event });
      }
  return found;
}

async function findEntities(
  client: KafkaClient,
  { topic, packed }: Kept,
  person: Person,
  ids: Set<string>,
): Promise<void> {
  await eachRecord(client, topic, ({ key: bytes, value }) => {
    const key = String(bytes);
    const id = entityOf(key);
    if (id === undefined || value === null || ids.has(id) || !value.includes(person.bytes)) return;
    const entries = packed(key, value);
    if (entries === undefined) return;
    const isThere = unpack(entries).some(
      ({ bytes }) => eventOf(familyOfId(id), bufferOf(bytes), person) !== undefined,
    );
    if (isThere) ids.add(id);
  });
}

/** The newest records of some entities that have events, the entity's id with the packed events. */
async function recordsOf(
  client: KafkaClient,
  { topic, packed }: Kept,
  ids: ReadonlySet<string>,
): Promise<readonly (readonly [id: string, packed: Uint8Array])[]> {
  const newest = new Map<string, readonly [string, Uint8Array]>();
  await eachRecord(client, topic, ({ key: bytes, value }) => {
    const key = String(bytes);
    const id = entityOf(key);
    if (id === undefined || !ids.has(id)) return;
    const entries = value === null ? undefined : packed(key, value);
    if (entries === undefined) newest.delete(key);
    else newest.set(key, [id, entries]);
  });
  return [...newest.values()];
}

/**
 * An event of an entity as it is stored.
 *
 * @throws Failure `state.corrupt` when it cannot be read.
 */
export function storedEvent(id: string, bytes: Uint8Array): Event {
  const decoded = decodeEvent(familyOfId(id), bufferOf(bytes));
  if (!decoded.ok) throw new Failure('state.corrupt', `an event of ${id}: ${decoded.message}`);
  return decoded.event;
}
