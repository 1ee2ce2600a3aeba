import type { ClickHouseClient } from '@clickhouse/client';
import { decodeEvent } from '@tidemark/events/codec';
import { familyOf } from '@tidemark/events/entity';
import { families, isFamily, topicOf } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { generationOf } from '@tidemark/topics/generation';
import { eachRecord } from './each-record.ts';
import { acceptedOf } from './histories.ts';
import { figuresOf } from './figures.ts';
import { eventOf, names, type Person, withoutOthers } from './person.ts';

/** Something that is stored of a person, as it is exported. */
export type Item = {
  /** `event`: accepted; `record`: as it arrived, and no accepted event; `figure`: a row of a table. */
  readonly kind: 'event' | 'record' | 'dead-letter' | 'alert' | 'figure';
  /** The topic or the table. */
  readonly place: string;
  readonly [field: string]: unknown;
};

/** What is searched. */
export type Places = {
  readonly client: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  /** The generation that serves. */
  readonly generation: number;
  /** Called before each place. */
  readonly onPlace: (name: string) => void;
};

/**
 * Everything that is stored of a person, place by place. Topics of facts, counters and other generations have nothing more.
 *
 * @throws Failure of Kafka, of ClickHouse or of the state: then something is missing in what was given out.
 */
export async function* itemsOf(
  { client, clickhouse, generation, onPlace }: Places,
  person: Person,
): AsyncGenerator<Item> {
  const { KAFKA_PREFIX: prefix } = client.settings;
  const generated = generationOf(generation, prefix);
  onPlace(`${generated.state}, ${generated.archive}`);
  const seen = new Set<string>();
  for (const { place, key, event } of await acceptedOf(client, generated, person)) {
    seen.add(identityOf(event));
    yield { kind: 'event', place, key, event: withoutOthers(event, person) };
  }
  for (const family of families) {
    const place = topicOf(family, prefix);
    onPlace(place);
    for (const { at, value } of await recordsOf(client, place, person)) {
      const event = eventOf(family, value, person);
      if (event !== undefined && !seen.has(identityOf(event)))
        yield { kind: 'record', place, at, event: withoutOthers(event, person) };
    }
  }
  // Those of the first generation stay when it is dropped.
  for (const place of new Set([generationOf(1, prefix).deadLetters, generated.deadLetters])) {
    onPlace(place);
    for (const found of await recordsOf(client, place, person)) {
      const letter = deadLetterOf(found, person);
      if (letter !== undefined) yield { kind: 'dead-letter', place, ...letter };
    }
  }
  const { alerts } = generated.shared;
  onPlace(alerts);
  for (const alert of await alertsOf(client, alerts, person))
    yield { kind: 'alert', place: alerts, ...alert };
  onPlace(generated.store);
  for (const { table, rows } of await figuresOf(clickhouse, generated.store, person.customerId))
    for (const row of rows) yield { kind: 'figure', place: `${generated.store}.${table}`, row };
}

/** A derived event has the id of the event that it comes from, which is of another family. */
function identityOf({ type, event_id }: Event): string {
  return `${familyOf(type)} ${event_id}`;
}

type Found = {
  /** `<partition>@<offset>`. */
  readonly at: string;
  readonly headers: KafkaRecord['headers'];
  readonly value: Buffer;
};

/** The records of a topic whose value has the bytes of the person's id. */
async function recordsOf(client: KafkaClient, topic: string, { bytes }: Person): Promise<Found[]> {
  const found: Found[] = [];
  await eachRecord(client, topic, ({ offset, value, headers }, partition) => {
    if (value?.includes(bytes)) found.push({ at: `${partition}@${offset}`, headers, value });
  });
  return found;
}

/**
 * A dead letter that names the person. Of one that cannot be read, and has the bytes of the id, no more than its place is given out:
 * what else is in it may be somebody else's.
 */
function deadLetterOf(
  { at, headers, value }: Found,
  person: Person,
): Omit<Item, 'kind' | 'place'> | undefined {
  const header = (name: string): string => headers[name]?.toString() ?? '';
  const family = header('family');
  if (!isFamily(family)) return undefined;
  const decoded = decodeEvent(family, value);
  if (!decoded.ok) return { at, reason: header('reason'), event: null };
  if (!names(decoded.event, person)) return undefined;
  return { at, reason: header('reason'), event: withoutOthers(decoded.event, person) };
}

type StoredAlert = {
  readonly rule: string;
  readonly customers: readonly string[];
  readonly firedAt: number | null;
};

/** The alerts that name the person, without the others whom they name. */
async function alertsOf(
  client: KafkaClient,
  topic: string,
  { customerId }: Person,
): Promise<readonly Omit<Item, 'kind' | 'place'>[]> {
  const newest = new Map<string, Omit<Item, 'kind' | 'place'>>();
  await eachRecord(client, topic, ({ key, value }) => {
    const name = String(key);
    newest.delete(name);
    if (value === null || !name.startsWith('alert|')) return;
    const { rule, customers, firedAt } = JSON.parse(value.toString()) as StoredAlert;
    if (!customers.includes(customerId)) return;
    const fired = firedAt === null ? null : new Date(firedAt).toISOString();
    newest.set(name, { key: name, rule, fired_at: fired });
  });
  return [...newest.values()];
}
