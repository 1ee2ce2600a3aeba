import { countBy, moneyBy, type CounterChange } from '../definition/definition.ts';
import type { SubscriptionFact } from './facts.ts';

/**
 * Live series over the subscription facts. Money is in micros. Summed over all buckets `mrr`, `paying_customers` and
 * `customers` are the standing now; the rest is read by period. What is lost is counted as a positive number, with `announced` `yes` or `no` (rule 65).
 */
export const subscriptionCounters = {
  mrr: moneyBy(),
  mrr_moved: moneyBy('movement'),
  paying_customers: countBy('currency'),
  customers: countBy(),
  customers_moved: countBy('movement'),
  customers_lost: countBy('announced', 'reason'),
  customers_lost_by_segment: countBy('announced', 'segment'),
  customers_lost_by_owner: countBy('announced', 'owner'),
  customers_lost_by_country: countBy('announced', 'country'),
  customers_lost_by_plan: countBy('announced', 'plan'),
  mrr_lost: moneyBy('announced', 'reason'),
  mrr_lost_by_segment: moneyBy('announced', 'segment'),
  mrr_lost_by_owner: moneyBy('announced', 'owner'),
  mrr_lost_by_country: moneyBy('announced', 'country'),
  mrr_lost_by_plan: moneyBy('announced', 'plan'),
  cancellations_scheduled: countBy('reason'),
  cancellations_scheduled_by_segment: countBy('segment'),
  cancellations_taken_back: countBy('reason'),
  mrr_cancellations_scheduled: moneyBy('reason'),
  mrr_cancellations_scheduled_by_segment: moneyBy('segment'),
  mrr_cancellations_taken_back: moneyBy('reason'),
};

type FactOfKind<K extends SubscriptionFact['kind']> = Extract<SubscriptionFact, { readonly kind: K }>;

const none: readonly CounterChange[] = [];

/** What a fact adds to the live series. */
export function countSubscription(fact: SubscriptionFact): readonly CounterChange[] {
  switch (fact.kind) {
    case 'mrr_movement':
      return countMrr(fact);
    case 'customer_movement':
      return countCustomer(fact);
    case 'cancellation':
      return countCancellation(fact);
    case 'customer_placement':
    case 'payment_standing':
    case 'past_due':
    case 'commitment':
      return none;
  }
}

function countMrr(fact: FactOfKind<'mrr_movement'>): readonly CounterChange[] {
  const { currency, amount } = fact;
  const changes: CounterChange[] = [
    { series: ['mrr', currency], by: amount },
    { series: ['mrr_moved', currency, fact.movement], by: amount },
  ];
  if (fact.customers !== 0)
    changes.push({ series: ['paying_customers', currency], by: BigInt(fact.customers) });
  const announced = fact.announced ? 'yes' : 'no';
  if (fact.movement === 'churn')
    changes.push(
      { series: ['mrr_lost', currency, announced, fact.reason], by: -amount },
      { series: ['mrr_lost_by_segment', currency, announced, fact.segment], by: -amount },
      { series: ['mrr_lost_by_owner', currency, announced, fact.owner], by: -amount },
      { series: ['mrr_lost_by_country', currency, announced, fact.country], by: -amount },
      { series: ['mrr_lost_by_plan', currency, announced, fact.plan_id], by: -amount },
    );
  return changes;
}

function countCustomer(fact: FactOfKind<'customer_movement'>): readonly CounterChange[] {
  const moved: CounterChange = { series: ['customers_moved', fact.movement], by: 1n };
  if (fact.movement !== 'churn') return [{ series: ['customers'], by: 1n }, moved];
  const announced = fact.announced ? 'yes' : 'no';
  return [
    { series: ['customers'], by: -1n },
    moved,
    { series: ['customers_lost', announced, fact.reason], by: 1n },
    { series: ['customers_lost_by_segment', announced, fact.segment], by: 1n },
    { series: ['customers_lost_by_owner', announced, fact.owner], by: 1n },
    { series: ['customers_lost_by_country', announced, fact.country], by: 1n },
    { series: ['customers_lost_by_plan', announced, fact.plan_id], by: 1n },
  ];
}

function countCancellation(fact: FactOfKind<'cancellation'>): readonly CounterChange[] {
  const { currency, reason, amount } = fact;
  if (fact.action === 'taken_back')
    return [
      { series: ['cancellations_taken_back', reason], by: 1n },
      { series: ['mrr_cancellations_taken_back', currency, reason], by: amount },
    ];
  return [
    { series: ['cancellations_scheduled', reason], by: 1n },
    { series: ['cancellations_scheduled_by_segment', fact.segment], by: 1n },
    { series: ['mrr_cancellations_scheduled', currency, reason], by: amount },
    { series: ['mrr_cancellations_scheduled_by_segment', currency, fact.segment], by: amount },
  ];
}
