/** Few customers, few things, few instants: histories in which every rule is met, most of them at once. */
import fc from 'fast-check';
import type { ContractEvent, Json } from '../../oracle/base.ts';
import { type Draw, chance, listed, maybe, pick, seeded } from './draw.ts';
import { type Range, instantIn, written } from './instants.ts';

type Fields = Readonly<Record<string, Json | undefined>>;
type Story = { readonly key: string; readonly tell: (draw: Draw, range: Range) => Fields };

const customer = (draw: Draw): string => pick(draw, ['ann', 'bob', 'Åse']);
const currency = (draw: Draw): string => pick(draw, ['USD', 'USD', 'EUR', 'JPY', 'KWD']);
const amount = (draw: Draw): number => pick(draw, [5900, 1, 2999, 120_000, 7, 0, 999_999_999]);
const segment = (draw: Draw): string | undefined => maybe(draw, 20, () => pick(draw, ['smb', 'enterprise']));

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

const stories = {
  subscription: { key: 'customer_id', tell: subscription },
  purchase: { key: 'customer_id', tell: purchase },
  cart: { key: 'cart_id', tell: cart },
  contact: { key: 'case_id', tell: contact },
  mention: { key: 'mention_id', tell: mention },
} as const satisfies Record<string, Story>;

/** The families that nasty histories exist for. */
export type StoryFamily = keyof typeof stories;

/** An id no other event of the history has; where it sorts depends on code points, not on UTF-16 units. */
const eventId = (draw: Draw, place: number): string => `${pick(draw, ['e', 'Z', '｡', '😀', '~'])}${place}`;

/** Absent fields are left out, as a publisher would. */
function plain(fields: Fields): Record<string, Json> {
  const told: Record<string, Json> = {};
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) told[field] = value;
  return told;
}

function eventOf(
  draw: Draw,
  range: Range,
  place: number,
  families: readonly [StoryFamily, ...StoryFamily[]],
): ContractEvent {
  const family = pick(draw, families);
  const { type = '', ...fields } = stories[family].tell(draw, range);
  return {
    event_id: eventId(draw, place),
    type: String(type),
    occurred_at: written(draw, instantIn(draw, range)),
    ...plain({ sequence: maybe(draw, 20, () => draw.below(3)), ...fields }),
  };
}

/** Turns some events into voids of others: of theirs, of strangers', of other voids, of what never came. */
function withVoids(events: readonly ContractEvent[], draws: readonly Draw[]): ContractEvent[] {
  return events.map((event, i) => {
    const draw = draws[i];
    const target = draw && chance(draw, 12) ? events[draw.below(events.length)] : undefined;
    if (!draw || !target) return event;
    const family = target.type.slice(0, target.type.indexOf('.')) as StoryFamily;
    const { key } = stories[family];
    const stray = chance(draw, 10);
    return {
      event_id: event.event_id,
      type: `${family}.voided`,
      occurred_at: event.occurred_at,
      [key]: target[key] ?? '',
      voids: stray ? 'never published' : target.event_id,
    };
  });
}

function historyOf(
  draws: readonly Draw[],
  range: Range,
  families: readonly [StoryFamily, ...StoryFamily[]],
): ContractEvent[] {
  const events = draws.map((draw, place) => eventOf(draw, range, place, families));
  return withVoids(events, draws);
}

/** A nasty history of some length from a seed, of one family or several mixed. */
export function nastyHistory(
  seed: number,
  length: number,
  range: Range,
  ...families: readonly [StoryFamily, ...StoryFamily[]]
): ContractEvent[] {
  const draw = seeded(seed);
  return historyOf(
    Array.from({ length }, () => draw),
    range,
    families,
  );
}

/** Nasty histories that shrink: to fewer events, plainer fields and earlier choices. */
export const nasty = (
  range: Range,
  lengthMax: number,
  ...families: readonly [StoryFamily, ...StoryFamily[]]
): fc.Arbitrary<ContractEvent[]> =>
  fc
    .array(fc.array(fc.nat({ max: 0xffff }), { maxLength: 32, size: 'max' }), {
      maxLength: lengthMax,
      size: 'max',
    })
    .map((numbers) => historyOf(numbers.map(listed), range, families));
