import { to, type Definition, type Instant, type Step } from '../definition/definition.ts';
import type { RevenueSettings } from './balances.ts';
import { cancellationFacts, noChanges } from './cancellations.ts';
import { commitmentFacts } from './commitment.ts';
import { countSubscription, subscriptionCounters } from './counters.ts';
import { elapsed, heard, nextDue, unknownCustomer, type Customer } from './customer.ts';
import { subscriptionFacts, type SubscriptionFact } from './facts.ts';
import { pastDueFacts } from './past-due.ts';
import { settleRevenue } from './revenue.ts';
import type { SubscriptionEvent } from './subscription.ts';

/**
 * Recurring revenue: what a customer's subscriptions are worth a month, net per customer, currency and instant, and the
 * coming and going of customers that follows from it (rule 4). What is past due of it (rule 57), and what
 * is about to move (rule 56).
 */
export const recurringRevenue = (
  settings: RevenueSettings,
): Definition<Customer, SubscriptionEvent, typeof subscriptionFacts> => ({
  name: 'recurring-revenue',
  version: versionOf(settings),
  form: 5,
  on: 'subscription',
  facts: subscriptionFacts,
  initial: unknownCustomer,
  due: nextDue,
  step: (customer, input) =>
    to(input.type === 'tick' ? elapsed(customer, input.at, settings) : heard(customer, input, settings)),
  settle: (customer, at) => settle(customer, at, settings),
  counters: subscriptionCounters,
  count: countSubscription,
});

function versionOf({ pastDueEndsAfterMs, pauseCountsAs, replacementWindowMs }: RevenueSettings): string {
  const pastDueEnds = `pastDueEndsAfterMs=${pastDueEndsAfterMs ?? 'never'}`;
  return `4 ${pastDueEnds} pauseCountsAs=${pauseCountsAs} replacementWindowMs=${replacementWindowMs}`;
}

/** Nets what happened within one instant: what moved, what was canceled, what is past due, what is pending. */
function settle(
  customer: Customer,
  at: Instant,
  settings: RevenueSettings,
): Step<Customer, SubscriptionFact> {
  const { id, place, standing, changes, dunning, commitments } = customer;
  const { pastDue, turns } = dunning;
  const isQuiet = turns.length === 0 && pastDue === standing.pastDue && commitments === standing.commitments;
  if (isQuiet && changes.length === 0) return settleRevenue(customer, at, settings);
  const settled = {
    ...customer,
    changes: noChanges,
    dunning: { pastDue, turns: [] },
    standing: { ...standing, pastDue, commitments },
  };
  const { state, facts } = settleRevenue(settled, at, settings);
  return {
    state,
    facts: [
      ...cancellationFacts(id, at, place, changes),
      ...facts,
      ...pastDueFacts(id, at, standing.pastDue, dunning),
      ...commitmentFacts(id, at, standing.commitments, commitments),
    ],
  };
}
