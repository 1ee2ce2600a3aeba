import type { FactKinds, FactOf } from '../definition/definition.ts';

/** Customer's attributes after the instant's events, and what caused the fact; unknown is `''`. */
const context = {
  plan_id: 'string',
  owner: 'string',
  segment: 'string',
  country: 'string',
  reason: 'string',
  event_id: 'string',
} as const;

/** What the fold over a customer's subscriptions publishes. */
export const subscriptionFacts = {
  /**
   * Net change of a customer's MRR in a currency at one instant: `amount` signed, `movement` new, expansion,
   * contraction, churn or reactivation; `customers` +1 when the customer becomes active in the currency, −1 when no longer.
   * `announced` is true of churn whose cancellation was published a day or more before (rule 65).
   */
  mrr_movement: {
    customer_id: 'string',
    currency: 'string',
    movement: 'string',
    amount: 'money',
    customers: 'integer',
    ...context,
    announced: 'flag',
  },
  /**
   * A customer comes (`new`), comes back (`reactivation`) or is lost (`churn`): once an instant, whatever the currencies.
   * `announced` is true of a loss whose cancellation was published a day or more before (rule 65).
   */
  customer_movement: { customer_id: 'string', movement: 'string', ...context, announced: 'flag' },
  /** An active customer is counted (+1) or no longer counted (−1) under an owner, segment and country; a hand-over is both. */
  customer_placement: {
    customer_id: 'string',
    delta: 'integer',
    owner: 'string',
    segment: 'string',
    country: 'string',
  },
  /**
   * A customer's cancellation `scheduled` or withdrawn (`taken_back`), at the time of the event: once an instant, currency and
   * reason, however many subscriptions. `amount` is the MRR it is about; the subscription, the plan and the event are the last.
   */
  cancellation: {
    customer_id: 'string',
    subscription_id: 'string',
    currency: 'string',
    action: 'string',
    amount: 'money',
    ...context,
  },
  /**
   * How sure the customer's payments are from now on: `in_force`, `canceling` while a cancellation is pending, `lost`; `''`
   * for one that never paid and has no subscription in force. The last one holds.
   */
  payment_standing: { customer_id: 'string', standing: 'string' },
  /**
   * What an instant made of a customer's past due subscriptions in a currency: how many `entered`, `recovered` and `ended`,
   * and by how much their number and their MRR (`amount`) changed. `customers` is +1 with the first, −1 without the last;
   * `any_currency` the same over all currencies.
   */
  past_due: {
    customer_id: 'string',
    currency: 'string',
    entered: 'integer',
    recovered: 'integer',
    ended: 'integer',
    subscriptions: 'integer',
    customers: 'integer',
    any_currency: 'integer',
    amount: 'money',
  },
  /**
   * By how much an instant changed what is pending of a customer's MRR in a currency: MRR in force whose cancellation is
   * pending, and what the last pending changes of the other subscriptions will add to their MRR.
   */
  commitment: {
    customer_id: 'string',
    currency: 'string',
    pending_churn: 'money',
    pending_change: 'money',
  },
} as const satisfies FactKinds;

/** A fact of the family subscription, of any kind. */
export type SubscriptionFact = FactOf<typeof subscriptionFacts>;

/** What a fact says of the customer and of its cause. */
export type Context = { readonly [Field in keyof typeof context]: string };

/** What a movement is called (rule 4). */
export type Movement = 'new' | 'expansion' | 'contraction' | 'churn' | 'reactivation';
