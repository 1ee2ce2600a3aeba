/**
 * Recurring contracts, replayed customer by customer: what each is worth after every instant at which anything
 * can change, and what moved. Rule 4, rule 9.
 */
import {
  type Counted,
  type Settings,
  grouped,
  inOrder,
  moment,
  text,
  counted,
  word,
} from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import {
  type CancellationChange,
  type Subscription,
  apply,
  pendingOf,
  reasonOf,
  ticksAt,
  unknown,
  worth,
} from './subscription-state.oracle.ts';

/** A net change of one customer's MRR in one currency at one instant. */
export type Movement = {
  readonly currency: string;
  readonly movement: 'new' | 'reactivation' | 'expansion' | 'contraction' | 'churn';
  readonly amount: bigint;
  readonly plan: string;
  readonly reason: string;
  readonly eventId: string;
};

/** A customer as it stands from `at` on. */
export type Standing = {
  readonly at: number;
  /** MRR per currency in micros, those above 0 alone. */
  readonly mrr: ReadonlyMap<string, bigint>;
  readonly owner: string;
  readonly segment: string;
  readonly country: string;
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

/** A subscription became past due, recovered, or ended so. */
export type PaymentTurn = {
  readonly at: number;
  readonly currency: string;
  readonly what: 'entered' | 'recovered' | 'ended';
};

/** A customer with a recurring contract, as replayed up to `now`. */
export type Customer = {
  readonly id: string;
  readonly standings: readonly Standing[];
  readonly sayings: readonly CancellationChange[];
  readonly paymentTurns: readonly PaymentTurn[];
  /** Whether a subscription of it is in force at `now`, and whether one has a cancellation pending. */
  readonly inForce: boolean;
  readonly cancellationPending: boolean;
};

type Cause = { readonly eventId: string; readonly subscription: string; readonly reason: string };

function mrrOfAll(subscriptions: Iterable<Subscription>): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const it of subscriptions) {
    const value = worth(it);
    if (it.terms && value > 0n) sums.set(it.terms.currency, (sums.get(it.terms.currency) ?? 0n) + value);
  }
  return sums;
}

function pastDueOf(subscriptions: Iterable<Subscription>): Standing['pastDue'] {
  const late = [...subscriptions].filter((it) => it.pastDue !== null && it.terms !== null);
  return new Map(
    [...grouped(late, (it) => it.terms?.currency ?? '')].map(([currency, some]) => [
      currency,
      { subscriptions: some.length, mrr: some.reduce((sum, it) => sum + worth(it), 0n) },
    ]),
  );
}

/** Does something to a subscription, and notes what it means for its payments. */
function noting(it: Subscription, at: number, turns: PaymentTurn[], run: () => void): void {
  const [was, currency] = [it.pastDue, it.terms?.currency ?? ''];
  run();
  if (was === null && it.pastDue !== null) turns.push({ at, currency, what: 'entered' });
  if (was !== null && it.pastDue === null)
    turns.push({ at, currency, what: it.status === 'ended' ? 'ended' : 'recovered' });
}

/** What changed the MRR of each currency at one instant: the last event that did, else the last tick. */
class Causes {
  readonly #byEvent = new Map<string, Cause & { readonly turn: number }>();
  readonly #byTick = new Map<string, Cause & { readonly turn: number }>();
  #turn = 0;

  note(before: ReadonlyMap<string, bigint>, after: ReadonlyMap<string, bigint>, cause: Cause): void {
    this.#turn++;
    const kept = cause.eventId === '' ? this.#byTick : this.#byEvent;
    for (const currency of new Set([...before.keys(), ...after.keys()]))
      if (before.get(currency) !== after.get(currency)) kept.set(currency, { ...cause, turn: this.#turn });
  }

  of(currency: string): Cause & { readonly turn: number } {
    const cause = this.#byEvent.get(currency) ?? this.#byTick.get(currency);
    if (!cause) throw new Error(`nothing moved ${currency}`);
    return cause;
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

const attributes = ['owner', 'segment', 'country'] as const;

/** Every instant at which anything about a customer can change, before `now`, in order. */
function instants(events: readonly Counted[], { now, pastDueEndsAfterMs }: Settings): number[] {
  const all = events.flatMap((event) => [
    event.at,
    moment(event.raw, 'effective_at') ?? event.at,
    moment(event.raw, 'trial_ends_at') ?? event.at,
    event.at + (event.verb === 'past_due' ? (pastDueEndsAfterMs ?? 0) : 0),
  ]);
  const first = events[0]?.at ?? now;
  return [...new Set(all)].filter((at) => at >= first && at < now).sort((a, b) => a - b);
}

function replay(id: string, events: readonly Counted[], settings: Settings): Customer {
  const subscriptions = new Map<string, Subscription>();
  const sayings: CancellationChange[] = [];
  const standings: Standing[] = [];
  const paymentTurns: PaymentTurn[] = [];
  const known = { owner: '', segment: '', country: '' };
  let everActive = false;
  for (const at of instants(events, settings)) {
    const before = mrrOfAll(subscriptions.values());
    const causes = new Causes();
    let last = before;
    const noted = (cause: Cause): void => {
      const next = mrrOfAll(subscriptions.values());
      causes.note(last, next, cause);
      last = next;
    };
    for (const event of events.filter((one) => one.at === at)) {
      const subscription = word(event.raw, 'subscription_id');
      const it = subscriptions.get(subscription) ?? unknown(subscription);
      subscriptions.set(subscription, it);
      for (const field of attributes) known[field] = text(event.raw, field) ?? known[field];
      const reason = event.verb === 'canceled' ? reasonOf(it, event) : '';
      noting(it, at, paymentTurns, () => {
        apply(it, event, sayings, settings.pastDueEndsAfterMs);
      });
      noted({ eventId: event.id, subscription, reason });
    }
    const ticks = [...subscriptions.values()].flatMap((it) =>
      ticksAt(it, at).map((tick) => ({ ...tick, it })),
    );
    for (const tick of ticks.sort((a, b) => inOrder(a.by, b.by))) {
      noting(tick.it, at, paymentTurns, tick.run);
      noted({ eventId: '', subscription: tick.it.id, reason: tick.reason });
    }
    const standing = settle({ at, before, after: last, everActive, known, causes, subscriptions });
    standings.push(standing);
    everActive ||= standing.mrr.size > 0;
  }
  const cancellationPending = [...subscriptions.values()].some((it) => it.cancellation !== null);
  const inForce = [...subscriptions.values()].some((it) => it.status === 'in force');
  return { id, standings, sayings, paymentTurns, inForce, cancellationPending };
}

/** Nets an instant into the customer's movements and its own transition. */
function settle(instantly: {
  at: number;
  before: ReadonlyMap<string, bigint>;
  after: ReadonlyMap<string, bigint>;
  everActive: boolean;
  known: { owner: string; segment: string; country: string };
  causes: Causes;
  subscriptions: ReadonlyMap<string, Subscription>;
}): Standing {
  const { at, before, after, everActive, known, causes, subscriptions } = instantly;
  const movements: Movement[] = [];
  let lostFor = '';
  let lastTurn = 0;
  for (const currency of new Set([...before.keys(), ...after.keys()])) {
    const amount = (after.get(currency) ?? 0n) - (before.get(currency) ?? 0n);
    if (amount === 0n) continue;
    const cause = causes.of(currency);
    if (cause.turn > lastTurn) [lastTurn, lostFor] = [cause.turn, cause.reason];
    movements.push({
      currency,
      movement: label(before, after, everActive, amount > 0n),
      amount,
      plan: subscriptions.get(cause.subscription)?.terms?.plan ?? '',
      reason: cause.reason,
      eventId: cause.eventId,
    });
  }
  const came = before.size === 0 && after.size > 0;
  const lost = before.size > 0 && after.size === 0;
  const turned = came ? (everActive ? 'reactivated' : 'new') : lost ? 'lost' : null;
  return {
    at,
    mrr: after,
    ...known,
    movements,
    turned,
    lostFor,
    pastDue: pastDueOf(subscriptions.values()),
    pending: [...subscriptions.values()].flatMap(pendingOf),
  };
}

/** Every customer with a recurring contract, replayed up to `now`. */
export function customers({ events, settings }: Given): Customer[] {
  const histories = grouped(
    counted(events, 'subscription', 'customer_id', settings.now),
    (event) => event.key,
  );
  return [...histories].map(([id, history]) => replay(id, history, settings));
}

/** How a customer stood just before an instant: all that happened earlier, nothing of the instant itself. */
export function standingBefore(customer: Customer, at: number): Standing | undefined {
  return customer.standings.findLast((standing) => standing.at < at);
}
