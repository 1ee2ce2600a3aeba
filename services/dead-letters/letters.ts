import { families, isFamily, topicOf, type Family } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { Failure } from '@tidemark/service/failures';

/** The topic that records are set aside in. */
export const deadLettersTopic = 'dead-letters';
/** Marks a record that is no letter but names letters of its partition that were re-published; its value is JSON. */
export const republishedHeader = 'tidemark-republished';

/** A record that was set aside, with why, and where it had stood. */
export type Letter = {
  readonly partition: number;
  readonly offset: number;
  readonly family: Family;
  readonly source: string;
  readonly reason: string;
  /** JSON path of the field at fault. */
  readonly path: string;
  readonly message: string;
  /** Of the record as it was published. */
  readonly original: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** When the record was first received; milliseconds. */
  readonly receivedAt: number;
  readonly key: Buffer | null;
  /** Of one that was too large the first bytes; then `originalBytes` says how many it had. */
  readonly value: Buffer | null;
  readonly originalBytes: number | undefined;
  /** Whether it was re-published since. */
  readonly republished: boolean;
};

/** Which letters are meant; what is absent lets all pass. */
export type LetterFilter = {
  readonly reason?: string;
  readonly family?: Family;
  readonly source?: string;
  /** First received at or after. */
  readonly from?: number;
  /** First received before. */
  readonly to?: number;
  /** A single one, by its place in the topic. */
  readonly letter?: { readonly partition: number; readonly offset: number };
};

/** Whether a letter is meant. */
export function isMeant(letter: Letter, filter: LetterFilter): boolean {
  const { reason, family, source, from, to, letter: place } = filter;
  return (
    (reason === undefined || letter.reason === reason) &&
    (family === undefined || letter.family === family) &&
    (source === undefined || letter.source === source) &&
    (from === undefined || letter.receivedAt >= from) &&
    (to === undefined || letter.receivedAt < to) &&
    (place === undefined || (letter.partition === place.partition && letter.offset === place.offset))
  );
}

/**
 * Every letter that the filter means, in the order of partition and offset. What it does not mean is not kept in memory.
 *
 * @throws Failure `kafka.unavailable`; `kafka.topics` when there is no such topic.
 */
export async function readLetters(client: KafkaClient, filter: LetterFilter): Promise<Letter[]> {
  const partitions = (await partitionCounts(client, [deadLettersTopic])).get(deadLettersTopic);
  if (partitions === undefined)
    throw new Failure('kafka.topics', `the topic ${deadLettersTopic} does not exist`);
  const letters: Letter[] = [];
  for (let partition = 0; partition < partitions; partition++)
    letters.push(...(await readPartition(client, partition, filter)));
  return letters;
}

async function readPartition(
  client: KafkaClient,
  partition: number,
  filter: LetterFilter,
): Promise<Letter[]> {
  const meant: Letter[] = [];
  const republished = new Set<number>();
  await readPartitionToEnd(client, {
    topic: deadLettersTopic,
    partition,
    from: 0,
    onRecords(records) {
      for (const record of records) {
        for (const offset of republishedBy(record)) republished.add(offset);
        const letter = letterOf(record, partition);
        if (letter !== undefined && isMeant(letter, filter)) meant.push(letter);
      }
    },
  });
  return meant.map((letter) => ({ ...letter, republished: republished.has(letter.offset) }));
}

function republishedBy({ headers, value }: KafkaRecord): readonly number[] {
  if (headers[republishedHeader] === undefined || value === null) return [];
  const { offsets } = JSON.parse(value.toString()) as { readonly offsets: readonly number[] };
  return offsets;
}

/** The letter that a record is; `undefined` for one that is none. */
export function letterOf(record: KafkaRecord, partition: number): Letter | undefined {
  const header = (name: string): string => record.headers[name]?.toString() ?? '';
  const family = header('family');
  const original = {
    topic: header('topic'),
    partition: Number(header('partition')),
    offset: Number(header('offset')),
  };
  if (!isFamily(family) || original.topic !== topicOf(family)) return undefined;
  const { offset, key, value } = record;
  return {
    partition,
    offset,
    family,
    source: header('source'),
    reason: header('reason'),
    path: header('path'),
    message: header('message'),
    original,
    receivedAt: Number(header('received_at')),
    key,
    value,
    originalBytes: Number(header('original_bytes')) || undefined,
    republished: false,
  };
}

/** A line of the overview: letters of one family and reason. */
export type Overview = {
  readonly family: Family;
  readonly reason: string;
  readonly letters: number;
  readonly republished: number;
  /** ISO UTC, by first receipt. */
  readonly first: string;
  readonly last: string;
};

/** Counts letters by family and reason, families in the order of the contract. */
export function overview(letters: readonly Letter[]): Overview[] {
  const groups = Map.groupBy(letters, ({ family, reason }) => `${families.indexOf(family)} ${reason}`);
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, those]) => {
      const { family, reason } = those[0]!;
      const times = those.map(({ receivedAt }) => receivedAt);
      const iso = (at: number): string => new Date(at).toISOString();
      return {
        family,
        reason,
        letters: those.length,
        republished: those.filter(({ republished }) => republished).length,
        first: iso(times.reduce((a, b) => Math.min(a, b))),
        last: iso(times.reduce((a, b) => Math.max(a, b))),
      };
    });
}
