/** Realistic customers: they try, subscribe, upgrade, pause, leave and come back; buy, abandon carts, ask, speak. */
import { entityKeyFields, isFamily } from '@tidemark/events/families';
import type { ContractEvent, Json } from '@tidemark/metrics/oracle/base.oracle';
import { permuted } from './delivery.ts';
import { type Draw, between, chance, pick, seeded } from './draw.ts';
import { answer, engage, costsAndReadings, refer } from './realistic-others.ts';
import type { Range } from './instants.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

type Fields = Readonly<Record<string, Json>>;
type Life = {
  readonly draw: Draw;
  readonly range: Range;
  readonly customer: string;
  readonly currency: string;
  readonly publish: (type: string, at: number, fields: Fields) => void;
};

/** A price in the currency's minor unit that is worth roughly so many dollars. */
function price(dollars: number, currency: string): number {
  if (currency === 'JPY') return dollars * 150;
  return currency === 'KWD' ? dollars * 300 : dollars * 100;
}

const plans = ['basic', 'pro', 'team'] as const;
const dollars = { basic: 29, pro: 59, team: 199 } as const;

function terms(
  { draw, customer, currency }: Life,
  subscription: string,
  plan: (typeof plans)[number],
): Fields {
  const yearly = chance(draw, 25);
  return {
    customer_id: customer,
    subscription_id: subscription,
    plan_id: plan,
    interval: yearly ? 'year' : 'month',
    unit_amount: price(dollars[plan], currency) * (yearly ? 10 : 1),
    quantity: plan === 'team' ? between(draw, 1, 30) : 1,
    currency,
  };
}

/** One subscription from its start to the end of the range, month by month. */
function subscribe(life: Life, subscription: string): void {
  const { draw, range, customer, publish } = life;
  const key = { customer_id: customer, subscription_id: subscription };
  const about = {
    owner: pick(draw, ['olga', 'otto', 'uma']),
    segment: pick(draw, ['smb', 'mid', 'enterprise']),
    country: pick(draw, ['DE', 'US', 'JP']),
  };
  let at = range.from + draw.below(Math.max(1, range.to - range.from));
  let now = terms(life, subscription, pick(draw, plans));
  const trial: Fields = chance(draw, 40) ? { trial_ends_at: at + 14 * day } : {};
  publish('subscription.started', at, { ...now, ...about, ...trial });
  while ((at += 30 * day) < range.to) {
    switch (
      pick(draw, [
        'renew',
        'renew',
        'renew',
        'renew',
        'change',
        'cancel',
        'pause',
        'switch',
        'hand over',
        'nothing',
      ])
    ) {
      case 'renew':
        publish('subscription.renewed', at, now);
        break;
      case 'change':
        now = terms(life, subscription, pick(draw, plans));
        publish('subscription.changed', at, chance(draw, 50) ? { ...now, effective_at: at + 10 * day } : now);
        break;
      case 'cancel':
        publish('subscription.canceled', at, {
          ...key,
          effective_at: at + 20 * day,
          reason: chance(draw, 30) ? 'involuntary' : 'voluntary',
        });
        if (chance(draw, 30)) publish('subscription.renewed', at + between(draw, 1, 19) * day, now);
        else if (chance(draw, 20)) publish('subscription.resumed', at + 40 * day, now);
        else return;
        break;
      case 'pause':
        publish('subscription.paused', at, key);
        publish('subscription.resumed', at + between(draw, 5, 25) * day, now);
        break;
      case 'switch':
        publish('subscription.canceled', at, { ...key, reason: 'voluntary' });
        return subscribeAgain(life, `${subscription}+`, at);
      case 'hand over':
        publish('subscription.renewed', at, { ...now, owner: pick(draw, ['olga', 'otto', 'uma']) });
        break;
      case 'nothing':
        break;
    }
  }
}

/** A plan switch as billing systems do it: one subscription ends and another begins in the same millisecond. */
function subscribeAgain(life: Life, subscription: string, at: number): void {
  life.publish('subscription.started', at, terms(life, subscription, 'pro'));
}

function shop(life: Life, name: string): void {
  const { draw, range, customer, currency, publish } = life;
  const about = { customer_id: customer, currency };
  let at = range.from + draw.below(range.to - range.from);
  const cart = `cart-${name}`;
  let value = price(between(draw, 5, 90), currency);
  publish('cart.created', at, { ...about, cart_id: cart, value });
  for (let items = draw.below(4); items > 0; items--) {
    at += chance(draw, 15) ? between(draw, 31, 300) * minute : between(draw, 1, 20) * minute;
    value += price(between(draw, 1, 40), currency);
    publish(chance(draw, 20) ? 'cart.item_removed' : 'cart.item_added', at, {
      ...about,
      cart_id: cart,
      value,
    });
  }
  if (chance(draw, 50)) return;
  at += chance(draw, 20) ? 2 * hour : 10 * minute;
  if (chance(draw, 40)) publish('cart.checked_out', at, { ...about, cart_id: cart, value });
  const kind = pick(draw, ['product', 'product', 'service', 'upsell', 'cross_sell', 'add_on', 'loyalty']);
  const sale = { ...about, purchase_id: `sale-${name}`, amount: value };
  publish('purchase.completed', at, { ...sale, kind, ...(chance(draw, 70) ? { cart_id: cart } : {}) });
  if (!chance(draw, 12)) return;
  const part = Math.ceil((value * between(draw, 20, 100)) / 100);
  publish('purchase.refunded', at + between(draw, 1, 30) * day, { ...sale, amount: part });
  if (chance(draw, 30)) publish('purchase.refunded', at + 31 * day, { ...sale, amount: part });
}

function contactSupport({ draw, range, customer, publish }: Life, name: string): void {
  let at = range.from + draw.below(range.to - range.from);
  const key = {
    case_id: `case-${name}`,
    customer_id: customer,
    channel: pick(draw, ['phone', 'email', 'email', 'chat', 'chatbot', 'social', 'in_app']),
  };
  publish('contact.opened', at, key);
  for (let messages = draw.below(4); messages > 0; messages--)
    publish('contact.message', (at += between(draw, 1, 600) * minute), {
      ...key,
      direction: chance(draw, 50) ? 'inbound' : 'outbound',
    });
  if (chance(draw, 10)) return;
  publish('contact.resolved', (at += between(draw, 1, 3000) * minute), key);
  if (!chance(draw, 15)) return;
  publish('contact.reopened', (at += between(draw, 1, 10) * day), key);
  if (chance(draw, 80)) publish('contact.resolved', at + between(draw, 1, 50) * hour, key);
}

function speak({ draw, range, customer, publish }: Life, name: string): void {
  const sentiment = pick(draw, ['positive', 'positive', 'neutral', 'negative', 'unknown']);
  publish('mention.observed', range.from + draw.below(range.to - range.from), {
    mention_id: `mention-${name}`,
    channel: pick(draw, ['x', 'linkedin', 'reddit', 'review', 'news']),
    sentiment,
    reach: draw.below(50_000),
    customer_id: customer,
    recommends: sentiment === 'positive' && chance(draw, 50),
  });
}

/** Publishers make mistakes: some events are voided, and half of these are published again with a new id. */
function corrected(draw: Draw, events: readonly ContractEvent[]): ContractEvent[] {
  return events.flatMap((event) => {
    if (!chance(draw, 1)) return [event];
    const family = event.type.slice(0, event.type.indexOf('.'));
    const key = isFamily(family) ? entityKeyFields[family] : '';
    const taken: ContractEvent = {
      event_id: `${event.event_id}-void`,
      type: `${family}.voided`,
      occurred_at: event.occurred_at,
      [key]: event[key] ?? '',
      voids: event.event_id,
    };
    return chance(draw, 50)
      ? [event, taken]
      : [event, taken, { ...event, event_id: `${event.event_id}-again` }];
  });
}

const currencies = ['USD', 'EUR', 'GBP', 'JPY', 'KWD'] as const;

/**
 * The events of some customers over a range of time, of every family, in the order of their time. Five currencies, JPY
 * and KWD among them; about seven in ten customers subscribe, some twice.
 */
export function realisticHistories(seed: number, customers: number, range: Range): ContractEvent[] {
  const draw = seeded(seed);
  const events: ContractEvent[] = [];
  const publish = (type: string, at: number, fields: Fields): void => {
    if (at <= range.to)
      events.push({ event_id: `${seed}-${events.length}`, type, occurred_at: at, ...fields });
  };
  for (let i = 0; i < customers; i++) {
    const life: Life = { draw, range, customer: `customer-${i}`, currency: pick(draw, currencies), publish };
    if (chance(draw, 70)) subscribe(life, `sub-${i}`);
    if (chance(draw, 10)) subscribe({ ...life, currency: 'USD' }, `sub-${i}-b`);
    for (let n = draw.below(5); n > 0; n--) shop(life, `${i}-${n}`);
    for (let n = draw.below(3); n > 0; n--) contactSupport(life, `${i}-${n}`);
    for (let n = draw.below(3); n > 0; n--) speak(life, `${i}-${n}`);
    answer(life, `${i}`);
    engage(life, `${i}`);
    refer(life, `${i}`);
  }
  costsAndReadings(draw, range, currencies, publish);
  const when = (event: ContractEvent): number => Number(event.occurred_at);
  return corrected(draw, permuted(draw, events)).toSorted((a, b) => when(a) - when(b));
}
