import {
  nothing,
  objectIn,
  objectsIn,
  textIn,
  timeOf,
  unreadable,
  type Json,
  type Translated,
} from '../translated.ts';
import { customerIn, eventOf, itemsIn, moneyIn, type Money } from './objects.ts';

type Order = {
  readonly id: string;
  readonly customer: string;
  /** The checkout that it came from; orders of the admin have none. */
  readonly checkout: string | undefined;
  readonly createdAt: number;
  /** What the customer pays, in the currency of the payment. */
  readonly total: Money;
  readonly channel: string | undefined;
};

const paid: ReadonlySet<string> = new Set(['paid', 'partially_refunded', 'refunded']);

/** Reads an order and translates it; one of a test gives nothing. */
function ofOrder(given: Json, translate: (order: Order) => Translated): Translated {
  const [id, createdAt] = [textIn(given['id']), timeOf(given['created_at'])];
  const paidIn = objectIn(objectIn(given['total_price_set'])?.['presentment_money']);
  const total =
    moneyIn(paidIn?.['amount'], paidIn?.['currency_code']) ??
    moneyIn(given['total_price'], given['currency']);
  if (id === undefined || createdAt === undefined || total === undefined)
    return unreadable('An order of Shopify has "id", "created_at", "total_price" and "currency".');
  if (given['test'] === true) return nothing('test_order');
  return translate({
    id,
    customer: customerIn(given) ?? `guest:${id}`,
    checkout: textIn(given['checkout_token']),
    createdAt,
    total,
    channel: textIn(given['source_name']),
  });
}

/** An order checks its checkout out, paid or not. */
export function createdOrderEvents(given: Json): Translated {
  return ofOrder(given, ({ id, customer, checkout, createdAt, total, channel }) => {
    if (checkout === undefined) return nothing('order_without_checkout');
    const event = eventOf('cart.checked_out', createdAt, `order:${id}:created`, {
      cart_id: checkout,
      customer_id: customer,
      value: total.amount,
      currency: total.currency,
      items: itemsIn(given),
      channel,
    });
    return { events: [event], passedOver: [] };
  });
}

/**
 * A paid order is a purchase, at the time of the order. An order that is edited may be paid again: of one order the first
 * in order counts (rule 24), and the time of the version in its id makes that the earliest.
 */
export function paidOrderEvents(given: Json): Translated {
  return ofOrder(given, ({ id, customer, checkout, createdAt, total, channel }) => {
    const updatedAt = timeOf(given['updated_at']);
    if (updatedAt === undefined) return unreadable('An order of Shopify has "updated_at".');
    if (!paid.has(textIn(given['financial_status']) ?? '')) return nothing('order_not_paid');
    const version = `${new Date(updatedAt).toISOString()}:${total.amount}`;
    const at = timeOf(given['processed_at']) ?? createdAt;
    const purchase = eventOf('purchase.completed', at, `order:${id}:paid:${version}`, {
      customer_id: customer,
      purchase_id: id,
      ...total,
      kind: 'product',
      cart_id: checkout,
      channel,
    });
    return { events: [purchase], passedOver: [] };
  });
}

/** What was given back of an order: each payment back by itself, since a refund may have several, at different times. */
export function refundEvents(given: Json): Translated {
  return ofOrder(given, ({ id, customer }) => {
    const back = objectsIn(given['refunds'])
      .flatMap((refund) => objectsIn(refund['transactions']))
      .filter(({ kind, status }) => kind === 'refund' && status === 'success');
    if (back.length === 0) return nothing('order_without_refund');
    const events = back.map((transaction) => refunded(id, customer, transaction));
    return events.includes(undefined)
      ? unreadable('A refund of Shopify has transactions with "id", "amount", "currency" and "created_at".')
      : { events: events as readonly Json[], passedOver: [] };
  });
}

function refunded(order: string, customer: string, transaction: Json): Json | undefined {
  const id = textIn(transaction['id']);
  const money = moneyIn(transaction['amount'], transaction['currency']);
  const at = timeOf(transaction['created_at']);
  if (id === undefined || money === undefined || at === undefined) return undefined;
  return eventOf('purchase.refunded', at, `transaction:${id}`, {
    customer_id: customer,
    purchase_id: order,
    ...money,
  });
}
