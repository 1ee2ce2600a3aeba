import type { Family } from '@tidemark/events/families';

/** The id of an entity in the store and the changelog. */
export function entityId(family: Family, key: string): string {
  return `${family}\u0000${key}`;
}

/** The id of an entity that is one thing of many under its key; no key and no thing has a zero byte. */
export function thingId(family: Family, key: string, thing: string): string {
  return `${family}\u0000${key}\u0000\u0000${thing}`;
}

/** The family of an entity, from its id or that of one of its records: `<family>\0<entity key>…`. */
export function familyOfId(id: string): Family {
  return id.slice(0, id.indexOf('\u0000')) as Family;
}

/** The entity key in an id of an entity, or of one of its records. */
export function keyOfId(id: string): string {
  const from = id.indexOf('\u0000') + 1;
  const end = id.indexOf('\u0000', from);
  return end === -1 ? id.slice(from) : id.slice(from, end);
}

/** The thing in the id of an entity that is one of many under its key; `undefined` for another entity. */
export function thingIn(id: string): string | undefined {
  const from = id.indexOf('\u0000\u0000');
  return from === -1 ? undefined : id.slice(from + 2);
}

/** The id of the entity to which a record belongs, in the state or in the archive. */
export function ownerOf(recordId: string): string {
  const end = ownerEnd(recordId);
  return end === -1 ? recordId : recordId.slice(0, end);
}

/** Where the id of the owner ends in that of a record beneath its head; −1 for a head. */
export function ownerEnd(recordId: string): number {
  const end = recordId.indexOf('\u0000', recordId.indexOf('\u0000') + 1);
  // An entity's key is followed by two zero bytes and its thing, or by one and its part.
  return end !== -1 && recordId[end + 1] === '\u0000' ? recordId.indexOf('\u0000', end + 2) : end;
}
