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

/** Families whose key is that of many things that count apart, and the field that names one (rule 24): a figure has many readings. */
const thingFields: { readonly [F in Family]?: string } = { reading: 'reading_id' };

/** Whether the key of a family is that of many things. */
export function hasThings(family: Family): boolean {
  return thingFieldOf(family) !== undefined;
}

/** The field that names a thing of a family whose key is that of many; `undefined` for another family. */
export function thingFieldOf(family: Family): string | undefined {
  return thingFields[family];
}

/** Which thing of its key an event is of; `undefined` where the key is that of one, and for a void, which names an event alone. */
export function thingOf(event: Event): string | undefined {
  const field = thingFields[familyOf(event.type)];
  return field === undefined
    ? undefined
    : ((event as unknown as Record<string, string | null>)[field] ?? undefined);
}
