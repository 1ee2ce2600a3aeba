import { nothing, objectIn, unreadable, type Json, type Translated } from '../translated.ts';
import { checkoutEvents } from './checkouts.ts';
import { createdOrderEvents, paidOrderEvents, refundEvents } from './orders.ts';

const translators: { readonly [topic: string]: (body: Json) => Translated } = {
  'checkouts/create': checkoutEvents,
  'checkouts/update': checkoutEvents,
  'orders/create': createdOrderEvents,
  'orders/paid': paidOrderEvents,
  // A refund by itself does not name the customer; the order with its refunds does.
  'orders/updated': refundEvents,
  'orders/cancelled': refundEvents,
  'refunds/create': () => nothing('refund_without_customer'),
};

/**
 * A delivery of a webhook of Shopify as events.
 *
 * @param topic The header `X-Shopify-Topic`. It is not signed, so each translator looks at the object, too.
 * @param body The parsed body, whose signature is checked.
 * @see https://shopify.dev/docs/api/webhooks
 */
export function shopifyEvents(topic: string | undefined, body: unknown): Translated {
  if (topic === undefined) return unreadable('The header X-Shopify-Topic is missing.');
  const object = objectIn(body);
  if (object === undefined) return unreadable('The body of a webhook of Shopify is a JSON object.');
  const translate = Object.hasOwn(translators, topic) ? translators[topic] : undefined;
  return translate === undefined ? nothing('unmapped') : translate(object);
}
