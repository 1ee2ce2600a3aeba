import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import { to, type Definition, type FactOf, type Instant, type Step } from '../definition/definition.ts';
import { microsOf } from '../definition/money.ts';
import { valueOf, withValue, type LayeredMap } from '../definition/layered-map.ts';

const facts = {
  /** A purchase, when it was made. `first_purchase`: the customer's first ever, in any currency and kind. */
  sale: {
    customer_id: 'string',
    purchase_id: 'string',
    event_id: 'string',
    currency: 'string',
    purchase_kind: 'string',
    channel: 'string',
    campaign: 'string',
    segment: 'string',
    amount: 'money',
    first_purchase: 'flag',
  },
  /** What was given back of a purchase, at the refund or at the purchase, whichever is later; the purchase's attributes. */
  refund: {
    customer_id: 'string',
    purchase_id: 'string',
    event_id: 'string',
    currency: 'string',
    purchase_kind: 'string',
    channel: 'string',
    campaign: 'string',
    segment: 'string',
    amount: 'money',
  },
} as const;

type SalesFact = FactOf<typeof facts>;

/** What is known under one purchase_id: a purchase with what is left of it, or refunds that wait for theirs. */
type Purchase =
  | { readonly status: 'sold'; readonly sold: PurchaseCompleted; readonly left: bigint }
  | { readonly status: 'awaited'; readonly refunds: readonly PurchaseRefunded[] };

type Customer = {
  readonly situation: 'stranger' | 'buyer';
  readonly purchases: LayeredMap<Purchase>;
};

type SalesStep = Step<Customer, SalesFact>;

/**
 * Sales and refunds of a customer. The first purchase under a purchase_id counts (rule 24); refunds count up to what is
 * left of it, in its currency, never before it (rule 14). The customer's first purchase ever is marked (rule 15).
 */
export const sales: Definition<Customer, PurchaseCompleted | PurchaseRefunded, typeof facts> = {
  name: 'sales',
  version: '1',
  on: 'purchase',
  facts,
  initial: { situation: 'stranger', purchases: [] },
  due: () => undefined,
  step(customer, input) {
    switch (input.type) {
      case 'purchase.completed':
        return completed(customer, input);
      case 'purchase.refunded':
        return refunded(customer, input);
      case 'tick':
        return to(customer);
    }
  },
  counters: {
    purchases: ['currency'],
    revenue: ['currency'],
    refunds: ['currency'],
    first_time_buyers: ['currency'],
  },
  count(fact) {
    switch (fact.kind) {
      case 'sale': {
        const sale = [
          { series: ['purchases', fact.currency], by: 1n },
          { series: ['revenue', fact.currency], by: fact.amount },
        ] as const;
        if (!fact.first_purchase) return sale;
        return [...sale, { series: ['first_time_buyers', fact.currency], by: 1n }];
      }
      case 'refund':
        return [{ series: ['refunds', fact.currency], by: fact.amount }];
    }
  },
};

function completed(customer: Customer, sold: PurchaseCompleted): SalesStep {
  const known = valueOf(customer.purchases, sold.purchase_id);
  if (known?.status === 'sold') return to(customer);
  const amount = microsOf(sold.amount, sold.currency);
  const given: SalesFact[] = [saleOf(sold, amount, customer.situation === 'stranger')];
  let left = amount;
  for (const refund of known?.refunds ?? []) {
    const fact = refundOf(sold, left, refund, sold.occurred_at);
    if (fact === undefined) continue;
    left -= fact.amount;
    given.push(fact);
  }
  const purchases = withValue(customer.purchases, sold.purchase_id, { status: 'sold', sold, left });
  return { state: { situation: 'buyer', purchases }, facts: given };
}

function refunded(customer: Customer, refund: PurchaseRefunded): SalesStep {
  const { purchases } = customer;
  const known = valueOf(purchases, refund.purchase_id);
  if (known?.status !== 'sold') {
    const refunds = [...(known?.refunds ?? []), refund];
    const awaited = withValue(purchases, refund.purchase_id, { status: 'awaited', refunds });
    return to({ ...customer, purchases: awaited });
  }
  const fact = refundOf(known.sold, known.left, refund, refund.occurred_at);
  if (fact === undefined) return to(customer);
  const left = known.left - fact.amount;
  return to({ ...customer, purchases: withValue(purchases, refund.purchase_id, { ...known, left }) }, fact);
}

function saleOf(sold: PurchaseCompleted, amount: bigint, isFirst: boolean): SalesFact {
  return {
    kind: 'sale',
    at: sold.occurred_at,
    customer_id: sold.customer_id,
    purchase_id: sold.purchase_id,
    event_id: sold.event_id,
    currency: sold.currency,
    purchase_kind: sold.kind,
    channel: sold.channel ?? '',
    campaign: sold.campaign ?? '',
    segment: sold.segment ?? '',
    amount,
    first_purchase: isFirst,
  };
}

/** The part of a refund that counts (rule 14); `undefined` when none of it does. */
function refundOf(
  sold: PurchaseCompleted,
  left: bigint,
  refund: PurchaseRefunded,
  at: Instant,
): SalesFact | undefined {
  if (refund.currency !== sold.currency) return undefined;
  const asked = microsOf(refund.amount, refund.currency);
  const amount = asked < left ? asked : left;
  if (amount === 0n) return undefined;
  return {
    kind: 'refund',
    at,
    customer_id: sold.customer_id,
    purchase_id: sold.purchase_id,
    event_id: refund.event_id,
    currency: sold.currency,
    purchase_kind: sold.kind,
    channel: sold.channel ?? '',
    campaign: sold.campaign ?? '',
    segment: sold.segment ?? '',
    amount,
  };
}
