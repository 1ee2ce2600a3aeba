import type { Event } from '@tidemark/events/types';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The size of a workload, its seed, and its times. */
export type WorkloadOptions = {
  readonly events: number;
  readonly customers: number;
  readonly seed: number;
  /** Event time of the first event and between two events, milliseconds. */
  readonly from: number;
  readonly stepMs: number;
};

const repeatShare = 0.01;
const outOfOrderShare = 0.02;
/** Events an out-of-order one is delayed by, in arrival. */
const delayedBy = 500;

/**
 * The benchmark's events in order of arrival: 20 % subscription, 20 % purchase, 30 % cart, 20 % contact, 10 % mention;
 * 1 % repeats, 2 % out of order.
 */
export function* workload(options: WorkloadOptions): Generator<Event> {
  const next = random(options.seed);
  const delayed: { readonly event: Event; readonly index: number }[] = [];
  let last: Event | undefined;
  for (let index = 0; index < options.events; index++) {
    const due = delayed[0];
    if (due !== undefined && due.index <= index) {
      delayed.shift();
      yield due.event;
      continue;
    }
    if (last !== undefined && next() < repeatShare) {
      yield last;
      continue;
    }
    const event = make(index, options, next);
    if (next() < outOfOrderShare) delayed.push({ event, index: index + delayedBy });
    else yield (last = event);
  }
  for (const { event } of delayed) yield event;
}

type Draw = () => number;

function make(index: number, { from, stepMs, customers }: WorkloadOptions, next: Draw): Event {
  const at = from + Math.floor(index * stepMs);
  const envelope = { event_id: `b-${index}`, occurred_at: at, source: 'bench', sequence: 0, voids: null };
  const customer_id = `customer-${Math.floor(next() * customers)}`;
  const share = next();
  if (share < 0.2) return subscription(envelope, customer_id, next);
  if (share < 0.4) return purchase(envelope, customer_id, index, next);
  // Some five events a cart and four a case, close in time.
  if (share < 0.7) return cart(envelope, `cart-${Math.floor(index / 15 - next() * 20)}`, customer_id, next);
  if (share < 0.9)
    return contact(envelope, `case-${Math.floor(index / 20 - next() * 50)}`, customer_id, next);
  return {
    ...envelope,
    type: 'mention.observed',
    mention_id: `mention-${index}`,
    channel: pick(['x', 'reddit', 'news', 'review'], next),
    sentiment: pick(['positive', 'neutral', 'negative'], next),
    reach: Math.floor(next() * 10_000),
    recommends: null,
    topic: null,
    customer_id: null,
  } as Event;
}

type Envelope = { readonly event_id: string; readonly occurred_at: number };

function subscription(envelope: Envelope, customer_id: string, next: Draw): Event {
  const share = next();
  const verb = share < 0.4 ? 'started' : share < 0.7 ? 'changed' : share < 0.9 ? 'renewed' : 'canceled';
  const terms = {
    plan_id: pick(['basic', 'team', 'business'], next),
    interval: pick(['month', 'year'], next),
    unit_amount: 900 + Math.floor(next() * 20_000),
    quantity: 1 + Math.floor(next() * 20),
    currency: 'USD',
  };
  return {
    ...envelope,
    type: `subscription.${verb}`,
    customer_id,
    subscription_id: `${customer_id}-main`,
    interval_count: 1,
    discount_amount: 0,
    trial_ends_at: null,
    effective_at: null,
    reason: verb === 'canceled' ? 'voluntary' : null,
    owner: null,
    segment: pick(['small', 'middle', 'large'], next),
    country: 'DE',
    ...(verb === 'canceled'
      ? { plan_id: null, interval: null, unit_amount: null, quantity: 1, currency: null }
      : terms),
  } as Event;
}

function purchase(envelope: Envelope, customer_id: string, index: number, next: Draw): Event {
  return {
    ...envelope,
    type: 'purchase.completed',
    customer_id,
    purchase_id: `purchase-${index}`,
    amount: 500 + Math.floor(next() * 50_000),
    currency: pick(['USD', 'EUR'], next),
    kind: pick(['product', 'service', 'upsell'], next),
    cart_id: null,
    channel: 'web',
    campaign: null,
    segment: null,
  } as Event;
}

function cart(envelope: Envelope, cart_id: string, customer_id: string, next: Draw): Event {
  return {
    ...envelope,
    type: pick(
      ['cart.created', 'cart.item_added', 'cart.item_added', 'cart.item_removed', 'cart.checked_out'],
      next,
    ),
    cart_id,
    customer_id,
    value: Math.floor(next() * 30_000),
    currency: 'USD',
    items: 3,
    channel: 'web',
    derived_from: null,
  } as Event;
}

function contact(envelope: Envelope, case_id: string, customer_id: string, next: Draw): Event {
  const type = pick(['contact.opened', 'contact.message', 'contact.message', 'contact.resolved'], next);
  return {
    ...envelope,
    type,
    case_id,
    customer_id,
    channel: pick(['phone', 'email', 'chat'], next),
    topic: null,
    agent: null,
    direction: type === 'contact.message' ? pick(['inbound', 'outbound'], next) : null,
  } as Event;
}

function pick<const T>(values: readonly T[], next: Draw): T {
  return values[Math.floor(next() * values.length)]!;
}
