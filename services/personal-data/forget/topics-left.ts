import { setTimeout as sleep } from 'node:timers/promises';
import { families } from '@tidemark/events/families';
import { partitionCounts, withAdmin } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets } from '@tidemark/kafka/offsets';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { setTopicConfigs } from '@tidemark/kafka/topic-settings';
import type { OutgoingRecord } from '@tidemark/kafka/transactional-producer';
import { type Generation, generationOf } from '@tidemark/topics/generation';
import { topicsOfGeneration } from '@tidemark/topics/topics';
import type { Finder } from './finder.ts';
import { type Journal, journalSend } from './journal.ts';

/** Header of a record that lists dead letters which were published again. */
const republishedHeader = 'tidemark-republished';
const recordsPerTransaction = 500;
const setting = 'segment.ms';
const closing = '1';
const closingRounds = 2;
const takenOverMs = 1_000;

/** Who has read what of the topics. */
export type Readers = {
  readonly application: string;
  readonly sinkGroup: string;
  readonly feedGroup: string;
};

/** Deletes the records of `events.<family>` and `facts` that all have read who count by them. */
export async function deleteRead(
  client: KafkaClient,
  names: Generation,
  { application, sinkGroup, feedGroup }: Readers,
): Promise<void> {
  const read = new Map<string, string>([[names.facts, names.own(sinkGroup)]]);
  for (const family of families) read.set(names.eventsOf(family), names.own(application));
  // A later generation gets what arrives by its feeders.
  const first = generationOf(1, client.settings.KAFKA_PREFIX);
  if (names.number > 1) for (const family of families) read.set(first.eventsOf(family), names.own(feedGroup));
  for (const [topic, group] of read) {
    const asked = await placesOf(client, topic);
    const committed = await committedOffsets(client, group, asked);
    const ends: { partition: number; offset: string }[] = [];
    for (const { partition, offset } of committed)
      if (offset !== undefined && offset > 0)
        ends.push({
          partition,
          offset: String(await behindMarkers(client, { topic, partition, from: offset })),
        });
    await deleteBefore(client, topic, ends);
  }
}

/** The end, where nothing but markers of transactions follows: a group commits no position behind them, and Kafka deletes whole segments. */
async function behindMarkers(
  client: KafkaClient,
  place: { readonly topic: string; readonly partition: number; readonly from: number },
): Promise<number> {
  let records = 0;
  const end = await readPartitionToEnd(client, {
    ...place,
    onRecords: (some) => void (records += some.length),
  });
  return records === 0 ? end : place.from;
}

/** Topics with dead letters: those of the first generation stay when it is dropped. */
export async function deadLetterTopics(client: KafkaClient, names: Generation): Promise<string[]> {
  const topics = [...new Set([generationOf(1, client.settings.KAFKA_PREFIX).deadLetters, names.deadLetters])];
  const counts = await partitionCounts(client, topics);
  return topics.filter((topic) => counts.has(topic));
}

/**
 * Copies dead letters without those in which one of the ids is found, and deletes all before the copies. Those that were published
 * again are not copied either: they are counted, and their places would be others.
 *
 * @param copied Up to where an earlier run has copied, by `<topic>/<partition>`.
 */
export async function cleanDeadLetters(
  client: KafkaClient,
  topic: string,
  finder: Finder,
  { journal, copied }: { readonly journal: Journal; readonly copied: ReadonlyMap<string, number> },
): Promise<void> {
  for (const { partition } of await placesOf(client, topic)) {
    let end = copied.get(`${topic}/${partition}`);
    if (end === undefined) {
      const read = await readAll(client, topic, partition);
      end = read.end;
      const theirs = read.records.filter((record) => occurrencesIn(record, finder) > 0);
      if (theirs.length === 0) continue;
      await copy(client, journal, { topic, partition, end }, open(read.records, new Set(theirs)));
    }
    await deleteBefore(client, topic, [{ partition, offset: String(end) }]);
  }
}

/** How often an id is found in a record: in its key, its value, or a header. */
export function occurrencesIn({ key, value, headers }: KafkaRecord, finder: Finder): number {
  const parts = [key, value, ...Object.values(headers)];
  return parts.reduce(
    (sum, part) => sum + (part === null || part === undefined ? 0 : finder.countIn(part)),
    0,
  );
}

/** Dead letters that nobody has published again, without those of the forgotten. */
function open(records: readonly KafkaRecord[], theirs: ReadonlySet<KafkaRecord>): KafkaRecord[] {
  const again = new Set(
    records.flatMap(({ headers, value }) =>
      headers[republishedHeader] === undefined || value === null
        ? []
        : (JSON.parse(value.toString()) as { readonly offsets: readonly number[] }).offsets,
    ),
  );
  return records.filter(
    (record) =>
      !theirs.has(record) && !again.has(record.offset) && record.headers[republishedHeader] === undefined,
  );
}

/** All in one transaction, with the note of it: what is copied is not copied a second time. */
async function copy(
  client: KafkaClient,
  journal: Journal,
  where: { readonly topic: string; readonly partition: number; readonly end: number },
  kept: readonly KafkaRecord[],
): Promise<void> {
  const { topic, partition } = where;
  const records = kept.map(({ key, value, headers }): OutgoingRecord => ({
    key,
    value,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
    ),
  }));
  const sends = Array.from({ length: Math.ceil(records.length / recordsPerTransaction) }, (_, part) => ({
    topic,
    partition,
    records: records.slice(part * recordsPerTransaction, (part + 1) * recordsPerTransaction),
  }));
  await journal.commit([...sends, journalSend(client, { type: 'dead-letters', ...where })]);
}

async function readAll(
  client: KafkaClient,
  topic: string,
  partition: number,
): Promise<{ readonly records: KafkaRecord[]; readonly end: number }> {
  const records: KafkaRecord[] = [];
  const end = await readPartitionToEnd(client, {
    topic,
    partition,
    from: 0,
    onRecords: (some) => void records.push(...some),
  });
  return { records, end };
}

/** The partitions of a topic. */
export async function placesOf(
  client: KafkaClient,
  topic: string,
): Promise<{ topic: string; partition: number }[]> {
  const count = (await partitionCounts(client, [topic])).get(topic) ?? 0;
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

async function deleteBefore(
  client: KafkaClient,
  topic: string,
  partitions: { partition: number; offset: string }[],
): Promise<void> {
  if (partitions.length === 0) return;
  await withAdmin(client, `deleting records of ${topic}`, async (admin) => {
    // kafkajs knows the leaders of a topic only once it was asked for its offsets.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

/**
 * Closes the segments of topics that records are written to: Kafka deletes and compacts none but closed ones. To each partition a record
 * or a marker must come for it, so a transaction without records is committed over all of them.
 */
export async function closeSegments(
  client: KafkaClient,
  journal: Journal,
  names: Generation,
  topics: readonly string[],
): Promise<void> {
  const close = new Map(topics.map((topic) => [topic, { [setting]: closing }]));
  const found = await withAdmin(client, 'closing segments', (admin) => setTopicConfigs(admin, close));
  const made = new Map(topicsOfGeneration(1, names).map(({ name, config }) => [name, config]));
  // What a run that was cut off has left is not what it was.
  const before = new Map(
    [...found].map(([topic, { [setting]: was }]) => [
      topic,
      { [setting]: was === closing ? (made.get(topic)?.[setting] ?? null) : was! },
    ]),
  );
  try {
    const places = await Promise.all(topics.map((topic) => placesOf(client, topic)));
    // A broker takes the setting over some time after it has answered: until then a marker closes nothing.
    for (let round = 0; round < closingRounds; round++) {
      await sleep(takenOverMs);
      await journal.mark(places.flat());
    }
  } finally {
    await withAdmin(client, 'setting segments back', (admin) => setTopicConfigs(admin, before));
  }
}
