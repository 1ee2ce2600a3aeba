import { event, lines } from '../definition/history.fixtures.ts';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import type { SubscriptionFact } from './facts.ts';
import { defaultMetricSettings } from '../settings.ts';
import { recurringRevenue } from './index.ts';
import type { SubscriptionEvent } from './subscription.ts';

/** The definition with the contract's defaults. */
export const subscriptionDefinition = recurringRevenue(defaultMetricSettings);

/** What a test says of an event; `sub` and `customer` for the ids, `price` in whole units a month, times as `instant` reads them. */
type Given = Partial<
  Pick<
    SubscriptionEvent,
    | 'event_id'
    | 'sequence'
    | 'quantity'
    | 'discount_amount'
    | 'interval'
    | 'interval_count'
    | 'reason'
    | 'owner'
    | 'segment'
    | 'country'
    | 'currency'
    | 'unit_amount'
    | 'plan_id'
    | 'trial_ends_at'
    | 'effective_at'
  >
> & { readonly sub?: string; readonly customer?: string; readonly price?: number };

function subscriptionEvent(type: SubscriptionEvent['type'], terms: boolean) {
  return (
    time: string,
    { sub = 's1', customer = 'c1', price = 100, ...given }: Given = {},
  ): SubscriptionEvent =>
    event<SubscriptionEvent>(type, time, {
      customer_id: customer,
      subscription_id: sub,
      plan_id: terms ? 'basic' : null,
      interval: terms ? 'month' : null,
      interval_count: 1,
      unit_amount: terms ? price * 100 : null,
      quantity: 1,
      discount_amount: 0,
      currency: terms ? 'USD' : null,
      trial_ends_at: null,
      effective_at: null,
      reason: null,
      owner: null,
      segment: null,
      country: null,
      ...given,
    });
}

/** Makes a `subscription.started`. */
export const started = subscriptionEvent('subscription.started', true);
/** Makes a `subscription.changed`. */
export const changed = subscriptionEvent('subscription.changed', true);
/** Makes a `subscription.renewed`. */
export const renewed = subscriptionEvent('subscription.renewed', true);
/** Makes a `subscription.resumed`. */
export const resumed = subscriptionEvent('subscription.resumed', true);
/** Makes a `subscription.canceled`. */
export const canceled = subscriptionEvent('subscription.canceled', false);
/** Makes a `subscription.paused`. */
export const paused = subscriptionEvent('subscription.paused', false);
/** Makes a `subscription.past_due`. */
export const pastDue = subscriptionEvent('subscription.past_due', false);
/** Makes a `subscription.payment_recovered`. */
export const paymentRecovered = subscriptionEvent('subscription.payment_recovered', false);

/** Facts of one kind that are valid at `clock`, in order of time. */
export function kindOf<K extends SubscriptionFact['kind']>(
  kind: K,
  clock: string,
  ...events: readonly SubscriptionEvent[]
): readonly Extract<SubscriptionFact, { readonly kind: K }>[] {
  return factsOf(subscriptionDefinition, clock, ...events)
    .filter((fact) => fact.kind === kind)
    .map((fact) => fact as Extract<SubscriptionFact, { readonly kind: K }>)
    .toSorted((a, b) => a.at - b.at);
}

/** MRR movements that are valid at `clock`: time, movement and amount, with the currency where it is not USD. */
export function movements(clock: string, ...events: readonly SubscriptionEvent[]): readonly string[] {
  return lines(
    kindOf('mrr_movement', clock, ...events),
    ({ movement, amount, currency }) =>
      `${movement} ${signed(amount)}${currency === 'USD' ? '' : ` ${currency}`}`,
  );
}

/** Movements of customers that are valid at `clock`. */
export function customers(clock: string, ...events: readonly SubscriptionEvent[]): readonly string[] {
  return lines(kindOf('customer_movement', clock, ...events), ({ movement, reason }) =>
    reason === '' ? movement : `${movement} ${reason}`,
  );
}

/** Micros as a signed decimal of the major unit. */
export function signed(micros: bigint): string {
  const sign = micros < 0n ? '-' : '+';
  const magnitude = micros < 0n ? -micros : micros;
  const fraction = String(magnitude % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${sign}${magnitude / 1_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
