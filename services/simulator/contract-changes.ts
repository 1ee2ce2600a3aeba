import { downgrades, plans, upgrades } from './catalog.ts';
import { between, fraction, happens } from './chance.ts';
import { change, lose, ownerOf, sayCancel, source } from './contract-events.ts';
import { instantOfDay } from './rhythm.ts';
import { addOnTerms, periodEnd, terms, type Subscriber } from './subscriber.ts';
import { day, minute, newId, publish, type World } from './world.ts';

/** Lets a paying customer cancel, change seats, upgrade, pause or stay, on the day that begins at `midnight` (epoch ms). */
export function considerChange(world: World, subscriber: Subscriber, midnight: number): void {
  const { mood, plan } = subscriber;
  const { seats, interval } = plans[plan];
  const unhappiness = Math.exp(4.5 * (0.6 - mood));
  let left = fraction(world.chance);
  const falls = (probability: number): boolean => (left -= probability) < 0;
  const at = instantOfDay(world.chance, 'office', midnight);
  if (falls(0.0007 * unhappiness * (interval === 'year' ? 0.5 : 1))) return cancel(world, subscriber, at);
  if (seats && falls(0.006)) return changeSeats(world, subscriber, at);
  if (falls(0.002 * mood)) return upgrade(world, subscriber, at);
  if (falls(0.0005 * unhappiness)) return downgrade(world, subscriber, at);
  if (falls(0.0003)) return pause(world, subscriber, at);
  if (falls(0.0001)) return mistake(world, subscriber, at);
  if (falls(0.001)) return changeAddOn(world, subscriber, at);
  if (subscriber.owner !== null && falls(0.001)) handOver(world, subscriber, at);
}

function cancel(world: World, subscriber: Subscriber, at: number): void {
  // Most let the paid period run out; some end it there and then.
  if (happens(world.chance, 0.12)) {
    sayCancel(world, subscriber, at, 'voluntary', 0);
    return lose(subscriber, at);
  }
  sayCancel(world, subscriber, at, 'voluntary', subscriber.paidUntil);
  subscriber.standing = 'ending';
  subscriber.changesAt = subscriber.paidUntil;
}

function changeSeats(world: World, subscriber: Subscriber, at: number): void {
  const { chance } = world;
  const step = Math.max(1, Math.round(subscriber.seats * 0.3 * fraction(chance)));
  const more = happens(chance, 0.45 + 0.35 * subscriber.mood);
  subscriber.seats = Math.max(1, subscriber.seats + (more ? step : -step));
  change(world, subscriber, at);
}

function upgrade(world: World, subscriber: Subscriber, at: number): void {
  const larger = upgrades[subscriber.plan];
  if (larger === undefined) return;
  const { customer: customer_id, subscription: subscription_id } = subscriber;
  const toYear = plans[larger].interval !== plans[subscriber.plan].interval;
  subscriber.plan = larger;
  if (toYear) subscriber.paidUntil = periodEnd(larger, at);
  if (!happens(world.chance, 0.25)) return void change(world, subscriber, at);
  // Some billing systems end one subscription and start another in the same millisecond.
  publish(world, { type: 'subscription.canceled', occurred_at: at, source, customer_id, subscription_id });
  subscriber.subscription = newId(world, 'sub');
  publish(world, {
    type: 'subscription.started',
    occurred_at: at,
    sequence: 1,
    source,
    ...terms(subscriber),
  });
}

function downgrade(world: World, subscriber: Subscriber, at: number): void {
  const smaller = downgrades[subscriber.plan];
  if (smaller === undefined) return;
  subscriber.plan = smaller;
  if (!plans[smaller].seats) subscriber.seats = 1;
  change(world, subscriber, at, subscriber.paidUntil);
}

function pause(world: World, subscriber: Subscriber, at: number): void {
  const { customer: customer_id, subscription: subscription_id } = subscriber;
  subscriber.standing = 'paused';
  subscriber.changesAt = at + between(world.chance, 14, 75) * day;
  publish(world, { type: 'subscription.paused', occurred_at: at, source, customer_id, subscription_id });
}

function mistake(world: World, subscriber: Subscriber, at: number): void {
  const { seats } = subscriber;
  subscriber.seats = seats * 10;
  const voids = change(world, subscriber, at);
  subscriber.seats = seats;
  const occurred_at = at + between(world.chance, 5, 55) * minute;
  publish(world, {
    type: 'subscription.voided',
    occurred_at,
    source,
    customer_id: subscriber.customer,
    voids,
  });
}

function changeAddOn(world: World, subscriber: Subscriber, at: number): void {
  const { customer: customer_id } = subscriber;
  if (subscriber.addOn === null) {
    subscriber.addOn = newId(world, 'sub');
    const more = addOnTerms(subscriber, subscriber.addOn);
    publish(world, { type: 'subscription.started', occurred_at: at, source, ...more });
    return;
  }
  const subscription_id = subscriber.addOn;
  subscriber.addOn = null;
  const type = 'subscription.canceled';
  publish(world, { type, occurred_at: at, source, customer_id, subscription_id, reason: 'voluntary' });
}

function handOver(world: World, subscriber: Subscriber, at: number): void {
  subscriber.owner = ownerOf(world, subscriber.segment);
  const owner = subscriber.owner === null ? {} : { owner: subscriber.owner };
  publish(world, { type: 'subscription.changed', occurred_at: at, source, ...terms(subscriber), ...owner });
}
