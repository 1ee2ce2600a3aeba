import { countries, minorPerEuro, segments, type Currency } from './catalog.ts';
import { between, exponential, fraction, happens, normal, pick, pickWeighted, poisson, type Weighted } from './chance.ts'; // prettier-ignore
import { speak } from './mentions.ts';
import type { DraftOf } from './posted-event.ts';
import { openCase } from './support.ts';
import { answerAfterPurchase, answerVisitor } from './surveys.ts';
import { day, hour, minute, newId, publish, type World } from './world.ts';

const source = 'shop';

/** What kind of sale something is. */
export type SaleKind = DraftOf<'purchase.completed'>['kind'];

const channels: Weighted<string> = [
  ['web', 58],
  ['app', 33],
  ['partner', 9],
];

const campaigns = ['spring', 'newsletter', 'search', 'friends'] as const;

/** A cart as it is being filled. */
type Cart = {
  readonly cart_id: string;
  readonly channel: string;
  readonly currency: Currency;
  readonly customer: string | null;
  value: number;
  items: number;
  /** Its last activity. */
  at: number;
};

/** A visitor fills a cart: buys, leaves, comes back hours later, or for good does not. */
export function visit(world: World, at: number): void {
  const { chance } = world;
  const { currency } = pickWeighted(chance, countries);
  const channel = pickWeighted(chance, channels);
  const visitor = newId(world, 'vis');
  const customer = happens(chance, 0.4) ? buyer(world) : null;
  const cart: Cart = { cart_id: newId(world, 'cart'), channel, currency, customer, value: 0, items: 0, at };
  const stayed = fill(world, cart);
  if (happens(chance, 0.3)) look(world, at, visitor, cart, stayed);
  if (happens(chance, 0.01)) answerVisitor(world, cart.at, visitor);

  const ready = happens(chance, 0.38);
  if (ready) step(world, cart, 'cart.checkout_started', between(chance, 20_000, 4 * minute));
  if (ready && happens(chance, 0.72)) return checkOut(world, cart, between(chance, 15_000, 6 * minute));
  const later = fraction(chance);
  if (later > 0.26) return;
  // A reminder, or second thoughts: half of those who come back buy.
  const away = 35 * minute + exponential(chance, 9 * hour);
  if (later > 0.06) add(world, cart, away);
  if (later < 0.13) checkOut(world, cart, later > 0.06 ? between(chance, minute, 9 * minute) : away);
}

function fill(world: World, cart: Cart): number {
  const { chance } = world;
  const begun = cart.at;
  const type = happens(chance, 0.88) ? 'cart.created' : 'cart.item_added';
  cart.value = itemPrice(world, cart.currency);
  cart.items = 1;
  step(world, cart, type, 0);
  for (let more = poisson(chance, 1.4); more > 0; more--)
    add(world, cart, 5_000 + exponential(chance, 100_000));
  if (cart.items > 1 && happens(chance, 0.18)) {
    cart.value -= Math.floor(cart.value / cart.items);
    cart.items -= 1;
    step(world, cart, 'cart.item_removed', 5_000 + exponential(chance, minute));
  }
  return cart.at - begun;
}

function add(world: World, cart: Cart, afterMs: number): void {
  cart.value += itemPrice(world, cart.currency);
  cart.items += 1;
  step(world, cart, 'cart.item_added', afterMs);
}

type CartStep = 'cart.created' | 'cart.item_added' | 'cart.item_removed' | 'cart.checkout_started';

function step(world: World, cart: Cart, type: CartStep | 'cart.checked_out', afterMs: number): void {
  cart.at += Math.floor(afterMs);
  const { cart_id, value, currency, items, channel, customer } = cart;
  const known = customer === null ? {} : { customer_id: customer };
  publish(world, { type, occurred_at: cart.at, source, cart_id, value, currency, items, channel, ...known });
}

function itemPrice(world: World, currency: Currency): number {
  const euros = Math.exp(3.1 + 0.8 * normal(world.chance));
  return Math.max(1, Math.round(euros * minorPerEuro[currency]));
}

/** One who bought before, more likely of late, or a new buyer. */
function buyer(world: World): string {
  const { chance, counts } = world;
  const buyers = counts['buy'] ?? 0;
  if (buyers < 20 || happens(chance, 0.45)) return newId(world, 'buy');
  const back = Math.min(buyers - 1, Math.floor(exponential(chance, buyers * 0.4)));
  return `buy_${(buyers - back).toString(36)}`;
}

/** The cart is bought: most shops publish the purchase alone, some the checkout as well, some only that. */
function checkOut(world: World, cart: Cart, afterMs: number): void {
  const { chance } = world;
  const how = fraction(chance);
  if (how < 0.3) step(world, cart, 'cart.checked_out', afterMs);
  else cart.at += Math.floor(afterMs);
  if (how < 0.08) return;
  const { cart_id, channel, currency, value, at } = cart;
  const customer = cart.customer ?? buyer(world);
  const kind = happens(chance, 0.9) ? 'product' : 'loyalty';
  const bought = buy(world, { at, customer, currency, amount: value, kind, cart_id, channel });
  if (happens(chance, 0.05)) {
    const mood = bought.refunded ? 0.3 : 0.6;
    const topic = bought.refunded ? 'return' : 'delivery';
    openCase(world, { at: at + Math.floor(exponential(chance, 30 * hour)), customer, mood, topic });
  }
  if (happens(chance, 0.02)) speak(world, at + Math.floor(exponential(chance, 2 * day)), 0.65, customer);
  if (happens(chance, 0.03)) answerAfterPurchase(world, at, bought.refunded ? 0.35 : 0.75, customer);
}

/** A sale, and what may follow: part or all of it given back, in one go or two. */
export function buy(
  world: World,
  sale: {
    readonly at: number;
    readonly customer: string;
    readonly currency: Currency;
    /** In the currency's minor unit. */
    readonly amount: number;
    readonly kind: SaleKind;
    readonly cart_id?: string;
    readonly channel?: string;
  },
): { readonly refunded: boolean } {
  const { chance } = world;
  const { at, customer: customer_id, currency, amount, kind, cart_id, channel } = sale;
  const purchase_id = newId(world, 'pur');
  publish(world, {
    type: 'purchase.completed',
    occurred_at: at,
    source,
    customer_id,
    purchase_id,
    amount,
    currency,
    kind,
    segment: pickWeighted(chance, segments),
    ...(cart_id === undefined ? {} : { cart_id }),
    ...(channel === undefined ? {} : { channel }),
    ...(happens(chance, 0.2) ? { campaign: pick(chance, campaigns) } : {}),
  });
  const refunded = happens(chance, 0.045);
  let left = refunded ? amount : 0;
  for (let time = at; left > 0; left = happens(chance, 0.1) ? left : 0) {
    time += day + Math.floor(exponential(chance, 5 * day));
    const back = happens(chance, 0.6) ? left : Math.ceil(left * (0.2 + 0.5 * fraction(chance)));
    left -= back;
    publish(world, {
      type: 'purchase.refunded',
      occurred_at: time,
      source,
      customer_id,
      purchase_id,
      amount: back,
      currency,
    });
  }
  return { refunded };
}

function look(world: World, at: number, visitor: string, cart: Cart, stayedMs: number): void {
  const { chance } = world;
  const pages = 2 + cart.items + poisson(chance, 3);
  publish(world, {
    type: 'engagement.recorded',
    occurred_at: at,
    source: 'web-analytics',
    engagement_id: newId(world, 'eng'),
    kind: 'visit',
    visitor_id: visitor,
    channel: cart.channel,
    duration_ms: stayedMs + between(chance, 10_000, 5 * minute),
    clicks: pages + poisson(chance, 6),
    page_views: pages,
    ...(cart.customer === null ? {} : { customer_id: cart.customer }),
  });
}
