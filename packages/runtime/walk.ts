import type { Family, Retention } from '@tidemark/events/families';
import type { Definition, Instant } from '@tidemark/metrics/definition/definition';
import { familyOfId } from './entity-id.ts';
import type { EntityReader } from './entity-store.ts';
import { forgottenAt } from './entity-writer.ts';
import { decodeHead, decodeLegacyHead, isHead, isLegacy } from './head.ts';
import type { KeyedRecord, Store } from './record-store.ts';
import { reading, StateError } from './state-error.ts';

/** What is asked for: keys of stored records after this one, in their order, at most so many. */
export type WalkPart = { readonly after: string; readonly limit: number };

/** What has published all of the past, and what is on its way to. */
type Known = { readonly complete: readonly string[]; readonly pending: readonly string[] };

/** The key of the record of definitions; no entity's id begins with a zero byte. */
const definitionsId = '\u0000definitions';

const urgentPart = 2_000;
const leisurelyPart = 100;
/** Between two parts while there is no hurry: ten million records take a day. */
const pauseMs = 1_000;
const pauseBetweenWalksMs = 60 * 60_000;

/**
 * The walk over everything stored, a little in each batch: it finds entities that a new definition has not met, those in an
 * older form, and those that ended so long ago that they are to be forgotten. So a start need not read them all.
 */
export class Walk {
  readonly #retention: Retention | undefined;
  readonly #present: readonly string[];
  readonly #pendingOn: ReadonlySet<Family>;
  #isUrgent: boolean;
  #after = '';
  #notBefore = -Infinity;
  #due: KeyedRecord[] = [];

  /**
   * @param retention How old events may be when they are received; that of the contract by default.
   * @throws StateError when definitions have published that are not here any more.
   */
  constructor(definitions: readonly Definition[], store: Store, retention?: Retention) {
    this.#retention = retention;
    this.#present = definitions.map(nameOf);
    const value = store.get(definitionsId);
    const known =
      value === undefined ? { complete: [], pending: [] } : reading(definitionsId, () => knownIn(value));
    const gone = [...known.complete, ...known.pending].filter((name) => !this.#present.includes(name));
    if (gone.length > 0) throw changed(gone, this.#present);
    const pending = this.#present.filter((name) => !known.complete.includes(name));
    this.#isUrgent = pending.length > 0;
    this.#pendingOn = new Set(definitions.filter((one) => pending.includes(nameOf(one))).map(({ on }) => on));
    if (this.#isUrgent) this.#due = [recordOf({ complete: known.complete, pending })];
  }

  /** Families in which not all of the past is out yet. */
  get behind(): Iterable<Family> {
    return this.#isUrgent ? this.#pendingOn : [];
  }

  /** What has to be stored before anything else is published; each record is given out once. */
  takeDue(): readonly KeyedRecord[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  /** What to look at next. */
  next(wallClock: Instant): WalkPart | undefined {
    if (this.#isUrgent) return { after: this.#after, limit: urgentPart };
    return wallClock < this.#notBefore ? undefined : { after: this.#after, limit: leisurelyPart };
  }

  /**
   * What is to be done about a stored record.
   *
   * @throws StateError when it was counted by definitions that are not here any more.
   */
  look(id: string, reader: EntityReader, clock: Instant): 'fine' | 'behind' | 'over' {
    if (!isHead(id)) return 'fine';
    const value = reader.head(id);
    if (value === undefined) return 'fine';
    const family = familyOfId(id);
    return reading(id, () => {
      if (isLegacy(value)) {
        const isPublished = reader.isPublished(family, decodeLegacyHead(value).published);
        return isPublished && this.#isUrgent ? 'fine' : 'behind';
      }
      const head = decodeHead(value);
      if (!reader.isPublished(family, head.published)) return 'behind';
      if (forgottenAt(family, head, this.#retention) < clock) return 'over';
      // What is due is in the index of wakes, unless that is damaged.
      return head.wake < clock ? 'behind' : 'fine';
    });
  }

  /** Notes how far it came. @returns What is to be stored when it came to its end. */
  walked({ ids, isEnd }: { ids: readonly string[]; isEnd: boolean }, wallClock: Instant): KeyedRecord[] {
    this.#after = isEnd ? '' : (ids.at(-1) ?? this.#after);
    this.#notBefore = wallClock + (isEnd && !this.#isUrgent ? pauseBetweenWalksMs : pauseMs);
    if (!isEnd || !this.#isUrgent) return [];
    this.#isUrgent = false;
    return [recordOf({ complete: this.#present, pending: [] })];
  }
}

function nameOf({ name, version }: Definition): string {
  return `${name}@${version}`;
}

function recordOf(known: Known): KeyedRecord {
  return { id: definitionsId, value: new TextEncoder().encode(JSON.stringify(known)) };
}

function knownIn(value: Uint8Array): Known {
  const { complete, pending } = JSON.parse(new TextDecoder().decode(value)) as Known;
  return { complete: [...complete], pending: [...pending] };
}

function changed(gone: readonly string[], present: readonly string[]): StateError {
  return new StateError(
    'definitions',
    `the state was counted by other definitions than today's: it knows ${gone.join(', ')}, and today there are ` +
      `${present.join(', ')}. Run the release, and the settings (CART_ABANDON_AFTER, FCR_WINDOW, SUPPORT_HOURS, LAPSE_AFTER, PAST_DUE_ENDS_AFTER, PAUSE_COUNTS_AS, REPLACEMENT_WINDOW), that counted it; ` +
      'to change them and keep the history, recount as docs/runbooks/recount.md says',
  );
}
