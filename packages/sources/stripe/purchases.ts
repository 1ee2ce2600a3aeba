import {
  integerIn,
  nothing,
  objectIn,
  textIn,
  unreadable,
  type Json,
  type Translated,
} from '../translated.ts';
import { minorOf } from './amounts.ts';
import { currencyIn, eventOf, idIn, timeIn, type Delivery } from './delivery.ts';

type Money = { readonly amount: number; readonly currency: string };

const kinds: ReadonlySet<string> = new Set([
  'product',
  'service',
  'upsell',
  'cross_sell',
  'add_on',
  'loyalty',
]);

function moneyOf(amount: unknown, currency: unknown): Money | undefined {
  const [code, given] = [currencyIn(currency), integerIn(amount)];
  return code === undefined || given === undefined
    ? undefined
    : { currency: code, amount: minorOf(code, { digits: BigInt(given), places: 0 }) };
}

/** The buyer; one whom Stripe has no customer for is known by the purchase alone. */
function buyerOf(object: Json, purchase: string): string {
  return idIn(object['customer']) ?? `guest:${purchase}`;
}

/** A sale, by whatever object reports it. All objects of one payment name the same purchase, and the first in order counts. */
function purchased(
  id: string,
  at: number,
  object: Json,
  purchase: string,
  money: Money | undefined,
): Translated {
  if (money === undefined) return unreadable(`The object ${id} has no whole amount and currency.`);
  const metadata = objectIn(object['metadata']);
  const kind = textIn(metadata?.['tidemark_kind']) ?? 'product';
  if (!kinds.has(kind)) return unreadable(`tidemark_kind is one of ${[...kinds].join(', ')}, not "${kind}".`);
  const event = eventOf('purchase.completed', at, `${id}:purchase`, {
    customer_id: buyerOf(object, purchase),
    purchase_id: purchase,
    ...money,
    kind,
    cart_id: textIn(metadata?.['tidemark_cart_id']),
    channel: textIn(metadata?.['tidemark_channel']),
    campaign: textIn(metadata?.['tidemark_campaign']),
    segment: textIn(metadata?.['tidemark_segment']),
  });
  return { events: [event], passedOver: [] };
}

/** A charge that pays no invoice. Since version 2025-03-31 of the API a charge does not say whether it does. */
export function chargeEvents({ object: charge, at }: Delivery): Translated {
  const id = textIn(charge['id']);
  if (id === undefined) return unreadable('A charge of Stripe has an "id".');
  if (charge['invoice'] === undefined) return nothing('charge_without_invoice_field');
  if (charge['invoice'] !== null) return nothing('charge_of_invoice');
  if (charge['captured'] === false) return nothing('charge_not_captured');
  const amount = charge['amount_captured'] ?? charge['amount'];
  const purchase = idIn(charge['payment_intent']) ?? id;
  return purchased(
    id,
    timeIn(charge['created']) ?? at,
    charge,
    purchase,
    moneyOf(amount, charge['currency']),
  );
}

/** An invoice without a subscription. What a subscription is billed is its recurring revenue, which its terms give. */
export function invoiceEvents({ object: invoice, at }: Delivery): Translated {
  const id = textIn(invoice['id']);
  if (id === undefined) return unreadable('An invoice of Stripe has an "id".');
  const parent = objectIn(objectIn(invoice['parent'])?.['subscription_details']);
  if (idIn(invoice['subscription'] ?? parent?.['subscription']) !== undefined)
    return nothing('invoice_of_subscription');
  const paidAt = timeIn(objectIn(invoice['status_transitions'])?.['paid_at']) ?? at;
  const purchase = idIn(invoice['payment_intent']) ?? idIn(invoice['charge']) ?? id;
  return purchased(id, paidAt, invoice, purchase, moneyOf(invoice['amount_paid'], invoice['currency']));
}

/** A session of Checkout that sold something once. */
export function checkoutEvents({ object: session, at }: Delivery): Translated {
  const id = textIn(session['id']);
  if (id === undefined) return unreadable('A Checkout Session of Stripe has an "id".');
  if (session['mode'] !== 'payment') return nothing('checkout_of_subscription');
  if (session['payment_status'] === 'unpaid') return nothing('checkout_not_paid');
  // With an invoice of its own the sale is reported by that.
  if (idIn(session['invoice']) !== undefined) return nothing('checkout_with_invoice');
  const purchase = idIn(session['payment_intent']) ?? id;
  return purchased(id, at, session, purchase, moneyOf(session['amount_total'], session['currency']));
}

/**
 * What was given back since the refund before. The total given back so far names the refund, so that each counts once. One of a
 * charge that is no purchase counts nothing (rule 14).
 */
export function refundEvents({ object: charge, previous, at }: Delivery): Translated {
  const id = textIn(charge['id']);
  const [total, earlier] = [charge['amount_refunded'], integerIn(previous['amount_refunded']) ?? 0].map(
    integerIn,
  );
  if (id === undefined || total === undefined || earlier === undefined)
    return unreadable('A refunded charge of Stripe has "id" and "amount_refunded".');
  const money = moneyOf(total - earlier, charge['currency']);
  if (money === undefined) return unreadable(`The charge ${id} has no currency.`);
  const purchase = idIn(charge['payment_intent']) ?? id;
  const event = eventOf('purchase.refunded', at, `${id}:refunded:${total}`, {
    customer_id: buyerOf(charge, purchase),
    purchase_id: purchase,
    ...money,
  });
  return { events: [event], passedOver: [] };
}
