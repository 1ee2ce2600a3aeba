/** Random events of the five main families. */
import type { Json } from '@tidemark/metrics/oracle/base.oracle';
import { type Draw, maybe, pick } from './draw.ts';
import { type Range, instantIn, written } from './instants.ts';

/** The fields of one event, `type` among them; absent ones are undefined. */
export type Fields = Readonly<Record<string, Json | undefined>>;
/** Generates events of a family, and names the field of its entity key. */
export type EventGenerator = {
  readonly key: string;
  readonly generate: (draw: Draw, range: Range) => Fields;
};

/** One of few customers. */
export const customer = (draw: Draw): string => pick(draw, ['ann', 'bob', 'Åse']);
/** One of few currencies, dollars most. */
export const currency = (draw: Draw): string => pick(draw, ['USD', 'USD', 'EUR', 'JPY', 'KWD']);
const amount = (draw: Draw): number =>
  pick(draw, [5900, 1, 2999, 120_000, 7, 0, 999_999_999, 1_000_000_000_000_000]);
/** A segment, or none. */
export const segment = (draw: Draw): string | undefined =>
  maybe(draw, 20, () => pick(draw, ['smb', 'enterprise']));

function subscription(draw: Draw, range: Range): Fields {
  const type = pick(draw, [
    'started',
    'changed',
    'canceled',
    'renewed',
    'paused',
    'resumed',
    'canceled',
    'started',
  ]);
  const instant = (): string | number => written(draw, instantIn(draw, range));
  const bare = type === 'canceled' || type === 'paused';
  const terms = (): Fields => ({
    plan_id: pick(draw, ['basic', 'pro', 'team']),
    interval: pick(draw, ['month', 'year', 'week', 'day']),
    unit_amount: amount(draw),
    currency: currency(draw),
    interval_count: maybe(draw, 20, () => pick(draw, [1, 3, 7])),
    quantity: maybe(draw, 30, () => pick(draw, [1, 3, 0, 1_000_000_000])),
    discount_amount: maybe(draw, 20, () => amount(draw)),
    trial_ends_at: maybe(draw, 20, instant),
  });
  return {
    type: `subscription.${type}`,
    customer_id: customer(draw),
    subscription_id: pick(draw, ['s1', 's2', 's3']),
    ...(bare ? {} : terms()),
    effective_at: maybe(draw, type === 'changed' || bare ? 60 : 5, instant),
    reason: maybe(draw, type === 'canceled' ? 70 : 5, () => pick(draw, ['voluntary', 'involuntary'])),
    owner: maybe(draw, 15, () => pick(draw, ['olga', 'otto'])),
    segment: segment(draw),
    country: maybe(draw, 15, () => pick(draw, ['DE', 'JP', null])),
  };
}

function purchase(draw: Draw): Fields {
  const type = pick(draw, ['completed', 'completed', 'refunded']);
  const sale = (): Fields => ({
    kind: pick(draw, ['product', 'service', 'upsell', 'cross_sell', 'add_on', 'loyalty']),
    cart_id: maybe(draw, 50, () => pick(draw, ['k1', 'k2', 'k3'])),
    channel: maybe(draw, 20, () => 'web'),
    segment: segment(draw),
  });
  return {
    type: `purchase.${type}`,
    customer_id: customer(draw),
    purchase_id: pick(draw, ['p1', 'p2', 'p3', 'p4']),
    amount: amount(draw),
    currency: pick(draw, ['USD', 'USD', 'JPY', 'KWD']),
    ...(type === 'completed' ? sale() : {}),
  };
}

const cart = (draw: Draw): Fields => ({
  type: `cart.${pick(draw, ['created', 'item_added', 'item_removed', 'checkout_started', 'checked_out'])}`,
  cart_id: pick(draw, ['k1', 'k2', 'k3']),
  value: amount(draw),
  currency: pick(draw, ['USD', 'USD', 'USD', 'JPY', 'KWD']),
  customer_id: maybe(draw, 50, () => customer(draw)),
  channel: maybe(draw, 30, () => 'web'),
  items: maybe(draw, 30, () => draw.below(9)),
});

const contact = (draw: Draw): Fields => ({
  ...pick<Fields>(draw, [
    { type: 'contact.opened' },
    { type: 'contact.message', direction: 'inbound' },
    { type: 'contact.message', direction: 'outbound' },
    { type: 'contact.resolved' },
    { type: 'contact.resolved' },
    { type: 'contact.reopened' },
  ]),
  case_id: pick(draw, ['c1', 'c2', 'c3']),
  channel: pick(draw, ['chat', 'phone', 'email', 'in_person']),
  customer_id: maybe(draw, 50, () => customer(draw)),
});

const mention = (draw: Draw): Fields => ({
  type: 'mention.observed',
  mention_id: pick(draw, ['m1', 'm2', 'm3', 'm4', 'm5']),
  channel: pick(draw, ['x', 'news', 'review']),
  sentiment: maybe(draw, 80, () => pick(draw, ['positive', 'neutral', 'negative', 'unknown'])),
  reach: maybe(draw, 60, () => pick(draw, [0, 10, 4_000_000])),
  recommends: maybe(draw, 30, () => pick(draw, [true, false])),
});

/** The five main families. */
export const mainFamilies = {
  subscription: { key: 'customer_id', generate: subscription },
  purchase: { key: 'customer_id', generate: purchase },
  cart: { key: 'cart_id', generate: cart },
  contact: { key: 'case_id', generate: contact },
  mention: { key: 'mention_id', generate: mention },
} as const satisfies Record<string, EventGenerator>;
