import { families, isFamily, type Family } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { Failure } from '@tidemark/service/failures';
import type { Generation } from '@tidemark/topics/generation';

/** Header of a record that is no dead letter, but lists those of its partition that were re-published. Its value is JSON. */
export const republishedHeader = 'tidemark-republished';

/** A record that cannot be counted, with the reason and its original place. */
export type DeadLetter = {
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
  /** The value; of a record that was too large its first bytes, and `originalBytes` is its full size. */
  readonly value: Buffer | null;
  readonly originalBytes: number | undefined;
  /** Whether it was re-published since. */
  readonly republished: boolean;
};

/** Selects dead letters. A field that is absent selects all. */
export type DeadLetterFilter = {
  readonly reason?: string;
  readonly family?: Family;
  readonly source?: string;
  /** First received at or after. */
  readonly from?: number;
  /** First received before. */
  readonly to?: number;
  /** A single one, by its place in the topic. */
  readonly at?: { readonly partition: number; readonly offset: number };
};

/** Whether the filter selects a dead letter. */
export function isSelected(deadLetter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { reason, family, source, from, to, at } = filter;
  return (
    (reason === undefined || deadLetter.reason === reason) &&
    (family === undefined || deadLetter.family === family) &&
    (source === undefined || deadLetter.source === source) &&
    (from === undefined || deadLetter.receivedAt >= from) &&
    (to === undefined || deadLetter.receivedAt < to) &&
    (at === undefined || (deadLetter.partition === at.partition && deadLetter.offset === at.offset))
  );
}

/**
 * Every dead letter of a generation that the filter selects, in the order of partition and offset. The others are not kept in memory.
 *
 * @throws Failure `kafka.unavailable`; `kafka.topics` when there is no such topic.
 */
export async function readDeadLetters(
  client: KafkaClient,
  names: Generation,
  filter: DeadLetterFilter,
): Promise<DeadLetter[]> {
  const topic = names.deadLetters;
  const partitions = (await partitionCounts(client, [topic])).get(topic);
  if (partitions === undefined) throw new Failure('kafka.topics', `the topic ${topic} does not exist`);
  const deadLetters: DeadLetter[] = [];
  for (let partition = 0; partition < partitions; partition++)
    deadLetters.push(...(await readPartition(client, names, partition, filter)));
  return deadLetters;
}

async function readPartition(
  client: KafkaClient,
  names: Generation,
  partition: number,
  filter: DeadLetterFilter,
): Promise<DeadLetter[]> {
  const selected: DeadLetter[] = [];
  const republished = new Set<number>();
  await readPartitionToEnd(client, {
    topic: names.deadLetters,
    partition,
    from: 0,
    onRecords(records) {
      for (const record of records) {
        for (const offset of republishedBy(record)) republished.add(offset);
        const deadLetter = deadLetterOf(record, partition, names);
        if (deadLetter !== undefined && isSelected(deadLetter, filter)) selected.push(deadLetter);
      }
    },
  });
  return selected.map((deadLetter) => ({ ...deadLetter, republished: republished.has(deadLetter.offset) }));
}

function republishedBy({ headers, value }: KafkaRecord): readonly number[] {
  if (headers[republishedHeader] === undefined || value === null) return [];
  const { offsets } = JSON.parse(value.toString()) as { readonly offsets: readonly number[] };
  return offsets;
}

/** The dead letter in a record; `undefined` for another record. */
export function deadLetterOf(
  record: KafkaRecord,
  partition: number,
  names: Generation,
): DeadLetter | undefined {
  const header = (name: string): string => record.headers[name]?.toString() ?? '';
  const family = header('family');
  const original = {
    topic: header('topic'),
    partition: Number(header('partition')),
    offset: Number(header('offset')),
  };
  if (!isFamily(family) || original.topic !== names.eventsOf(family)) return undefined;
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

/** A line of the overview: dead letters of one family and reason. */
export type Overview = {
  readonly family: Family;
  readonly reason: string;
  readonly count: number;
  readonly republished: number;
  /** ISO UTC, by first receipt. */
  readonly first: string;
  readonly last: string;
};

/** Counts dead letters by family and reason, families in the order of the contract. */
export function overview(deadLetters: readonly DeadLetter[]): Overview[] {
  const groups = Map.groupBy(deadLetters, ({ family, reason }) => `${families.indexOf(family)} ${reason}`);
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, those]) => {
      const { family, reason } = those[0]!;
      const times = those.map(({ receivedAt }) => receivedAt);
      const iso = (at: number): string => new Date(at).toISOString();
      return {
        family,
        reason,
        count: those.length,
        republished: those.filter(({ republished }) => republished).length,
        first: iso(times.reduce((a, b) => Math.min(a, b))),
        last: iso(times.reduce((a, b) => Math.max(a, b))),
      };
    });
}
