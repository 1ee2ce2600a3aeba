import { hasThings, thingOf } from '@tidemark/events/entity';
import type { Event } from '@tidemark/events/types';
import type { Family } from '@tidemark/events/families';
import type { Received } from './batch.ts';
import { isVoided, ownOf, type Entity, type Past } from './entity.ts';
import { entityId, familyOfId, keyOfId, ownerEnd, thingId, thingIn } from './entity-id.ts';
import { hashOf, identityOf, targetOf } from './packed.ts';
import type { KeyedRecord, Store } from './record-store.ts';
import { StateError } from './state-error.ts';

/** What finding entities needs. */
export type ThingsOptions = {
  readonly store: Store;
  /** Reads an entity; an empty one when there is none. */
  readonly read: (id: string) => Entity;
  readonly past: Past;
};

type Placed = Pick<Received, 'family' | 'key' | 'event'>;

const separator = '\u0000';

/**
 * Finds the entity of an event. Mostly its key names it. But a key may be that of many things, as the name of a figure is that of
 * its readings: then each thing is an entity of its own, which ends with it, and none grows with the number of things. An event is
 * known within its key all the same, and a void names an event and no thing (rule 25). So an index lists, by the hash of an
 * identity, the entities of the key in which an event or a void has it.
 */
export class Things {
  readonly #store: Store;
  readonly #read: (id: string) => Entity;
  readonly #past: Past;
  /** What the batch under way changed of the index. */
  readonly #changed = new Map<string, readonly string[]>();

  constructor({ store, read, past }: ThingsOptions) {
    this.#store = store;
    this.#read = read;
    this.#past = past;
  }

  /** Adds the keys of the records that `entityOf` is going to need, and mostly that of the entity, to `ids`. */
  addIds({ family, key, event }: Placed, ids: Set<string>): void {
    if (!hasThings(family)) {
      ids.add(entityId(family, key));
      return;
    }
    const target = targetOf(event);
    ids.add(indexId(family, key, hashOf(identityOf(event))));
    if (target !== undefined) ids.add(indexId(family, key, hashOf(target)));
    ids.add(homeOf(family, key, event));
  }

  /** The id of the entity that an event is to be handed to. */
  entityOf({ family, key, event }: Placed): string {
    if (!hasThings(family)) return entityId(family, key);
    const identity = identityOf(event);
    const repeated = this.#withOwn(family, key, identity);
    if (repeated !== undefined) return repeated;
    const target = targetOf(event);
    // An event whose void came first goes to where that waits, and does not count there; a void cannot be voided.
    const found =
      target === undefined ? this.#withTarget(family, key, identity) : this.#withOwn(family, key, target);
    return found ?? homeOf(family, key, event);
  }

  /** Notes an event that an entity has accepted. */
  accepted({ id }: Entity, { family, event }: Placed): void {
    if (!hasThings(family)) return;
    const target = targetOf(event);
    this.#list(id, hashOf(identityOf(event)));
    if (target !== undefined) this.#list(id, hashOf(target));
  }

  /** Forgets what an entity has. */
  forget({ id, family, own, targets }: Entity): void {
    if (!hasThings(family)) return;
    for (const hash of [...own.hashes, ...targets.hashes]) {
      const index = indexId(family, keyOfId(id), hash);
      this.#changed.set(
        index,
        this.#listed(index).filter((one) => one !== id),
      );
    }
  }

  /** The records of the index that changed; each is given out once. */
  takeChanged(): KeyedRecord[] {
    const records = [...this.#changed].map(([id, entities]) => ({ id, value: encoded(entities) }));
    this.#changed.clear();
    return records;
  }

  #withOwn(family: Family, key: string, identity: string): string | undefined {
    const hash = hashOf(identity);
    return this.#entities(family, key, hash).find(
      (entity) => ownOf(entity, identity, hash, this.#past) !== undefined,
    )?.id;
  }

  #withTarget(family: Family, key: string, identity: string): string | undefined {
    const hash = hashOf(identity);
    return this.#entities(family, key, hash).find((entity) => isVoided(entity, identity, hash, this.#past))
      ?.id;
  }

  #entities(family: Family, key: string, hash: number): Entity[] {
    return this.#listed(indexId(family, key, hash)).map((id) => {
      const entity = this.#read(id);
      if (entity.own.size === 0)
        throw new StateError('damaged', `the record ${JSON.stringify(id)} is missing`);
      return entity;
    });
  }

  #list(id: string, hash: number): void {
    const index = indexId(familyOfId(id), keyOfId(id), hash);
    const listed = this.#listed(index);
    if (!listed.includes(id)) this.#changed.set(index, [...listed, id]);
  }

  /** The entities that a record of the index lists. */
  #listed(index: string): readonly string[] {
    const changed = this.#changed.get(index);
    if (changed !== undefined) return changed;
    return decoded(index, this.#store.get(index));
  }
}

/** An entity before and after it was rewritten, with the hashes of the identities and targets of its events. */
export type Moved = {
  readonly from: { readonly id: string; readonly hashes: ReadonlySet<number> };
  readonly to: { readonly id: string; readonly hashes: ReadonlySet<number> };
};

/** Whether a record is one of the index. */
export function isIndex(recordId: string): boolean {
  const end = ownerEnd(recordId);
  return end !== -1 && thingIn(recordId) === undefined && recordId[end + 1] === 'h';
}

/** The keys of the records of the index that may change when entities are rewritten. */
export function indexKeysOf(moved: readonly Moved[]): Set<string> {
  return new Set(
    moved.flatMap(({ from, to }) =>
      [from, to].flatMap(({ id, hashes }) =>
        [...hashes].map((hash) => indexId(familyOfId(id), keyOfId(id), hash)),
      ),
    ),
  );
}

/**
 * The records of the index that change when entities of families with many things under a key are rewritten.
 *
 * @param index Those of `indexKeysOf` that there are, by their keys.
 */
export function reindexed(index: ReadonlyMap<string, Uint8Array>, moved: readonly Moved[]): KeyedRecord[] {
  const changed = new Map<string, readonly string[]>();
  const change = (id: string, hash: number, to: (listed: readonly string[]) => readonly string[]): void => {
    const record = indexId(familyOfId(id), keyOfId(id), hash);
    const listed = changed.get(record) ?? decoded(record, index.get(record));
    changed.set(record, to(listed));
  };
  for (const { from } of moved)
    for (const hash of from.hashes)
      change(from.id, hash, (listed) => listed.filter((one) => one !== from.id));
  for (const { to } of moved)
    for (const hash of to.hashes)
      change(to.id, hash, (listed) => (listed.includes(to.id) ? listed : [...listed, to.id]));
  return [...changed].map(([id, entities]) => ({ id, value: encoded(entities) }));
}

/** The key of the record that lists the entities of a key in which something has this hash. */
function indexId(family: Family, key: string, hash: number): string {
  return `${entityId(family, key)}\u0000h${hash.toString(36)}`;
}

/**
 * What names an entity in its facts: its key, and its thing where the key is that of many, `''` elsewhere; `undefined` for one that
 * has no facts, where a void waits for its target.
 */
export function nameOf(id: string): { readonly key: string; readonly thing: string } | undefined {
  const thing = thingIn(id);
  if (thing === undefined) return { key: keyOfId(id), thing: '' };
  return thing.startsWith('r') ? { key: keyOfId(id), thing: thing.slice(1) } : undefined;
}

/** Where an event goes that is not known: to its thing; a void, to where it waits for its target. */
function homeOf(family: Family, key: string, event: Placed['event']): string {
  const target = targetOf(event);
  return thingId(family, key, target === undefined ? `r${thingOf(event as Event) ?? ''}` : `v${target}`);
}

function decoded(index: string, value: Uint8Array | undefined): readonly string[] {
  if (value === undefined) return [];
  const [family, key] = [familyOfId(index), keyOfId(index)];
  return new TextDecoder()
    .decode(value)
    .split(separator)
    .map((thing) => thingId(family, key, thing));
}

function encoded(entities: readonly string[]): Uint8Array | null {
  if (entities.length === 0) return null;
  return new TextEncoder().encode(entities.map(thingIn).join(separator));
}
