/**
 * Recurring contracts, replayed customer by customer: what each is worth after every instant at which anything
 * can change, and what moved. Rule 4, rule 9, rule 62, rule 63.
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
  pausedWorth,
  pendingOf,
  reasonOf,
  ticksAt,
  unknown,
  worth,
} from './subscription-state.oracle.ts';
import { Causes, standingsOf, type Cause, type Instant, type Standing, type Sum } from './standing.oracle.ts';

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

function sumsOf(subscriptions: Iterable<Subscription>, pauseCountsAs: Settings['pauseCountsAs']) {
  const sums = new Map<string, Sum>();
  for (const it of subscriptions) {
    const [mrr, paused] = [worth(it), pauseCountsAs === 'kept' && pausedWorth(it) > 0n ? 1 : 0];
    if (it.terms === null || (mrr === 0n && paused === 0)) continue;
    const before = sums.get(it.terms.currency) ?? { mrr: 0n, paused: 0 };
    sums.set(it.terms.currency, { mrr: before.mrr + mrr, paused: before.paused + paused });
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

/** Of one instant, currency and reason there is one cancellation, and one withdrawal, of whatever subscriptions. Rule 13. */
function together(sayings: readonly CancellationChange[]): CancellationChange[] {
  const apart = ({ at, what, currency, reason }: CancellationChange): string =>
    JSON.stringify([at, what, currency, reason]);
  return [...grouped(sayings, apart).values()].flatMap((some) => {
    const mrr = some.reduce((sum, one) => sum + one.mrr, 0n);
    return some[0] === undefined ? [] : [{ ...some[0], mrr }];
  });
}

function replay(id: string, events: readonly Counted[], settings: Settings): Customer {
  const subscriptions = new Map<string, Subscription>();
  const sayings: CancellationChange[] = [];
  const paymentTurns: PaymentTurn[] = [];
  const known = { owner: '', segment: '', country: '' };
  const replayed = instants(events, settings).map((at): Instant => {
    const causes = new Causes();
    const sums = () => sumsOf(subscriptions.values(), settings.pauseCountsAs);
    let last = sums();
    const noted = (cause: Cause): void => {
      const next = sums();
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
    const plans = new Map([...subscriptions].map(([name, it]) => [name, it.terms?.plan ?? '']));
    return {
      at,
      ...known,
      sums: last,
      causes,
      planOf: (subscription) => plans.get(subscription) ?? '',
      pastDue: pastDueOf(subscriptions.values()),
      pending: [...subscriptions.values()].flatMap(pendingOf),
    };
  });
  const cancellationPending = [...subscriptions.values()].some((it) => it.cancellation !== null);
  const inForce = [...subscriptions.values()].some((it) => it.status === 'in force');
  const standings = standingsOf(replayed, settings);
  return { id, standings, sayings: together(sayings), paymentTurns, inForce, cancellationPending };
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
