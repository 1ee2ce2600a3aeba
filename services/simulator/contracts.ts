import { countries, firstPlans, firstSeats, plans, segments } from './catalog.ts';
import { between, fraction, happens, normal, pickWeighted, poisson } from './chance.ts';
import { considerChange } from './contract-changes.ts';
import { lose, ownerOf, renew, sayCancel, sayPayment, source, start } from './contract-events.ts';
import { dayBusyness, instantOfDay } from './rhythm.ts';
import { addOnTerms, periodEnd, terms, type Subscriber } from './subscriber.ts';
import { day, growth, hour, newId, publish, type World } from './world.ts';

/**
 * Lives one day of all contracts and publishes what happens: changes, renewals, losses, sign-ups.
 *
 * @param midnight The day’s begin, in milliseconds since the epoch.
 */
export function liveContracts(world: World, midnight: number): void {
  for (const subscriber of world.subscribers) {
    drift(world, subscriber);
    liveContract(world, subscriber, midnight);
  }
  // Whoever left half a year ago does not come back.
  world.subscribers = world.subscribers.filter(
    ({ standing, changesAt }) => standing !== 'lost' || changesAt > midnight - 180 * day,
  );
  signUps(world, midnight);
}

function drift(world: World, subscriber: Subscriber): void {
  const { mood, disposition } = subscriber;
  const drifted = mood + 0.04 * (disposition - mood) + 0.025 * normal(world.chance);
  subscriber.mood = Math.min(1, Math.max(0, drifted));
}

function liveContract(world: World, subscriber: Subscriber, midnight: number): void {
  const due = subscriber.changesAt < midnight + day;
  switch (subscriber.standing) {
    case 'trial':
      return liveTrial(world, subscriber, midnight);
    case 'paying':
      return subscriber.paidUntil < midnight + day
        ? charge(world, subscriber, subscriber.paidUntil)
        : considerChange(world, subscriber, midnight);
    case 'owing':
      return due ? chargeAgain(world, subscriber) : undefined;
    case 'ending':
      if (due) return lose(subscriber, subscriber.changesAt);
      return happens(world.chance, 0.009) ? stay(world, subscriber, midnight) : undefined;
    case 'paused':
      return due ? endPause(world, subscriber) : undefined;
    case 'lost':
      return happens(world.chance, 0.0022) ? comeBack(world, subscriber, midnight) : undefined;
  }
}

function signUps(world: World, midnight: number): void {
  const { customers } = world.settings;
  const target = customers * growth(world.settings, midnight + day);
  const grown = target - customers * growth(world.settings, midnight);
  const present = world.subscribers.filter(
    ({ standing }) => standing !== 'lost' && standing !== 'trial',
  ).length;
  // The business finds as many as it loses (0.14 % a day) and needs to grow; three of four who try stay.
  const wanted = (grown + present * 0.0014 + 0.04 * (target - present)) / 0.75;
  const count = poisson(world.chance, Math.max(0, wanted * dayBusyness('office', midnight)));
  for (let index = 0; index < count; index++) signUp(world, instantOfDay(world.chance, 'office', midnight));
}

function signUp(world: World, at: number): void {
  const { chance } = world;
  const segment = pickWeighted(chance, segments);
  const { country, currency } = pickWeighted(chance, countries);
  const plan = pickWeighted(chance, firstPlans[segment]);
  const [least, most] = firstSeats[segment];
  const trialDays = happens(chance, 0.7) ? plans[plan].trialDays : 0;
  // Most are content; one in seven never will be.
  const disposition = happens(chance, 0.14) ? 0.1 + 0.3 * fraction(chance) : 0.55 + 0.4 * fraction(chance);
  const subscriber: Subscriber = {
    customer: newId(world, 'cus'),
    subscription: newId(world, 'sub'),
    standing: trialDays > 0 ? 'trial' : 'paying',
    plan,
    seats: plans[plan].seats ? between(chance, least, most) : 1,
    discountPercent: happens(chance, 0.12) ? 10 : 0,
    addOn: null,
    currency,
    country,
    segment,
    owner: ownerOf(world, segment),
    disposition,
    mood: disposition,
    paidUntil: trialDays > 0 ? at + trialDays * day : periodEnd(plan, at),
    changesAt: 0,
  };
  world.subscribers.push(subscriber);
  const trial = trialDays > 0 ? { trial_ends_at: subscriber.paidUntil } : {};
  start(world, subscriber, at, trial);
  const invitation = happens(chance, 0.15) ? world.invitations.shift() : undefined;
  if (invitation === undefined) return;
  publish(world, {
    type: 'referral.converted',
    occurred_at: at + 2_000,
    source: 'growth',
    referral_id: invitation.referral,
    referrer_customer_id: invitation.referrer,
    referred_customer_id: subscriber.customer,
  });
}

function liveTrial(world: World, subscriber: Subscriber, midnight: number): void {
  const { paidUntil, mood, plan } = subscriber;
  if (paidUntil < midnight + day) {
    // A trial that was canceled ends without anybody having paid.
    if (subscriber.changesAt > 0) return lose(subscriber, paidUntil);
    subscriber.standing = 'paying';
    subscriber.paidUntil = periodEnd(plan, paidUntil);
    return;
  }
  if (subscriber.changesAt > 0 || !happens(world.chance, 0.028 * (1.4 - mood))) return;
  subscriber.changesAt = paidUntil;
  const at = instantOfDay(world.chance, 'office', midnight);
  sayCancel(world, subscriber, at, 'voluntary', paidUntil);
}

function charge(world: World, subscriber: Subscriber, at: number): void {
  if (happens(world.chance, 0.022)) {
    subscriber.standing = 'owing';
    subscriber.changesAt = at + between(world.chance, 5, 12) * day;
    sayPayment(world, subscriber, 'subscription.past_due', at);
    return;
  }
  renew(world, subscriber, at);
}

function chargeAgain(world: World, subscriber: Subscriber): void {
  const at = subscriber.changesAt;
  if (happens(world.chance, 0.55)) {
    // Some billing systems publish the payment, others the renewal alone.
    if (happens(world.chance, 0.5)) sayPayment(world, subscriber, 'subscription.payment_recovered', at);
    return renew(world, subscriber, at);
  }
  sayCancel(world, subscriber, at, 'involuntary', 0);
  lose(subscriber, at);
}

function stay(world: World, subscriber: Subscriber, midnight: number): void {
  const at = Math.min(instantOfDay(world.chance, 'office', midnight), subscriber.changesAt - hour);
  if (at < midnight) return;
  subscriber.mood = Math.max(subscriber.mood, 0.6);
  if (happens(world.chance, 0.5)) subscriber.discountPercent = 20;
  subscriber.standing = 'paying';
  subscriber.changesAt = 0;
  publish(world, { type: 'subscription.renewed', occurred_at: at, source, ...terms(subscriber) });
  if (subscriber.addOn === null) return;
  const more = addOnTerms(subscriber, subscriber.addOn);
  publish(world, { type: 'subscription.renewed', occurred_at: at, source, ...more });
}

function endPause(world: World, subscriber: Subscriber): void {
  const at = subscriber.changesAt;
  if (happens(world.chance, 0.25)) {
    sayCancel(world, subscriber, at, 'voluntary', 0);
    return lose(subscriber, at);
  }
  subscriber.standing = 'paying';
  subscriber.changesAt = 0;
  subscriber.paidUntil = periodEnd(subscriber.plan, at);
  publish(world, { type: 'subscription.resumed', occurred_at: at, source, ...terms(subscriber) });
}

function comeBack(world: World, subscriber: Subscriber, midnight: number): void {
  // On the very day of leaving nobody returns.
  if (subscriber.changesAt >= midnight) return;
  const at = instantOfDay(world.chance, 'office', midnight);
  subscriber.mood = Math.max(0.6, subscriber.disposition);
  subscriber.standing = 'paying';
  subscriber.changesAt = 0;
  subscriber.paidUntil = periodEnd(subscriber.plan, at);
  if (happens(world.chance, 0.4)) {
    publish(world, { type: 'subscription.resumed', occurred_at: at, source, ...terms(subscriber) });
    return;
  }
  subscriber.subscription = newId(world, 'sub');
  start(world, subscriber, at, {});
}
