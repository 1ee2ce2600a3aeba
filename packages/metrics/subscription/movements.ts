import { to, type Definition, type Instant, type Step, type Tick } from '../definition/definition.ts';
import { valueOf } from '../definition/layered-map.ts';
import type { MetricSettings } from '../settings.ts';
import { commitmentFacts } from './commitment.ts';
import { countSubscription, subscriptionCounters } from './counters.ts';
import {
  elapsed,
  heard,
  mrrIn,
  nextDue,
  noCauses,
  paymentOf,
  unknownCustomer,
  type Balance,
  type Cause,
  type Customer,
  type Payment,
  type Place,
  type CancellationChange,
  type Standing,
} from './customer.ts';
import { subscriptionFacts, type Movement, type SubscriptionFact } from './facts.ts';
import { pastDueFacts } from './past-due.ts';
import type { SubscriptionEvent } from './subscription.ts';

/** What recurring revenue takes from the operator. */
type RevenueSettings = Pick<MetricSettings, 'pastDueEndsAfterMs'>;

/**
 * Recurring revenue: what a customer's subscriptions are worth a month, net per customer, currency and instant, and the
 * coming and going of customers that follows from it (rule 4). What is past due of it (rule 57), and what
 * is about to move (rule 56).
 */
export const recurringRevenue = (
  settings: RevenueSettings,
): Definition<Customer, SubscriptionEvent, typeof subscriptionFacts> => ({
  name: 'recurring-revenue',
  version: `3 pastDueEndsAfterMs=${settings.pastDueEndsAfterMs ?? 'never'}`,
  form: 4,
  on: 'subscription',
  facts: subscriptionFacts,
  initial: unknownCustomer,
  due: (customer) => nextDue(customer)?.due.at,
  step: (customer, input) => step(customer, input, settings),
  settle,
  counters: subscriptionCounters,
  count: countSubscription,
});

function step(
  customer: Customer,
  input: SubscriptionEvent | Tick,
  { pastDueEndsAfterMs }: RevenueSettings,
): Step<Customer, SubscriptionFact> {
  if (input.type === 'tick') return to(elapsed(customer, input.at));
  const { customer: after, change } = heard(customer, input, pastDueEndsAfterMs);
  return change === undefined ? to(after) : to(after, cancellationFact(after, input, change));
}

/** Nets what happened within one instant: what moved, what is past due, what is pending. */
function settle(customer: Customer, at: Instant): Step<Customer, SubscriptionFact> {
  const { id, standing, dunning, commitments } = customer;
  const { pastDue, turns } = dunning;
  if (turns.length === 0 && pastDue === standing.pastDue && commitments === standing.commitments)
    return settleRevenue(customer, at);
  const settled = {
    ...customer,
    dunning: { pastDue, turns: [] },
    standing: { ...standing, pastDue, commitments },
  };
  const { state, facts } = settleRevenue(settled, at);
  return {
    state,
    facts: [
      ...facts,
      ...pastDueFacts(id, at, standing.pastDue, dunning),
      ...commitmentFacts(id, at, standing.commitments, commitments),
    ],
  };
}

/** A switch of plans is one expansion or contraction, not a loss and a gain. */
function settleRevenue(customer: Customer, at: Instant): Step<Customer, SubscriptionFact> {
  const { standing, place } = customer;
  if (customer.balances === standing.balances && place === standing.place) {
    // A cancellation scheduled or withdrawn moves nothing yet, but what to expect of the customer.
    const payment = paymentOf(customer, standing.life);
    if (payment === standing.payment) return to(customer);
    return to({ ...customer, standing: { ...standing, payment } }, paymentFact(customer, at, payment));
  }
  const balances = customer.balances.every(({ mrr }) => mrr > 0n)
    ? customer.balances
    : customer.balances.filter(({ mrr }) => mrr > 0n);
  const life = lifeAfter(standing, balances);
  const transition = transitionOf(standing.life, life);
  const facts: SubscriptionFact[] = [];
  let last: Cause | undefined;
  for (const cause of customer.causes) {
    const before = mrrIn(standing.balances, cause.currency);
    const after = mrrIn(balances, cause.currency);
    if (before === after) continue;
    if (last === undefined || last.order < cause.order) last = cause;
    const movement: Movement = transition ?? (after > before ? 'expansion' : 'contraction');
    facts.push({
      kind: 'mrr_movement',
      at,
      customer_id: customer.id,
      currency: cause.currency,
      movement,
      amount: after - before,
      customers: before === 0n ? 1 : after === 0n ? -1 : 0,
      ...contextOf(customer, cause),
      announced: movement === 'churn' && cause.announced,
    });
  }
  if (transition !== undefined && last !== undefined)
    facts.push({
      kind: 'customer_movement',
      at,
      customer_id: customer.id,
      movement: transition,
      ...contextOf(customer, last),
      announced: transition === 'churn' && last.announced,
    });
  pushPlacements(facts, customer, at, life);
  const payment = paymentOf(customer, life);
  if (payment !== standing.payment) facts.push(paymentFact(customer, at, payment));
  const settled = { ...standing, life, payment, place, balances };
  return { state: { ...customer, balances, causes: noCauses, standing: settled }, facts };
}

function lifeAfter(standing: Standing, balances: readonly Balance[]): Standing['life'] {
  if (balances.length > 0) return 'active';
  return standing.life === 'never' ? 'never' : 'lost';
}

/** The customer's transition, which names all movements of the instant (rule 4); `undefined` for none. */
function transitionOf(
  before: Standing['life'],
  after: Standing['life'],
): 'new' | 'reactivation' | 'churn' | undefined {
  if (before === after) return undefined;
  if (after === 'active') return before === 'never' ? 'new' : 'reactivation';
  return 'churn';
}

function paymentFact({ id: customer_id }: Customer, at: Instant, standing: Payment): SubscriptionFact {
  return { kind: 'payment_standing', at, customer_id, standing };
}

/** Moves the counts of owners and segments: by coming, by going, and by a hand-over, which is no loss (rule 7). */
function pushPlacements(
  facts: SubscriptionFact[],
  customer: Customer,
  at: Instant,
  life: Standing['life'],
): void {
  const { standing, place, id: customer_id } = customer;
  const was = standing.life === 'active' ? standing.place : undefined;
  const is = life === 'active' ? place : undefined;
  if (was !== undefined && is !== undefined && isSamePlace(was, is)) return;
  const kind = 'customer_placement';
  if (was !== undefined) facts.push({ kind, at, customer_id, delta: -1, ...was });
  if (is !== undefined) facts.push({ kind, at, customer_id, delta: 1, ...is });
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.owner === other.owner && one.segment === other.segment && one.country === other.country;
}

/** The plan is the subscription's after the instant, not the one at the moment of the cause (rule 9). */
function contextOf(
  customer: Customer,
  cause: Cause,
): Place & Pick<Cause, 'reason' | 'event_id'> & { plan_id: string } {
  const { place, subscriptions } = customer;
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

function cancellationFact(
  customer: Customer,
  event: SubscriptionEvent,
  { action, cancellation }: CancellationChange,
): SubscriptionFact {
  return {
    kind: 'cancellation',
    at: event.occurred_at,
    customer_id: event.customer_id,
    subscription_id: event.subscription_id,
    currency: cancellation.currency,
    action,
    amount: cancellation.mrr,
    plan_id: cancellation.plan_id,
    owner: customer.place.owner,
    segment: customer.place.segment,
    country: customer.place.country,
    reason: cancellation.reason,
    event_id: event.event_id,
  };
}
