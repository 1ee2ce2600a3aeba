import { partitionOf } from '@tidemark/events/partition-of';
import { entityId, familyOfId, keyOfId } from '@tidemark/runtime/entity-id';

/**
 * What an id names, so that a customer and a cart may have the same one: the field of an entity's key, or what its events name.
 * The id of an event, or of a reading, is one among those of its key.
 */
export type Domain =
  | 'customer_id'
  | 'cart_id'
  | 'case_id'
  | 'mention_id'
  | 'response_id'
  | 'engagement_id'
  | 'referral_id'
  | 'subscription_id'
  | 'purchase_id'
  | 'reading_id'
  | 'visitor_id'
  | `event_id\u0000${string}`
  | `reading_id\u0000${string}`;

/** Domains of ids that are keys of entities. */
const keys: ReadonlySet<Domain> = new Set<Domain>([
  'customer_id',
  'cart_id',
  'case_id',
  'mention_id',
  'response_id',
  'engagement_id',
  'referral_id',
]);

/** An id, and what stands in its place from then on. */
export type Name = { readonly domain: Domain; readonly id: string; readonly pseudonym: string };

/** The domain of the ids of the events of an entity's key. */
export function eventsOf(id: string): Domain {
  return `event_id\u0000${entityId(familyOfId(id), keyOfId(id))}`;
}

/** The domain of the ids of the readings of an entity's key. */
export function readingsOf(id: string): Domain {
  return `reading_id\u0000${entityId(familyOfId(id), keyOfId(id))}`;
}

/**
 * The pseudonyms of an erasure. Each is drawn, so nothing leads from it to the id but this list, which is deleted at the end of the
 * erasure. That of an entity's key belongs to the partition of the key, so that a history stays with its task.
 */
export class Pseudonyms {
  readonly #draw: () => string;
  readonly #partitions: number;
  readonly #known = new Map<string, string>();
  #fresh: Name[] = [];

  /**
   * @param draw A text of at least 128 random bits.
   * @param partitions Of the generation.
   */
  constructor(draw: () => string, partitions: number) {
    this.#draw = draw;
    this.#partitions = partitions;
  }

  /** The pseudonym of an id, if it has one. */
  find(domain: Domain, id: string): string | undefined {
    return this.#known.get(`${domain}\u0000${id}`);
  }

  /** The pseudonym of an id, drawn where it has none. */
  of(domain: Domain, id: string): string {
    return this.find(domain, id) ?? this.#add(domain, id, this.drawn(domain, id));
  }

  /** A pseudonym for an id that is not given to it yet. */
  drawn(domain: Domain, id: string): string {
    for (;;) {
      const pseudonym = `erased-${this.#draw()}`;
      if (!keys.has(domain)) return pseudonym;
      if (partitionOf(pseudonym, this.#partitions) === partitionOf(id, this.#partitions)) return pseudonym;
    }
  }

  /** Gives an id a pseudonym that was drawn for it. */
  give(domain: Domain, id: string, pseudonym: string): void {
    this.#add(domain, id, pseudonym);
  }

  /** Makes one known that was drawn by an earlier run. */
  restore({ domain, id, pseudonym }: Name): void {
    this.#known.set(`${domain}\u0000${id}`, pseudonym);
  }

  /** The keys of entities that have one: they are nobody else's. */
  get keys(): string[] {
    return [...this.#known.keys()].flatMap((known) => {
      const [domain = '', id = ''] = known.split('\u0000');
      return keys.has(domain as Domain) ? [id] : [];
    });
  }

  /** Those drawn since the last call. */
  takeFresh(): readonly Name[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  #add(domain: Domain, id: string, pseudonym: string): string {
    const name = { domain, id, pseudonym };
    this.restore(name);
    this.#fresh.push(name);
    return pseudonym;
  }
}
