import { decodeEvent } from '@tidemark/events/codec';
import { hasThings } from '@tidemark/events/entity';
import { entityKeyFields, type Family } from '@tidemark/events/families';
import { partitionOf } from '@tidemark/events/partition-of';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { familyOfId, keyOfId } from '@tidemark/runtime/entity-id';
import { decodeHead, isHead, segmentId } from '@tidemark/runtime/head';
import { isDerived, unpack } from '@tidemark/runtime/packed';
import { Failure } from '@tidemark/service/failures';
import { type Generation, generationOf } from '@tidemark/topics/generation';

/** Where a raw event stands. */
export type Place = { readonly topic: string; readonly partition: number; readonly offset: number };

/** An accepted event of an entity: what its facts were folded from. */
export type AcceptedEvent = {
  readonly event_id: string;
  readonly type: string;
  readonly occurred_at: string;
  /** Which topic has it as accepted: the state of its entity, or the archive of entities that ended. */
  readonly accepted_in: string;
  /**
   * `kept` when `raw` says where; `gone` when retention took it; `derived` when the pipeline made the event of another one, so that
   * nobody sent it.
   */
  readonly record: 'kept' | 'gone' | 'derived';
  /** Its raw records, the first first. */
  readonly raw: readonly Place[];
};

/** Whose events are asked for. */
export type EntityAsked = {
  readonly family: Family;
  /** The entity's key, as `customer_id` of subscriptions and purchases. */
  readonly key: string;
  /** The generation whose state is read. */
  readonly generation: number;
  /** Gives up with the signal's reason. */
  readonly signal?: AbortSignal;
};

/**
 * The accepted events of an entity, in the order of their times, each with where its raw record stands. It reads one partition of the
 * state, of the family's topic, and of the archive where the state has nothing or may have only a part.
 *
 * @throws Failure `kafka.unavailable`; `kafka.topics` when there are no such topics; `state.corrupt` when an event cannot be read.
 */
export async function acceptedEvents(
  client: KafkaClient,
  asked: EntityAsked,
): Promise<readonly AcceptedEvent[]> {
  const { family, key } = asked;
  const generation = namesIn(client, asked);
  const inState = await entriesInState(client, asked);
  // Of the things of one key some may have ended.
  const inArchive = inState.length > 0 && !hasThings(family) ? [] : await entriesInArchive(client, asked);
  const entries = [
    ...inState.map((bytes) => ({ bytes, accepted_in: generation.state })),
    ...inArchive.map((bytes) => ({ bytes, accepted_in: generation.archive })),
  ];
  const places = entries.length === 0 ? new Map<string, Place[]>() : await placesOf(client, asked);
  return entries
    .map(({ bytes, accepted_in }): AcceptedEvent => {
      const decoded = decodeEvent(family, Buffer.from(bytes));
      if (!decoded.ok) throw new Failure('state.corrupt', `an event of ${family} ${key}: ${decoded.message}`);
      const { event_id, type, occurred_at } = decoded.event;
      const about = { event_id, type, occurred_at: new Date(occurred_at).toISOString(), accepted_in };
      if (isDerived(decoded.event)) return { ...about, record: 'derived', raw: [] };
      const raw = places.get(event_id) ?? [];
      return { ...about, record: raw.length === 0 ? 'gone' : 'kept', raw };
    })
    .toSorted((one, other) => (one.occurred_at < other.occurred_at ? -1 : 1));
}

const namesIn = ({ settings }: KafkaClient, { generation }: EntityAsked): Generation =>
  generationOf(generation, settings.KAFKA_PREFIX);

/** The records of the state or the archive that are of what is asked for, the newest of each key. */
async function newestOf(
  client: KafkaClient,
  topic: string,
  asked: EntityAsked,
): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  await readKeyed(client, topic, asked, ({ key: recordKey, value }) => {
    const name = recordKey?.toString() ?? '';
    if (familyOfId(name) !== asked.family || keyOfId(name) !== asked.key) return;
    if (value === null) found.delete(name);
    else found.set(name, value);
  });
  return found;
}

async function readKeyed(
  client: KafkaClient,
  topic: string,
  { key, signal }: EntityAsked,
  onRecord: (record: KafkaRecord, partition: number) => void,
): Promise<void> {
  const partitions = (await partitionCounts(client, [topic])).get(topic);
  if (partitions === undefined) throw new Failure('kafka.topics', `the topic ${topic} does not exist`);
  const partition = partitionOf(key, partitions);
  await readPartitionToEnd(client, {
    topic,
    partition,
    from: 0,
    onRecords: (records) => records.forEach((record) => onRecord(record, partition)),
    ...(signal === undefined ? {} : { signal }),
  });
}

const eventsIn = (part: Uint8Array | undefined): readonly Uint8Array[] =>
  part === undefined ? [] : unpack(part).map(({ bytes }) => bytes);

async function entriesInState(client: KafkaClient, asked: EntityAsked): Promise<readonly Uint8Array[]> {
  const records = await newestOf(client, namesIn(client, asked).state, asked);
  return [...records].flatMap(([id, value]) => {
    if (!isHead(id)) return [];
    const { segments, open } = decodeHead(value);
    const sealed = Array.from({ length: segments }, (_, segment) => records.get(segmentId(id, segment)));
    return [...sealed, open].flatMap(eventsIn);
  });
}

async function entriesInArchive(client: KafkaClient, asked: EntityAsked): Promise<readonly Uint8Array[]> {
  const records = await newestOf(client, namesIn(client, asked).archive, asked);
  return [...records.values()].flatMap(eventsIn);
}

/** Where the raw records of an entity stand, by the id of their event. A record may have any key: its event says whose it is. */
async function placesOf(
  client: KafkaClient,
  asked: EntityAsked,
): Promise<ReadonlyMap<string, readonly Place[]>> {
  const { family, key } = asked;
  // What came from outside is in the topics of the first generation, whichever serves.
  const topic = generationOf(1, client.settings.KAFKA_PREFIX).eventsOf(family);
  const field = entityKeyFields[family];
  const places = new Map<string, Place[]>();
  await readKeyed(client, topic, asked, ({ value, offset }, partition) => {
    if (value === null || !value.includes(key)) return;
    const decoded = decodeEvent(family, value);
    if (!decoded.ok || (decoded.event as Partial<Record<string, unknown>>)[field] !== key) return;
    const { event_id } = decoded.event;
    places.set(event_id, [...(places.get(event_id) ?? []), { topic, partition, offset: Number(offset) }]);
  });
  return places;
}
