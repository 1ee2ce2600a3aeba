import { decimalIn, minorOfMajor } from '../decimals.ts';
import { integerIn, objectIn, objectsIn, present, textIn, type Json } from '../translated.ts';

/** An amount in the minor unit of its currency. */
export type Money = { readonly amount: number; readonly currency: string };

/** An amount as Shopify gives it, a text in the major unit; `undefined` when it is none. */
export function moneyIn(amount: unknown, currency: unknown): Money | undefined {
  const [given, code] = [decimalIn(amount), textIn(currency)];
  return given === undefined || code === undefined
    ? undefined
    : { amount: minorOfMajor(code, given), currency: code };
}

/** The customer of an order or a checkout; a guest of the online shop has one too. */
export function customerIn(object: Json): string | undefined {
  return textIn(objectIn(object['customer'])?.['id']);
}

/** How many things are in a checkout or an order. */
export function itemsIn(object: Json): number {
  return objectsIn(object['line_items']).reduce((sum, item) => sum + (integerIn(item['quantity']) ?? 0), 0);
}

/** An event, with its time as text. */
export function eventOf(type: string, at: number, eventId: string, fields: Json): Json {
  return present({
    event_id: `shopify:${eventId}`,
    type,
    occurred_at: new Date(at).toISOString(),
    ...fields,
  });
}
