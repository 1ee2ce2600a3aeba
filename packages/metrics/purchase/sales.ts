import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import {
  countBy,
  moneyBy,
  to,
  type Definition,
  type FactOf,
  type Instant,
  type Step,
} from '../definition/definition.ts';
import { microsOf } from '../definition/money.ts';
import { valueOf, withValue, type LayeredMap } from '../definition/layered-map.ts';

/** What the fold over a customer's purchases publishes. */
export const salesFacts = {
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

type SalesFact = FactOf<typeof salesFacts>;

/** Of a purchase, no more than its refunds need: a customer may have a hundred thousand. */
type Sold = Pick<
  SalesFact & { kind: 'sale' },
  'currency' | 'purchase_kind' | 'channel' | 'campaign' | 'segment'
>;

/** Of a refund, no more than its purchase needs when it comes later. */
type Refund = Pick<PurchaseRefunded, 'customer_id' | 'purchase_id' | 'event_id' | 'currency' | 'amount'>;

/** What is known under one purchase_id: a purchase with what is left of it, or refunds that wait for theirs. */
type Purchase =
  | { readonly status: 'sold'; readonly sold: Sold; readonly left: bigint }
  | { readonly status: 'awaited'; readonly refunds: readonly Refund[] };

type Customer = {
  readonly situation: 'stranger' | 'buyer';
  readonly purchases: LayeredMap<Purchase>;
};

type SalesStep = Step<Customer, SalesFact>;

/**
 * Sales and refunds of a customer. The first purchase under a purchase_id counts (rule 24); refunds count up to what is
 * left of it, in its currency, never before it (rule 14). The customer's first purchase ever is marked (rule 15).
 */
export const sales: Definition<Customer, PurchaseCompleted | PurchaseRefunded, typeof salesFacts> = {
  name: 'sales',
  version: '1',
  on: 'purchase',
  facts: salesFacts,
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
    purchases: countBy('currency'),
    revenue: moneyBy(),
    refunds: moneyBy(),
    first_time_buyers: countBy('currency'),
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

function completed(customer: Customer, event: PurchaseCompleted): SalesStep {
  const known = valueOf(customer.purchases, event.purchase_id);
  if (known?.status === 'sold') return to(customer);
  const amount = microsOf(event.amount, event.currency);
  const sold: Sold = {
    currency: event.currency,
    purchase_kind: event.kind,
    channel: event.channel ?? '',
    campaign: event.campaign ?? '',
    segment: event.segment ?? '',
  };
  const given: SalesFact[] = [saleOf(event, sold, amount, customer.situation === 'stranger')];
  let left = amount;
  for (const refund of known?.refunds ?? []) {
    const fact = refundOf(sold, left, refund, event.occurred_at);
    if (fact === undefined) continue;
    left -= fact.amount;
    given.push(fact);
  }
  const purchases = withValue(customer.purchases, event.purchase_id, { status: 'sold', sold, left });
  return { state: { situation: 'buyer', purchases }, facts: given };
}

function refunded(customer: Customer, refund: PurchaseRefunded): SalesStep {
  const { purchases } = customer;
  const known = valueOf(purchases, refund.purchase_id);
  if (known?.status !== 'sold') {
    const { customer_id, purchase_id, event_id, currency, amount } = refund;
    const waiting = { customer_id, purchase_id, event_id, currency, amount };
    const refunds = [...(known?.refunds ?? []), waiting];
    const awaited = withValue(purchases, refund.purchase_id, { status: 'awaited', refunds });
    return to({ ...customer, purchases: awaited });
  }
  const fact = refundOf(known.sold, known.left, refund, refund.occurred_at);
  if (fact === undefined) return to(customer);
  const left = known.left - fact.amount;
  return to({ ...customer, purchases: withValue(purchases, refund.purchase_id, { ...known, left }) }, fact);
}

function saleOf(event: PurchaseCompleted, sold: Sold, amount: bigint, isFirst: boolean): SalesFact {
  return {
    kind: 'sale',
    at: event.occurred_at,
    customer_id: event.customer_id,
    purchase_id: event.purchase_id,
    event_id: event.event_id,
    ...sold,
    amount,
    first_purchase: isFirst,
  };
}

/** The part of a refund that counts (rule 14); `undefined` when none of it does. */
function refundOf(
  sold: Sold,
  left: bigint,
  { customer_id, purchase_id, event_id, currency, amount: asked }: Refund,
  at: Instant,
): SalesFact | undefined {
  if (currency !== sold.currency) return undefined;
  const askedMicros = microsOf(asked, currency);
  const amount = askedMicros < left ? askedMicros : left;
  if (amount === 0n) return undefined;
  return { kind: 'refund', at, customer_id, purchase_id, event_id, ...sold, amount };
}
