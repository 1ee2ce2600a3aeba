import { entityKeyFields, isFamily, type Family } from './families.ts';
import { eventTypes, type Event, type EventType } from './types.ts';

const familyOfType: ReadonlyMap<string, Family> = new Map(
  Object.entries(eventTypes).flatMap(([family, types]) =>
    isFamily(family) ? types.map((type) => [type, family]) : [],
  ),
);

/** The family an event type belongs to; `undefined` for a type that does not exist. */
export function familyOf(type: EventType): Family;
export function familyOf(type: string): Family | undefined;
export function familyOf(type: string): Family | undefined {
  return familyOfType.get(type);
}

/** The value of the field that names the event's entity, e.g. the `cart_id` of a cart event. */
export function entityKeyOf(event: Event): string {
  return (event as unknown as Record<string, string>)[entityKeyFields[familyOf(event.type)]] as string;
}
