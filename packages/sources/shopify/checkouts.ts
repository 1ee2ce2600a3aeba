import { textIn, timeOf, unreadable, type Json, type Translated } from '../translated.ts';
import { customerIn, eventOf, itemsIn, moneyIn } from './objects.ts';

/**
 * A checkout is a cart, by its token: started when it is made, active with each change, checked out when it is completed.
 * Times of Shopify are whole seconds, so the id of each version has in it what it says: the same id is the same event.
 */
export function checkoutEvents(checkout: Json): Translated {
  const [token, updatedAt] = [textIn(checkout['token']), timeOf(checkout['updated_at'])];
  const value = moneyIn(checkout['total_price'], checkout['currency']);
  if (token === undefined || updatedAt === undefined || value === undefined)
    return unreadable('A checkout of Shopify has "token", "updated_at", "total_price" and "currency".');
  const [customer, items] = [customerIn(checkout), itemsIn(checkout)];
  const completedAt = timeOf(checkout['completed_at']);
  const at = completedAt ?? updatedAt;
  const version = [at / 1_000, value.amount, items, customer ?? ''].join(':');
  const [type, verb] =
    completedAt === undefined ? ['cart.checkout_started', 'active'] : ['cart.checked_out', 'completed'];
  const event = eventOf(type, at, `checkout:${token}:${verb}:${version}`, {
    cart_id: token,
    customer_id: customer,
    value: value.amount,
    currency: value.currency,
    items,
    channel: textIn(checkout['source_name']),
  });
  return { events: [event], passedOver: [] };
}
