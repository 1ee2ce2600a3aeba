import { integerIn, objectIn, present, textIn, type Json } from '../translated.ts';

/** An Event object of Stripe, as its webhooks carry it. */
export type Delivery = {
  readonly id: string;
  readonly type: string;
  /** When it happened, milliseconds since the epoch; Stripe has whole seconds. */
  readonly at: number;
  /** The object as it was then. */
  readonly object: Json;
  /** What an update has changed, with the values of before. */
  readonly previous: Json;
};

/** Reads an Event object; a sentence when it is none. */
export function deliveryIn(body: unknown): Delivery | string {
  const event = objectIn(body);
  if (event?.['object'] === 'v2.core.event')
    return 'Thin events have no object in them; send snapshot events to this address.';
  const data = objectIn(event?.['data']);
  const [id, type, created] = [textIn(event?.['id']), textIn(event?.['type']), integerIn(event?.['created'])];
  const object = objectIn(data?.['object']);
  if (id === undefined || type === undefined || created === undefined || object === undefined)
    return 'An Event object of Stripe has "id", "type", "created" and "data.object".';
  return { id, type, at: created * 1_000, object, previous: objectIn(data?.['previous_attributes']) ?? {} };
}

/** The id of what may be given as an id or, expanded, as an object. */
export function idIn(value: unknown): string | undefined {
  return textIn(value) ?? textIn(objectIn(value)?.['id']);
}

/** Milliseconds of a time of Stripe, which is in seconds; `undefined` for null. */
export function timeIn(value: unknown): number | undefined {
  const seconds = integerIn(value);
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** The currency as events carry it. */
export function currencyIn(value: unknown): string | undefined {
  return textIn(value)?.toUpperCase();
}

/** An event, with its time as text. */
export function eventOf(type: string, at: number, eventId: string, fields: Json): Json {
  const { effective_at: effective, trial_ends_at: trial } = fields;
  return present({
    event_id: `stripe:${eventId}`,
    type,
    occurred_at: isoOf(at),
    ...fields,
    effective_at: effective === undefined ? undefined : isoOf(effective as number),
    trial_ends_at: trial === undefined ? undefined : isoOf(trial as number),
  });
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
