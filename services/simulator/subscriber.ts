import { addOn, plans, priceIn, type Currency, type PlanId, type Segment } from './catalog.ts';

/** Where a contract stands. `owing`: in force, the last payment failed. `ending`: canceled, its paid period runs. */
export type Standing = 'trial' | 'paying' | 'owing' | 'ending' | 'paused' | 'lost';

/** A customer with a contract, or who had one not long ago. Instants are milliseconds; 0 for none. */
export type Subscriber = {
  readonly customer: string;
  subscription: string;
  standing: Standing;
  plan: PlanId;
  seats: number;
  /** Taken off an interval's price, in percent. */
  discountPercent: number;
  /** The flat additional subscription, if there is one. */
  addOn: string | null;
  readonly currency: Currency;
  readonly country: string;
  readonly segment: Segment;
  owner: string | null;
  /** How content the customer is by nature, and now: 0 to 1. */
  readonly disposition: number;
  mood: number;
  /** When the paid period or the trial ends. */
  paidUntil: number;
  /** What the standing waits for: the end of the contract, the next attempt to charge, the end of the pause, the loss. */
  changesAt: number;
};

/** The terms of a subscriber's main contract as events carry them. */
export function terms(subscriber: Subscriber): {
  readonly customer_id: string;
  readonly subscription_id: string;
  readonly plan_id: string;
  readonly interval: 'week' | 'month' | 'year';
  readonly unit_amount: number;
  readonly quantity: number;
  readonly discount_amount: number;
  readonly currency: string;
} {
  const plan = plans[subscriber.plan];
  const unit_amount = priceIn(subscriber.currency, plan.euros);
  return {
    customer_id: subscriber.customer,
    subscription_id: subscriber.subscription,
    plan_id: plan.id,
    interval: plan.interval,
    unit_amount,
    quantity: subscriber.seats,
    discount_amount: Math.floor((unit_amount * subscriber.seats * subscriber.discountPercent) / 100),
    currency: subscriber.currency,
  };
}

/** The terms of the additional subscription, which is monthly and flat. */
export function addOnTerms(
  subscriber: Subscriber,
  subscription_id: string,
): {
  readonly customer_id: string;
  readonly subscription_id: string;
  readonly plan_id: string;
  readonly interval: 'month';
  readonly unit_amount: number;
  readonly currency: string;
} {
  const { customer, currency } = subscriber;
  const unit_amount = priceIn(currency, addOn.euros);
  return {
    customer_id: customer,
    subscription_id,
    plan_id: addOn.id,
    interval: 'month',
    unit_amount,
    currency,
  };
}

/** The end of a period of the plan that begins at `from`: the same day of the next month or year, at most the 28th. */
export function periodEnd(plan: PlanId, from: number): number {
  const { interval } = plans[plan];
  const date = new Date(from);
  if (interval === 'week') return from + 7 * 86_400_000;
  date.setUTCDate(Math.min(28, date.getUTCDate()));
  if (interval === 'month') date.setUTCMonth(date.getUTCMonth() + 1);
  else date.setUTCFullYear(date.getUTCFullYear() + 1);
  return date.getTime();
}
