/**
 * What a customer's subscriptions make of the customer: when it is active, what moved, and what is not counted yet. Rule 4,
 * rule 9, rule 62, rule 63.
 */
import type { Settings } from '../oracle/base.oracle.ts';
import type { pendingOf } from './subscription-state.oracle.ts';

/** Who looks after a customer, and what it is; empty when unknown. */
export type Attributes = { readonly owner: string; readonly segment: string; readonly country: string };

/** A net change of one customer's MRR in one currency at one instant, with the attributes at its cause. */
export type Movement = Attributes & {
  readonly currency: string;
  readonly movement: 'new' | 'reactivation' | 'expansion' | 'contraction' | 'churn';
  readonly amount: bigint;
  readonly plan: string;
  readonly reason: string;
  readonly eventId: string;
};

/** A customer as it stands from `at` on, with the attributes after that instant. */
export type Standing = Attributes & {
  readonly at: number;
  /** MRR per currency in micros, those above 0 alone. */
  readonly mrr: ReadonlyMap<string, bigint>;
  /** The currencies in which the customer is active; it is active when there is any. */
  readonly active: ReadonlySet<string>;
  /** Where an active one is counted. */
  readonly counted: Attributes;
  readonly movements: readonly Movement[];
  /** The customer's own transition at this instant. */
  readonly turned: 'new' | 'reactivated' | 'lost' | null;
  /** Why a lost one was lost; empty when unknown. */
  readonly lostFor: string;
  /** What is past due, per currency: how many subscriptions, and their MRR in micros. */
  readonly pastDue: ReadonlyMap<string, { readonly subscriptions: number; readonly mrr: bigint }>;
  /** What is about to happen to the MRR, in micros per currency. */
  readonly pending: readonly ReturnType<typeof pendingOf>[number][];
};

/** What did something to the MRR; without an event id it was the passing of time. */
export type Cause = {
  readonly eventId: string;
  readonly subscription: string;
  readonly reason: string;
};

/** What the subscriptions are in one currency: their MRR in micros, and how many are paused that would have one. */
export type Sum = { readonly mrr: bigint; readonly paused: number };

/** What an instant made of the subscriptions, and not yet of the customer. */
export type Instant = Attributes & {
  readonly at: number;
  readonly sums: ReadonlyMap<string, Sum>;
  readonly causes: Causes;
  readonly planOf: (subscription: string) => string;
  readonly pastDue: Standing['pastDue'];
  readonly pending: Standing['pending'];
};

/** What changed the MRR of each currency at one instant: the last event that did, else the last tick. */
export class Causes {
  readonly #byEvent = new Map<string, Cause & { readonly turn: number }>();
  readonly #byTick = new Map<string, Cause & { readonly turn: number }>();
  #turn = 0;

  /** Notes what a cause made of the sums. */
  note(before: ReadonlyMap<string, Sum>, after: ReadonlyMap<string, Sum>, cause: Cause): void {
    this.#turn++;
    const kept = cause.eventId === '' ? this.#byTick : this.#byEvent;
    for (const currency of new Set([...before.keys(), ...after.keys()]))
      if (
        before.get(currency)?.mrr !== after.get(currency)?.mrr ||
        before.get(currency)?.paused !== after.get(currency)?.paused
      )
        kept.set(currency, { ...cause, turn: this.#turn });
  }

  /** What moved a currency last, with its turn among all. */
  of(currency: string): Cause & { readonly turn: number } {
    const cause = this.#byEvent.get(currency) ?? this.#byTick.get(currency);
    if (!cause) throw new Error(`nothing moved ${currency}`);
    return cause;
  }
}

const nobody: Attributes = { owner: '', segment: '', country: '' };
const attributesOf = ({ owner, segment, country }: Attributes): Attributes => ({ owner, segment, country });

/** The end of a currency: when it counts, which is when it ended, or when something else began that came in time. */
type End = { readonly currency: string; readonly from: Instant; readonly countsAt: number };

/** Looks ahead from the ends of currencies to what replaces them. */
class Ends {
  readonly #instants: readonly Instant[];
  readonly #settings: Settings;
  /** Currencies without anything now that count as before, with the instant of the end and that of the new start, if any. */
  readonly #down = new Map<string, { readonly at: number; readonly back: number | undefined }>();
  readonly counting: End[] = [];

  constructor(instants: readonly Instant[], settings: Settings) {
    this.#instants = instants;
    this.#settings = settings;
  }

  /** Notes what of the currencies in which the customer counts has ended at an instant, and when that counts, if ever. */
  note(now: Instant, ending: readonly string[], hasNothing: boolean): void {
    const inTime = now.at + this.#settings.replacementWindowMs;
    for (const currency of ending)
      this.#down.set(currency, {
        at: now.at,
        back: this.#next(now.at, inTime, (sums) => sums.has(currency)),
      });
    if (inTime >= this.#settings.now) return;
    for (const currency of ending) {
      if (this.#down.get(currency)?.back !== undefined) continue;
      const next = hasNothing ? this.#backAfter(now.at) : undefined;
      this.counting.push({
        currency,
        from: now,
        countsAt: next !== undefined && next <= inTime ? next : now.at,
      });
    }
  }

  /** Whether the end of a currency is known already. */
  isDown(currency: string): boolean {
    return this.#down.has(currency);
  }

  /** Notes that there is something in a currency again. */
  isUp(currency: string): void {
    this.#down.delete(currency);
  }

  /** When a customer who has nothing has anything again: an MRR, or a currency that counted as before. */
  #backAfter(at: number): number | undefined {
    const again = [...this.#down.values()].flatMap(({ back }) =>
      back !== undefined && back > at ? back : [],
    );
    const started = this.#next(at, Infinity, (sums) => [...sums.values()].some(({ mrr }) => mrr > 0n));
    return [...again, ...(started === undefined ? [] : [started])].toSorted((a, b) => a - b)[0];
  }

  #next(after: number, until: number, is: (sums: Instant['sums']) => boolean): number | undefined {
    return this.#instants.find(({ at, sums }) => at > after && at <= until && is(sums))?.at;
  }
}

function label(
  before: ReadonlyMap<string, bigint>,
  after: ReadonlyMap<string, bigint>,
  everActive: boolean,
  rises: boolean,
): Movement['movement'] {
  if (before.size === 0) return everActive ? 'reactivation' : 'new';
  if (after.size === 0) return 'churn';
  return rises ? 'expansion' : 'contraction';
}

/** How a customer stands after each instant. */
export function standingsOf(instants: readonly Instant[], settings: Settings): Standing[] {
  const ends = new Ends(instants, settings);
  let standing = new Map<string, bigint>();
  let counted = nobody;
  let everActive = false;
  return instants.map((now) => {
    const before = standing;
    const has = (currency: string): boolean => {
      const sum = now.sums.get(currency);
      return sum !== undefined && (sum.mrr > 0n || (sum.paused > 0 && before.has(currency)));
    };
    const having = [...now.sums.keys()].filter(has);
    for (const currency of having) ends.isUp(currency);
    const ending = [...before.keys()].filter((currency) => !has(currency) && !ends.isDown(currency));
    ends.note(now, ending, having.length === 0);
    const counting = ends.counting.filter(({ countsAt }) => countsAt === now.at);
    standing = new Map(before);
    for (const { currency } of counting) standing.delete(currency);
    for (const currency of having) standing.set(currency, now.sums.get(currency)?.mrr ?? 0n);
    const moved = [
      ...counting.map(({ currency, from }) => ({ currency, from })),
      ...having
        .filter((currency) => before.get(currency) !== standing.get(currency))
        .map((currency) => ({ currency, from: now })),
    ];
    if (having.length > 0 || standing.size === 0) counted = attributesOf(now);
    const result = standingAfter(now, { before, after: standing, everActive, counted, moved });
    everActive ||= standing.size > 0;
    return result;
  });
}

/** Nets an instant into the customer's movements and its own transition. */
function standingAfter(
  now: Instant,
  known: {
    readonly before: ReadonlyMap<string, bigint>;
    readonly after: ReadonlyMap<string, bigint>;
    readonly everActive: boolean;
    readonly counted: Attributes;
    readonly moved: readonly { readonly currency: string; readonly from: Instant }[];
  },
): Standing {
  const { before, after, everActive, counted } = known;
  const moved = known.moved.map(({ currency, from }) => ({
    currency,
    from,
    cause: from.causes.of(currency),
  }));
  const movements = moved.map(({ currency, from, cause }) => {
    const amount = (after.get(currency) ?? 0n) - (before.get(currency) ?? 0n);
    return {
      ...attributesOf(from),
      currency,
      movement: label(before, after, everActive, amount > 0n),
      amount,
      plan: from.planOf(cause.subscription),
      reason: cause.reason,
      eventId: cause.eventId,
    };
  });
  const came = before.size === 0 && after.size > 0;
  const lost = before.size > 0 && after.size === 0;
  return {
    at: now.at,
    ...attributesOf(now),
    mrr: new Map([...after].filter(([, mrr]) => mrr > 0n)),
    active: new Set(after.keys()),
    counted,
    movements,
    turned: came ? (everActive ? 'reactivated' : 'new') : lost ? 'lost' : null,
    lostFor: moved.toSorted((a, b) => a.cause.turn - b.cause.turn).at(-1)?.cause.reason ?? '',
    pastDue: now.pastDue,
    pending: now.pending,
  };
}
