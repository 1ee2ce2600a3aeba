import { owners, type Segment } from './catalog.ts';
import { fraction } from './chance.ts';
import { periodEnd, terms, type Subscriber } from './subscriber.ts';
import { publish, type World } from './world.ts';

/** The system that publishes contracts. */
export const source = 'billing';

/** A contract begins, with all that is known of the customer. */
export function start(
  world: World,
  subscriber: Subscriber,
  at: number,
  more: { trial_ends_at?: number },
): void {
  const { segment, country, owner } = subscriber;
  publish(world, {
    type: 'subscription.started',
    occurred_at: at,
    source,
    ...terms(subscriber),
    segment,
    country,
    ...(owner === null ? {} : { owner }),
    ...more,
  });
}

/** The period is paid, and the next one begins. */
export function renew(world: World, subscriber: Subscriber, at: number): void {
  subscriber.standing = 'paying';
  subscriber.paidUntil = periodEnd(subscriber.plan, Math.max(at, subscriber.paidUntil));
  subscriber.changesAt = 0;
  publish(world, { type: 'subscription.renewed', occurred_at: at, source, ...terms(subscriber) });
}

/** The terms as they are now, from `at` or, where it is later, from `effectiveAt`. Returns the event's id. */
export function change(world: World, subscriber: Subscriber, at: number, effectiveAt = 0): string {
  const effective = effectiveAt > at ? { effective_at: effectiveAt } : {};
  const type = 'subscription.changed';
  return publish(world, { type, occurred_at: at, source, ...terms(subscriber), ...effective });
}

/** A payment failed, or was made good. */
export function sayPayment(
  world: World,
  { customer: customer_id, subscription: subscription_id }: Subscriber,
  type: 'subscription.past_due' | 'subscription.payment_recovered',
  occurred_at: number,
): void {
  publish(world, { type, occurred_at, source, customer_id, subscription_id });
}

/** The contract, and the additional one, end: at once, or where it is later at `effectiveAt`. */
export function sayCancel(
  world: World,
  subscriber: Subscriber,
  at: number,
  reason: 'voluntary' | 'involuntary',
  effectiveAt: number,
): void {
  const { customer: customer_id, subscription, addOn } = subscriber;
  for (const subscription_id of addOn === null ? [subscription] : [subscription, addOn]) {
    const effective = effectiveAt > at ? { effective_at: effectiveAt } : {};
    publish(world, {
      type: 'subscription.canceled',
      occurred_at: at,
      source,
      customer_id,
      subscription_id,
      reason,
      ...effective,
    });
  }
}

/** The contract is over. */
export function lose(subscriber: Subscriber, at: number): void {
  subscriber.standing = 'lost';
  subscriber.changesAt = at;
  subscriber.addOn = null;
}

/** An account manager for a customer of a segment; consumers have none. */
export function ownerOf(world: World, segment: Segment): string | null {
  const names = owners[segment];
  return names[Math.floor(fraction(world.chance) * names.length)] ?? null;
}
