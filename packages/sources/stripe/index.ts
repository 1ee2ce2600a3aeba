import { nothing, unreadable, type Translated } from '../translated.ts';
import { deliveryIn, type Delivery } from './delivery.ts';
import { chargeEvents, checkoutEvents, invoiceEvents, refundEvents } from './purchases.ts';
import { subscriptionEvents } from './subscription.ts';

const translators: { readonly [type: string]: (delivery: Delivery) => Translated } = {
  'customer.subscription.created': subscriptionEvents,
  'customer.subscription.updated': subscriptionEvents,
  'customer.subscription.deleted': subscriptionEvents,
  'charge.succeeded': chargeEvents,
  'charge.captured': chargeEvents,
  'charge.refunded': refundEvents,
  'invoice.paid': invoiceEvents,
  'checkout.session.completed': checkoutEvents,
  'checkout.session.async_payment_succeeded': checkoutEvents,
};

/**
 * An Event object of Stripe as events.
 *
 * @param body The parsed body of a webhook, whose signature is checked.
 * @see https://docs.stripe.com/api/events/object
 */
export function stripeEvents(body: unknown): Translated {
  const delivery = deliveryIn(body);
  if (typeof delivery === 'string') return unreadable(delivery);
  const translate = Object.hasOwn(translators, delivery.type) ? translators[delivery.type] : undefined;
  return translate === undefined ? nothing('unmapped') : translate(delivery);
}
