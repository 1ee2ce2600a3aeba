import type { CartEvent, CartVoided } from '@tidemark/events/types';
import { countBy, to, type Definition, type FactOf, type Instant } from '../definition/definition.ts';
import { microsOf } from '../definition/money.ts';

/** What the fold over a cart's history publishes. */
export const cartFacts = {
  /**
   * What became of a cart, when it happened. `outcome`: `created`, `abandoned`, `reopened`, and at the checkout
   * `recovered` when it was abandoned before, else `converted`. `value` is the cart's after the last event, in `currency`;
   * that of `reopened` is the value it had been abandoned with. The standing of the carts created in a period is the sum
   * of these by `created_at`. `channel` is that of the cart's first event, `''` when it had none.
   */
  cart_outcome: {
    cart_id: 'string',
    customer_id: 'string',
    channel: 'string',
    created_at: 'instant',
    outcome: 'string',
    currency: 'string',
    value: 'money',
  },
  /**
   * A cart counts (+1) or no longer counts (−1) for a customer as `open`, `abandoned` or `converted`. The customer is the
   * last one known of the cart (rule 59); a cart of nobody known has none of these.
   */
  shopper_cart: {
    cart_id: 'string',
    customer_id: 'string',
    created_at: 'instant',
    standing: 'string',
    delta: 'integer',
  },
} as const;

type CartFact = FactOf<typeof cartFacts>;
type OutcomeFact = Extract<CartFact, { readonly kind: 'cart_outcome' }>;

type LiveEvent = Exclude<CartEvent, CartVoided>;

type Outcome = 'created' | 'abandoned' | 'reopened' | 'converted' | 'recovered';

/** What is known of a cart that exists: whose it is, since when, and its value after the last event. */
type Content = {
  readonly cart_id: string;
  readonly customer_id: string;
  readonly channel: string;
  readonly createdAt: Instant;
  readonly currency: string;
  readonly value: bigint;
};

type Cart =
  | { readonly status: 'none' }
  | {
      readonly status: 'open';
      readonly content: Content;
      readonly quietAt: Instant;
      readonly checkout: 'converted' | 'recovered';
    }
  | { readonly status: 'abandoned'; readonly content: Content }
  | { readonly status: 'closed' };

/**
 * Cart outcomes: abandoned `quietMs` after the last activity unless checked out by then; recovered when checked out
 * after an abandonment. The first checkout closes the cart for good (rule 18).
 */
export const cartOutcomes = (quietMs: number): Definition<Cart, LiveEvent, typeof cartFacts> => ({
  name: 'cart-outcomes',
  version: `2 quietMs=${quietMs}`,
  on: 'cart',
  facts: cartFacts,
  initial: { status: 'none' },
  due: (cart) => (cart.status === 'open' ? cart.quietAt : undefined),
  ended: (cart) => cart.status !== 'open',
  step(cart, input) {
    if (cart.status === 'closed') return to(cart);
    if (input.type === 'tick') {
      if (cart.status !== 'open') return to(cart);
      const { content } = cart;
      return to(
        { status: 'abandoned', content },
        outcomeOf('abandoned', input.at, content),
        ...shopperFacts(cart, { standing: 'abandoned', content }, input.at),
      );
    }
    const content = contentAfter(cart, input);
    const checkout =
      cart.status === 'none' ? 'converted' : cart.status === 'open' ? cart.checkout : 'recovered';
    const given = beforeCheckout(cart, content, input.occurred_at);
    switch (input.type) {
      case 'cart.checked_out':
        return to(
          { status: 'closed' },
          ...given,
          outcomeOf(checkout, input.occurred_at, content),
          ...shopperFacts(cart, { standing: 'converted', content }, input.occurred_at),
        );
      case 'cart.created':
      case 'cart.item_added':
      case 'cart.item_removed':
      case 'cart.checkout_started':
        return to(
          { status: 'open', content, quietAt: input.occurred_at + quietMs, checkout },
          ...given,
          ...shopperFacts(cart, { standing: 'open', content }, input.occurred_at),
        );
    }
  },
  counters: {
    carts_created: countBy('channel'),
    carts_converted: countBy('channel'),
    carts_recovered: countBy('channel'),
    carts_abandoned: countBy('channel'),
  },
  count: (fact) =>
    fact.kind === 'cart_outcome'
      ? countersOf[fact.outcome as Outcome].map((name) => ({ series: [name, fact.channel], by: 1n }))
      : [],
});

/** A recovered cart is a converted one too. */
const countersOf: { readonly [outcome in Outcome]: readonly string[] } = {
  created: ['carts_created'],
  abandoned: ['carts_abandoned'],
  reopened: [],
  converted: ['carts_converted'],
  recovered: ['carts_converted', 'carts_recovered'],
};

/** The channel is that of the first event (rule 22); customer, currency and value are the last known. */
function contentAfter(cart: Exclude<Cart, { status: 'closed' }>, event: LiveEvent): Content {
  const currency = event.currency;
  const value = microsOf(event.value, currency);
  if (cart.status === 'none') {
    const { cart_id, customer_id, channel, occurred_at: createdAt } = event;
    return { cart_id, customer_id: customer_id ?? '', channel: channel ?? '', createdAt, currency, value };
  }
  return { ...cart.content, customer_id: event.customer_id ?? cart.content.customer_id, currency, value };
}

/** The outcomes that any event brings, whatever its type: the first creates the cart, one after abandonment reopens it. */
function beforeCheckout(cart: Cart, content: Content, at: Instant): OutcomeFact[] {
  switch (cart.status) {
    case 'none':
      return [outcomeOf('created', at, content)];
    case 'abandoned':
      return [outcomeOf('reopened', at, cart.content)];
    case 'open':
    case 'closed':
      return [];
  }
}

function outcomeOf(outcome: Outcome, at: Instant, content: Content): OutcomeFact {
  const { cart_id, customer_id, channel, createdAt: created_at, currency, value } = content;
  return { kind: 'cart_outcome', at, cart_id, customer_id, channel, created_at, outcome, currency, value };
}

/** What a cart becomes for its customer, and what it was for the customer known before. */
function shopperFacts(
  before: Exclude<Cart, { status: 'closed' }>,
  after: { readonly standing: 'open' | 'abandoned' | 'converted'; readonly content: Content },
  at: Instant,
): CartFact[] {
  const was = before.status === 'none' ? undefined : before;
  const isSame = was?.status === after.standing && was.content.customer_id === after.content.customer_id;
  if (isSame) return [];
  const facts: CartFact[] = [];
  const count = (
    standing: string,
    { cart_id, customer_id, createdAt: created_at }: Content,
    delta: number,
  ): void => {
    if (customer_id === '') return;
    facts.push({ kind: 'shopper_cart', at, cart_id, customer_id, created_at, standing, delta });
  };
  if (was !== undefined) count(was.status, was.content, -1);
  count(after.standing, after.content, 1);
  return facts;
}
