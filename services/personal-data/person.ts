import { decodeEvent } from '@tidemark/events/codec';
import { customerFields, customersOf } from '@tidemark/events/customers';
import type { Family } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';

/** Someone whose data are looked for. */
export type Person = { readonly customerId: string; readonly bytes: Buffer };

/** @param customerId As in the events. */
export function personOf(customerId: string): Person {
  return { customerId, bytes: Buffer.from(customerId) };
}

/** Whether an event names the person. */
export function names(event: Event, { customerId }: Person): boolean {
  return customersOf(event).includes(customerId);
}

/** Whether an event of one of the person's entities names somebody else, and not the person. */
export function isOfAnother(event: Event, { customerId }: Person): boolean {
  const customers = customersOf(event);
  return customers.length > 0 && !customers.includes(customerId);
}

/** An event without the ids of other customers, whose data it is too. */
export function withoutOthers(event: Event, { customerId }: Person): Event {
  const others = customerFields.filter((field) => {
    const named = (event as { readonly [name: string]: unknown })[field];
    return typeof named === 'string' && named !== customerId;
  });
  return { ...event, ...Object.fromEntries(others.map((field) => [field, null])) } as Event;
}

/** The event in some bytes when it names the person. Most bytes are known not to without decoding: a text stands in Avro as it is. */
export function eventOf(family: Family, value: Buffer, person: Person): Event | undefined {
  if (!value.includes(person.bytes)) return undefined;
  const decoded = decodeEvent(family, value);
  return decoded.ok && names(decoded.event, person) ? decoded.event : undefined;
}
