import { to, type Instant, type Step } from '../definition/definition.ts';
import { valueOf } from '../definition/layered-map.ts';
import { activeAmong, balanceIn, withoutEmpty, type Balance, type RevenueSettings } from './balances.ts';
import { noCauses, paymentOf, type Cause, type Customer, type Payment, type Standing } from './customer.ts';
import type { Place } from './place.ts';
import type { Context, Movement, SubscriptionFact } from './facts.ts';
import { bridgedAt, pendingBalances, type PendingEnd } from './replacement.ts';

/** What moved in a currency in which the customer is active. */
type Move = {
  readonly currency: string;
  readonly amount: bigint;
  readonly customers: number;
  readonly order: number;
  readonly context: Context;
};

/**
 * Nets what moved within one instant. A switch of plans is one expansion or contraction, not a loss and a gain (rule 4); one
 * that takes longer as well, within the window of replacement (rule 62).
 */
export function settleRevenue(
  customer: Customer,
  at: Instant,
  { replacementWindowMs }: RevenueSettings,
): Step<Customer, SubscriptionFact> {
  const { standing } = customer;
  // While an end is pending, what is published is more than the balances.
  if (customer.balances === standing.balances && customer.place === standing.place) {
    // A cancellation scheduled or withdrawn moves nothing yet, but what to expect of the customer.
    const payment = paymentOf(customer, standing.life);
    if (payment === standing.payment) return to(customer);
    return to({ ...customer, standing: { ...standing, payment } }, paymentFact(customer, at, payment));
  }
  const balances = withoutEmpty(customer.balances);
  const active = activeAmong(balances, standing.balances);
  const { moves, over, waiting } = netted(customer, at, active, replacementWindowMs);
  const life = lifeAfter(standing.life, active.length + waiting.length > 0);
  // Who has nothing but ends that are pending is counted where it was; where it is counts once it is back.
  const place = active.length === 0 && waiting.length > 0 ? standing.place : customer.place;
  const facts = [
    ...endFacts(customer, over, life),
    ...movementFacts(customer, at, moves, life),
    ...placementFacts(customer, isLost(standing.life, life) ? lastOf(over).countsAt : at, place, life),
  ];
  const payment = paymentOf(customer, life);
  if (payment !== standing.payment) facts.push(paymentFact(customer, at, payment));
  const published = waiting.length === 0 ? active : [...active, ...pendingBalances(waiting)];
  const settled = { ...standing, life, payment, place, balances: published };
  return {
    state: { ...customer, balances, causes: noCauses, pendingEnds: waiting, standing: settled },
    facts,
  };
}

/** What moved, and what ended: of the ends, those that count now and those that may still be replaced. */
function netted(
  customer: Customer,
  at: Instant,
  active: readonly Balance[],
  replacementWindowMs: number,
): {
  readonly moves: readonly Move[];
  readonly over: readonly PendingEnd[];
  readonly waiting: readonly PendingEnd[];
} {
  const { standing, causes } = customer;
  let ends = customer.pendingEnds;
  const isBack = ends.length === standing.balances.length && active.length > 0;
  if (isBack) ends = bridgedAt(ends, at);
  const moves: Move[] = [];
  for (const cause of causes) {
    const { currency, order, announced } = cause;
    const before = balanceIn(standing.balances, currency);
    const after = balanceIn(active, currency);
    if (after !== undefined) {
      ends = ends.filter((end) => end.currency !== currency);
      const amount = after.mrr - (before?.mrr ?? 0n);
      const customers = before === undefined ? 1 : 0;
      if (amount !== 0n)
        moves.push({ currency, amount, customers, order, context: contextOf(customer, cause) });
    } else if (before !== undefined && !ends.some((end) => end.currency === currency)) {
      const { mrr } = before;
      const until = at + replacementWindowMs;
      const context = contextOf(customer, cause);
      ends = [
        ...ends,
        { currency, mrr, endedAt: at, countsAt: at, until, isOver: false, order, context, announced },
      ];
    }
  }
  const over = ends.filter(({ until }) => until <= at);
  return { moves, over, waiting: over.length === 0 ? ends : ends.filter(({ until }) => until > at) };
}

function lifeAfter(before: Standing['life'], isActive: boolean): Standing['life'] {
  if (isActive) return 'active';
  return before === 'never' ? 'never' : 'lost';
}

function isLost(before: Standing['life'], after: Standing['life']): boolean {
  return before === 'active' && after === 'lost';
}

/** Of those that come, the customer's own transition names all (rule 4). */
function movementFacts(
  { id: customer_id, standing }: Customer,
  at: Instant,
  moves: readonly Move[],
  life: Standing['life'],
): SubscriptionFact[] {
  const comes = life === 'active' && standing.life !== 'active';
  const coming: Movement = standing.life === 'never' ? 'new' : 'reactivation';
  const facts: SubscriptionFact[] = moves.map(({ currency, amount, customers, context }) => ({
    kind: 'mrr_movement',
    at,
    customer_id,
    currency,
    movement: comes ? coming : amount > 0n ? 'expansion' : 'contraction',
    amount,
    customers,
    ...context,
    announced: false,
  }));
  if (comes)
    facts.push({
      kind: 'customer_movement',
      at,
      customer_id,
      movement: coming,
      ...lastOf(moves).context,
      announced: false,
    });
  return facts;
}

/** Ends that count, each at its own instant: churn where they were the customer's last. */
function endFacts(
  { id: customer_id, standing }: Customer,
  over: readonly PendingEnd[],
  life: Standing['life'],
): SubscriptionFact[] {
  if (over.length === 0) return [];
  const lost = isLost(standing.life, life);
  const facts: SubscriptionFact[] = over.map(({ currency, mrr, countsAt, context, announced }) => ({
    kind: 'mrr_movement',
    at: countsAt,
    customer_id,
    currency,
    movement: lost ? 'churn' : 'contraction',
    amount: -mrr,
    customers: -1,
    ...context,
    announced: lost && announced,
  }));
  if (lost) {
    const { countsAt, context, announced } = lastOf(over);
    facts.push({
      kind: 'customer_movement',
      at: countsAt,
      customer_id,
      movement: 'churn',
      ...context,
      announced,
    });
  }
  return facts;
}

/** The last in the customer's order: its cause is that of the customer's own transition (rule 9). */
function lastOf<T extends { readonly order: number }>(some: readonly T[]): T {
  return some.reduce((last, one) => (one.order > last.order ? one : last));
}

function paymentFact({ id: customer_id }: Customer, at: Instant, standing: Payment): SubscriptionFact {
  return { kind: 'payment_standing', at, customer_id, standing };
}

/** Moves the counts of owners and segments: by coming, by going, and by a hand-over, which is no loss (rule 7). */
function placementFacts(
  { id: customer_id, standing }: Customer,
  at: Instant,
  place: Place,
  life: Standing['life'],
): SubscriptionFact[] {
  const was = standing.life === 'active' ? standing.place : undefined;
  const is = life === 'active' ? place : undefined;
  if (was !== undefined && is !== undefined && isSamePlace(was, is)) return [];
  const kind = 'customer_placement';
  const facts: SubscriptionFact[] = [];
  if (was !== undefined) facts.push({ kind, at, customer_id, delta: -1, ...was });
  if (is !== undefined) facts.push({ kind, at, customer_id, delta: 1, ...is });
  return facts;
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.owner === other.owner && one.segment === other.segment && one.country === other.country;
}

/** The plan is the subscription's after the instant, not the one at the moment of the cause (rule 9). */
function contextOf({ place, subscriptions }: Customer, cause: Cause): Context {
  const subscription = valueOf(subscriptions, cause.subscription);
  return {
    plan_id: subscription?.terms?.plan_id ?? '',
    owner: place.owner,
    segment: place.segment,
    country: place.country,
    reason: cause.reason,
    event_id: cause.event_id,
  };
}
