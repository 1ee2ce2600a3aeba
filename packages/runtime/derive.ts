import type { AnyEvent } from '@tidemark/metrics/definition/definition';
import type { CartEvent, PurchaseEvent } from '@tidemark/events/types';
import type { Acceptance } from './entity.ts';

/**
 * The cart event that follows from an accepted purchase event: a completed purchase with a `cart_id` checks that cart
 * out, and voiding the purchase takes the checkout back (rule 19). It carries the purchase's own `event_id`, so that it
 * is the same event however often it is derived.
 */
export function derivedCartEvent(event: AnyEvent, acceptance: Acceptance): CartEvent | undefined {
  if (acceptance.outcome === 'new') return checkoutOf(event as PurchaseEvent);
  if (acceptance.outcome !== 'void') return undefined;
  const checkout = checkoutOf(acceptance.target as PurchaseEvent);
  if (checkout === undefined) return undefined;
  const { event_id, occurred_at, sequence, source } = event as PurchaseEvent;
  return {
    type: 'cart.voided',
    event_id,
    occurred_at,
    sequence,
    source,
    cart_id: checkout.cart_id,
    customer_id: checkout.customer_id,
    voids: checkout.event_id,
    derived_from: 'purchase',
  } as CartEvent;
}

function checkoutOf(purchase: PurchaseEvent): CartEvent | undefined {
  if (purchase.type !== 'purchase.completed' || purchase.cart_id === null) return undefined;
  const { event_id, occurred_at, sequence, source, cart_id, customer_id, amount, currency, channel } =
    purchase;
  return {
    type: 'cart.checked_out',
    event_id,
    occurred_at,
    sequence,
    source,
    cart_id,
    customer_id,
    value: amount,
    currency,
    channel,
    items: null,
    derived_from: 'purchase',
  } as CartEvent;
}
