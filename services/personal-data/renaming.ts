import { customersOf } from '@tidemark/events/customers';
import { entityKeyFields, type Family } from '@tidemark/events/families';
import { withoutFreeText } from '@tidemark/events/free-text';
import { compareCodePoints } from '@tidemark/events/order';
import type { Event } from '@tidemark/events/types';
import { entityId, familyOfId, keyOfId, thingId, thingIn } from '@tidemark/runtime/entity-id';
import { type Domain, eventsOf, type Pseudonyms, readingsOf } from './pseudonyms.ts';

/** An entity with all of its accepted events. */
export type History = { readonly id: string; readonly events: readonly Event[] };

/** The customers that are to be forgotten. */
export type Subjects = ReadonlySet<string>;

/** Fields with ids, and what the ids name. */
const idFields: Readonly<Record<string, Domain>> = {
  customer_id: 'customer_id',
  referrer_customer_id: 'customer_id',
  referred_customer_id: 'customer_id',
  cart_id: 'cart_id',
  case_id: 'case_id',
  into_case_id: 'case_id',
  mention_id: 'mention_id',
  response_id: 'response_id',
  engagement_id: 'engagement_id',
  referral_id: 'referral_id',
  subscription_id: 'subscription_id',
  purchase_id: 'purchase_id',
  reading_id: 'reading_id',
  visitor_id: 'visitor_id',
};

/** What the ids in a field of events, or in a column of facts, name; `undefined` for another field. */
export function domainOf(field: string): Domain | undefined {
  return idFields[field];
}

/** Ids within a customer's history, which have a pseudonym wherever the customer has one. */
const innerFields = ['subscription_id', 'purchase_id', 'reading_id'] as const;
/** Whether ids of a domain are of one customer's history, and may be others' too. */
export function isInner(domain: Domain): boolean {
  return innerFields.some((field) => field === domain);
}

/** Families whose entities are nobody's: a cost, a figure. */
const impersonal: ReadonlySet<Family> = new Set(['cost', 'reading']);

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (event: Event): Fields => event as unknown as Fields;

const namesSubject = (event: Event, subjects: Subjects): boolean =>
  customersOf(event).some((customer) => subjects.has(customer));

/** Whether an entity is that of customers who are forgotten, and of nobody else. */
export function isOwned({ id, events }: History, subjects: Subjects): boolean {
  if (impersonal.has(familyOfId(id))) return false;
  const customers = events.flatMap(customersOf);
  return customers.length > 0 && customers.every((customer) => subjects.has(customer));
}

/** The visitors whom the events of the forgotten name. */
export function visitorsOf(history: History, subjects: Subjects): string[] {
  const owned = isOwned(history, subjects);
  return history.events
    .filter((event) => owned || namesSubject(event, subjects))
    .flatMap((event) => (fieldsOf(event)['visitor_id'] as string | null | undefined) ?? []);
}

/** The field of an entity's key as a domain, and the key. */
export function keyOf(id: string): { readonly domain: Domain; readonly key: string } {
  const family = familyOfId(id);
  return { domain: entityKeyFields[family] as Domain, key: keyOfId(id) };
}

/**
 * Draws all pseudonyms that the histories need. First of the keys of all of them, since events of one entity name others: a
 * purchase names its cart.
 *
 * @param histories Each entity once.
 */
export function drawNames(histories: readonly History[], subjects: Subjects, names: Pseudonyms): void {
  for (const subject of subjects) names.of('customer_id', subject);
  const owned = histories.filter((history) => isOwned(history, subjects));
  for (const { id } of owned) {
    const { domain, key } = keyOf(id);
    names.of(domain, key);
  }
  for (const history of histories)
    for (const visitor of visitorsOf(history, subjects)) names.of('visitor_id', visitor);
  const parts = histories.map((history) => {
    const whole = isOwned(history, subjects);
    const isOwn = (event: Event): boolean => whole || namesSubject(event, subjects);
    const { id, events } = history;
    return { id, own: events.filter(isOwn), others: events.filter((event) => !isOwn(event)) };
  });
  // What others share keeps its id in all entities, else a history that is counted anew would have two things of one.
  const shared = new Set(parts.flatMap(({ id, others }) => others.flatMap((event) => innerIds(id, event))));
  for (const inner of parts.flatMap(({ id, own }) => own.flatMap((event) => innerIds(id, event)))) {
    if (shared.has(inner)) continue;
    const [domain, id] = JSON.parse(inner) as [Domain, string];
    names.of(domain, id);
  }
  for (const [domain, some] of Map.groupBy(parts, ({ id }) => eventsOf(id)))
    nameEvents(
      domain,
      some.flatMap(({ own }) => own),
      names,
    );
}

/** The ids within a customer's history that an event has, each with its domain, as JSON. */
const innerIds = (ofEntity: string, event: Event): string[] =>
  innerFields.flatMap((field) => {
    const id = fieldsOf(event)[field];
    return typeof id === 'string' ? [JSON.stringify([innerDomain(field, ofEntity), id])] : [];
  });

/** What an id within a customer's history names: that of a reading is one among those of the same figure. */
const innerDomain = (field: (typeof innerFields)[number], id: string): Domain =>
  field === 'reading_id' ? readingsOf(id) : field;

/** Events of one instant are in the order of their ids: pseudonyms of these keep it, others are of chance. */
function nameEvents(domain: Domain, events: readonly Event[], names: Pseudonyms): void {
  const tied = Map.groupBy(events, (event) => {
    const derived = Boolean(fieldsOf(event)['derived_from']);
    return `${event.occurred_at} ${derived} ${event.sequence}`;
  });
  for (const some of tied.values()) {
    const ids = [...new Set(some.map(({ event_id }) => event_id))].filter(
      (id) => names.find(domain, id) === undefined,
    );
    const drawn = ids.map((id) => names.drawn(domain, id)).toSorted(compareCodePoints);
    for (const [place, id] of ids.toSorted(compareCodePoints).entries())
      names.give(domain, id, drawn[place]!);
  }
  for (const { voids } of events) if (voids !== null && voids !== undefined) names.of(domain, voids);
}

/** The key of an entity from then on. */
function renamedKey(id: string, names: Pseudonyms): string {
  const { domain, key } = keyOf(id);
  return (impersonal.has(familyOfId(id)) ? undefined : names.find(domain, key)) ?? key;
}

/** The id of an entity from then on. One that is a thing of its key is named by an id of its events, and goes where they go. */
export function renamedId({ id, events }: History, names: Pseudonyms): string {
  const family = familyOfId(id);
  const key = renamedKey(id, names);
  const thing = thingIn(id);
  if (thing === undefined) return entityId(family, key);
  const [kind, name] = [thing.slice(0, 1), thing.slice(1)];
  // A void waits for its target under the id of that.
  if (kind === 'v') return thingId(family, key, kind + (names.find(eventsOf(id), name) ?? name));
  const isOthers = events.some((event) => fieldsOf(event)['reading_id'] === name && !isTheirs(event, names));
  return thingId(family, key, kind + ((isOthers ? undefined : names.find(readingsOf(id), name)) ?? name));
}

const isTheirs = (event: Event, names: Pseudonyms): boolean =>
  customersOf(event).some((customer) => names.find('customer_id', customer) !== undefined);

/**
 * An event of an entity with pseudonyms in place of the ids that have one, and without free text where it is an event of the forgotten;
 * the same object when it has none of them.
 */
export function renamedEvent(event: Event, ofEntity: string, names: Pseudonyms): Event {
  const changes: Record<string, string> = {};
  const fields = fieldsOf(event);
  const put = (field: string, pseudonym: string | undefined): void => {
    if (pseudonym !== undefined) changes[field] = pseudonym;
  };
  const isOfThem = isTheirs(event, names) || renamedKey(ofEntity, names) !== keyOfId(ofEntity);
  for (const [field, domain] of Object.entries(idFields)) {
    const id = fields[field];
    const within = domain === 'reading_id' ? readingsOf(ofEntity) : domain;
    if (typeof id === 'string' && (isOfThem || !isInner(domain))) put(field, names.find(within, id));
  }
  const domain = eventsOf(ofEntity);
  if (isOfThem) put('event_id', names.find(domain, event.event_id));
  if (typeof event.voids === 'string') put('voids', names.find(domain, event.voids));
  if (Object.keys(changes).length === 0) return event;
  const renamed = { ...event, ...changes } as Event;
  return isOfThem ? withoutFreeText(renamed) : renamed;
}
