import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import { to, type Definition, type Instant } from '../definition/definition.ts';
import { valueOf, withValue, type LayeredMap } from '../definition/layered-map.ts';

/** What the fold over a customer's purchases publishes. */
export const loyaltyFacts = {
  /** A purchase that follows another, when it was made. `number`: 2 for the customer's second purchase, and so on. */
  repeat_purchase: {
    customer_id: 'string',
    purchase_id: 'string',
    number: 'integer',
    first_at: 'instant',
    previous_at: 'instant',
  },
  /** A buyer who has not bought for the lapse time, at the instant it was over. */
  lapse: { customer_id: 'string', last_purchase_at: 'instant' },
} as const;

type Buying = {
  readonly customer_id: string;
  readonly counted: LayeredMap<true>;
  readonly number: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
};

type Buyer =
  | { readonly status: 'none' }
  | ({ readonly status: 'active' } & Buying)
  | ({ readonly status: 'lapsed' } & Buying);

/**
 * How often and how regularly a customer buys, all currencies together: repeat purchases, and the lapse `lapseMs`
 * after the last purchase unless something is bought up to and including that instant. Buying again undoes no lapse
 * (rule 16). The first purchase under a purchase_id counts (rule 24). Refunds change nothing.
 */
export const loyalty = (
  lapseMs: number,
): Definition<Buyer, PurchaseCompleted | PurchaseRefunded, typeof loyaltyFacts> => ({
  name: 'loyalty',
  version: `1 lapseMs=${lapseMs}`,
  on: 'purchase',
  facts: loyaltyFacts,
  initial: { status: 'none' },
  due: (buyer) => (buyer.status === 'active' ? buyer.lastAt + lapseMs : undefined),
  step(buyer, input) {
    switch (input.type) {
      case 'purchase.completed': {
        if (buyer.status === 'none') return to(firstOf(input));
        if (valueOf(buyer.counted, input.purchase_id)) return to(buyer);
        const { customer_id, purchase_id, occurred_at: at } = input;
        const { firstAt, lastAt } = buyer;
        const number = buyer.number + 1;
        const counted = withValue(buyer.counted, purchase_id, true);
        return to(
          { status: 'active', customer_id, counted, number, firstAt, lastAt: at },
          {
            kind: 'repeat_purchase',
            at,
            customer_id,
            purchase_id,
            number,
            first_at: firstAt,
            previous_at: lastAt,
          },
        );
      }
      case 'purchase.refunded':
        return to(buyer);
      case 'tick': {
        if (buyer.status !== 'active') return to(buyer);
        const { customer_id, lastAt } = buyer;
        return to(
          { ...buyer, status: 'lapsed' },
          { kind: 'lapse', at: input.at, customer_id, last_purchase_at: lastAt },
        );
      }
    }
  },
  counters: {},
  count: () => [],
});

function firstOf({ customer_id, purchase_id, occurred_at }: PurchaseCompleted): Buyer {
  const counted = withValue<true>([], purchase_id, true);
  return { status: 'active', customer_id, counted, number: 1, firstAt: occurred_at, lastAt: occurred_at };
}
