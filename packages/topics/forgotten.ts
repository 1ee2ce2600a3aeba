/**
 * The list of who was forgotten, for services that refuse what comes of them later. It has hashes of ids alone: it shows that somebody was
 * forgotten, to who knows the id. Nothing leads from it to what their numbers are named now.
 */
import { hash } from 'node:crypto';
import { customersOf } from '@tidemark/events/customers';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { entityKeyFields } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { followPartitions, readPartitionToEnd } from '@tidemark/kafka/restore';
import type { Send } from '@tidemark/kafka/transactional-producer';
import { sharedTopics } from './generation.ts';

/** The compacted topic of the list: one partition. */
const topicIn = ({ settings }: KafkaClient): string => sharedTopics(settings.KAFKA_PREFIX).forgotten;

/** The key of a record in `state` that says that entities were erased before it; no entity's id begins with a zero byte. */
export const erasedId = '\u0000erased';

/**
 * What is refused of an id. `all` that names it, or for an entity all that is of it; of an entity that is `shared` with others, the
 * events that repeat or void one of the forgotten, whose ids are on the list as well.
 */
export type Refused = 'all' | 'shared';

const saltKey = 'salt';
/** What begins the key of a certificate; no hash has a space. */
const certificateKey = 'certificate ';

/** Who was forgotten, as far as the list was read. */
export class Forgotten {
  #salt = '';
  readonly #refused = new Map<string, Refused>();

  /** Whether nobody was. */
  get isEmpty(): boolean {
    return this.#refused.size === 0;
  }

  /** What all hashes are made with; empty as long as the list was not begun. */
  get salt(): string {
    return this.#salt;
  }

  /** What of an id is refused; `undefined` when nothing is. */
  of(domain: string, id: string): Refused | undefined {
    return this.isEmpty ? undefined : this.#refused.get(hashOf(this.#salt, domain, id));
  }

  /** Takes records of the topic. */
  take(records: readonly KafkaRecord[]): void {
    for (const { key, value } of records)
      if (key === null || value === null) continue;
      else if (key.toString() === saltKey) this.#salt = value.toString();
      else if (key.toString().startsWith(certificateKey)) continue;
      else this.#refused.set(key.toString(), value.toString() as Refused);
  }
}

/** An id for the list. */
export type Listed = { readonly domain: string; readonly id: string; readonly refused: Refused };

const isThere = async (client: KafkaClient): Promise<boolean> =>
  (await partitionCounts(client, [topicIn(client)])).has(topicIn(client));

/** Reads the list as it is; the topic may not exist. */
export async function readForgotten(client: KafkaClient): Promise<Forgotten> {
  const forgotten = new Forgotten();
  if (await isThere(client))
    await readPartitionToEnd(client, {
      topic: topicIn(client),
      partition: 0,
      from: 0,
      onRecords: (records) => forgotten.take(records),
    });
  return forgotten;
}

/** Reads the list on and on; one that does not exist at the start stays empty. */
export async function followForgotten(
  client: KafkaClient,
  onFatal: (error: unknown) => void,
): Promise<{ readonly forgotten: Forgotten; readonly stop: () => Promise<void> }> {
  const forgotten = new Forgotten();
  if (!(await isThere(client))) return { forgotten, stop: () => Promise.resolve() };
  const following = await followPartitions(client, {
    topic: topicIn(client),
    partitions: [0],
    onDelivery: ({ records }) => forgotten.take(records),
    onFatal,
  });
  await following.caughtUp;
  return { forgotten, stop: following.stop };
}

/**
 * What begins the list: a text of random bytes.
 *
 * @param topic `SharedTopics.forgotten`, here and below.
 */
export function saltSend(topic: string, salt: string): Send {
  return sendOf(topic, [[saltKey, salt]]);
}

/** Puts ids on the list. */
export function forgottenSend(topic: string, salt: string, listed: readonly Listed[]): Send {
  return sendOf(
    topic,
    listed.map(({ domain, id, refused }) => [hashOf(salt, domain, id), refused]),
  );
}

/** Keeps the certificate of an erasure, which names nobody. */
export function certificateSend(topic: string, id: string, certificate: unknown): Send {
  return sendOf(topic, [[certificateKey + id, JSON.stringify(certificate)]]);
}

/** The certificates among records of the topic, by the id of their erasure, as JSON texts. */
export function certificatesIn(records: readonly KafkaRecord[]): [id: string, text: string][] {
  return records.flatMap(({ key, value }): [string, string][] => {
    const text = String(key);
    return value === null || !text.startsWith(certificateKey)
      ? []
      : [[text.slice(certificateKey.length), value.toString()]];
  });
}

function sendOf(topic: string, records: readonly (readonly [key: string, value: string])[]): Send {
  return {
    topic,
    partition: 0,
    records: records.map(([key, value]) => ({ key: Buffer.from(key), value: Buffer.from(value) })),
  };
}

function hashOf(salt: string, domain: string, id: string): string {
  return hash('sha256', `${salt}\u0000${domain}\u0000${id}`, 'base64url').slice(0, 22);
}

/**
 * Whether an event is refused. One that names a customer is judged where it is received: what was accepted and is on its way within the
 * pipeline goes on, and the erasure waits for it.
 */
export function refusing(forgotten: Forgotten): (event: Event, hop: string) => boolean {
  return (event, hop) => {
    if (hop === 'recounted') return false;
    const isReceived = hop === 'first' || hop === 'again';
    if (isReceived && customersOf(event).some((id) => forgotten.of('customer_id', id) !== undefined))
      return true;
    const family = familyOf(event.type);
    const field = entityKeyFields[family];
    if (field === 'customer_id') return false;
    const key = entityKeyOf(event);
    const refused = forgotten.of(field, key);
    if (refused !== 'shared') return refused === 'all';
    const domain = `event_id\u0000${family}\u0000${key}`;
    return [event.event_id, event.voids].some(
      (id) => typeof id === 'string' && forgotten.of(domain, id) !== undefined,
    );
  };
}
