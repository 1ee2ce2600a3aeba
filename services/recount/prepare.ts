import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { families, topicOf } from '@tidemark/events/families';
import { deleteGroup, deleteTopics, partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type Send, TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { Failure } from '@tidemark/service/failures';
import { type Generation, generationOf, taskId } from '@tidemark/topics/generation';
import { feedGroup } from '@tidemark/topics/groups';
import {
  compactionLagMs,
  asSet,
  type TopicChoices,
  topics,
  topicsOfGeneration,
} from '@tidemark/topics/topics';
import { auditSend, factsLeft, readReceipts, type Receipts, receiptsSend } from './carried.ts';
import { makeCut, numbers } from './cut.ts';
import { journalKey, journalSend, type Made, type Purpose, readJournal, type StateCut } from './journal.ts';
import { Mirror } from './mirror.ts';

const lookEveryMs = 500;

/** What the making of a generation needs. */
export type PrepareOptions = {
  readonly client: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly application: string;
  readonly sinkGroup: string;
  readonly directory: string;
  readonly purpose: Purpose;
  /** Partitions of the new generation; those of the one before when not given. */
  readonly partitions: number | undefined;
  /** How long the new topics keep events and facts, in milliseconds. */
  readonly retentionMs: number;
  readonly choices: TopicChoices;
  /** Whether the counts of receipt are carried over; they are not when ClickHouse has lost them. */
  readonly withAudit: boolean;
  readonly now: () => number;
  readonly report: (sentence: string) => void;
};

/**
 * Makes the next generation: its topics, the copy of the state, the cut, and what is carried over. Nothing of what serves
 * changes; its tasks begin anew once. A run that was cut off is begun from the beginning by the next one.
 *
 * @throws Failure `settings.invalid` for fewer partitions than before or than events arrive in; `kafka.fenced`, …
 */
export async function prepare(options: PrepareOptions): Promise<Made> {
  const { client, report } = options;
  const { KAFKA_PREFIX: prefix } = client.settings;
  await ensureTopics(client, topicOfGenerations(prefix));
  const journal = await readJournal(client);
  const from = generationOf(journal.serving.generation, prefix);
  const unready = [...journal.made.values()].find(({ isReady }) => !isReady);
  const number = unready?.number ?? Math.max(from.number, ...journal.made.keys()) + 1;
  const to = generationOf(number, prefix);
  const counts = await partitionCounts(client, [
    from.state,
    ...families.map((family) => topicOf(family, prefix)),
  ]);
  const before = counts.get(from.state) ?? 0;
  const received = counts.get(topicOf(families[0]!, prefix)) ?? 0;
  const partitions = options.partitions ?? before;
  if (partitions < Math.max(before, received))
    throw new Failure(
      'settings.invalid',
      `a generation may not have fewer partitions than the one before: give ${Math.max(before, received)} or more`,
    );
  if (unready !== undefined) {
    report(`Generation ${number} was begun and not made: it is begun again.`);
    await removeTopics(client, to);
  }
  const { purpose } = options;
  const made: Made = { number, from: from.number, partitions, purpose, entities: 0, isReady: false };
  const wanted = topicsOfGeneration(partitions, to, options.retentionMs);
  await ensureTopics(client, asSet(wanted, options.choices));
  const producer = new TransactionalProducer(client, { transactionalId: taskId(to.own(feedGroup), 0) });
  try {
    await producer.fence();
    await producer.commit({
      sends: [journalSend(client, journalKey.made(number), made)],
      offsets: [],
      groupId: '',
    });
    report(`Copying the state of ${before} partitions.`);
    const copies = await openCopies(options, from, to, before);
    const { cuts, entities } = await cutWith(copies, options, { from, to, partitions: before, received });
    const ready = { ...made, entities, isReady: true };
    const sends = [
      ...(options.withAudit ? [await carriedAudit(options, from, to, cuts)] : []),
      ...copies.map(({ receipts }, partition) => receiptsSend(receipts, to, partition)),
      journalSend(client, journalKey.made(number), ready),
    ];
    await producer.commit({ sends, offsets: [], groupId: '' });
    return ready;
  } finally {
    await producer.close();
  }
}

/** The audit of before the cut, once the sinks have all of it. */
async function carriedAudit(
  { client, clickhouse, sinkGroup, report }: PrepareOptions,
  from: Generation,
  to: Generation,
  cuts: readonly StateCut[],
): Promise<Send> {
  report('Waiting for the sink to have the facts of before the cut.');
  while ((await factsLeft(client, from, from.own(sinkGroup), cuts)) > 0) await sleep(lookEveryMs);
  return auditSend(clickhouse, from, to, cuts[0]!.at);
}

type Copy = { readonly mirror: Mirror; readonly receipts: Receipts; counted: number };

async function openCopies(
  { client, directory }: PrepareOptions,
  from: Generation,
  to: Generation,
  partitions: number,
): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const partition of numbers(partitions)) {
    const place = join(directory, `g${to.number}`, String(partition));
    Mirror.wipe(place);
    const mirror = await Mirror.open(place);
    const receipts: Receipts = new Map();
    await mirror.read(client, { topic: from.state, partition });
    const counted = await readReceipts(client, { topic: from.counters, partition, from: 0 }, receipts);
    copies.push({ mirror, receipts, counted });
  }
  return copies;
}

/** Makes the cut, and brings the copies to it. */
async function cutWith(
  copies: readonly Copy[],
  { client, application, now, report }: PrepareOptions,
  of: {
    readonly from: Generation;
    readonly to: Generation;
    readonly partitions: number;
    readonly received: number;
  },
): Promise<{ readonly cuts: readonly StateCut[]; readonly entities: number }> {
  const { from, to, partitions, received } = of;
  let entities = 0;
  report('Making the cut.');
  const cuts = await makeCut(client, {
    from,
    to: to.number,
    application,
    feedGroup,
    partitions,
    received,
    now,
  });
  for (const [partition, { state, counters }] of cuts.entries()) {
    const { mirror, receipts, counted } = copies[partition]!;
    // From here a record of the copy may be one that the topic has forgotten, but none that it lacks.
    if (mirror.position > state || counted > counters)
      throw new Failure(
        'kafka.protocol',
        `partition ${partition} of ${from.state} ends before what was read`,
      );
    await mirror.read(client, { topic: from.state, partition }, state);
    await readReceipts(client, { topic: from.counters, partition, from: counted }, receipts, counters);
    entities += await mirror.count();
    await mirror.close();
  }
  if (now() - cuts[0]!.at > compactionLagMs)
    throw new Failure(
      'kafka.stalled',
      'reading up to the cut took so long that records may be gone; begin again',
    );
  return { cuts, entities };
}

/** Deletes the topics of a generation, and the offsets of its groups. */
async function removeTopics(client: KafkaClient, generation: Generation): Promise<void> {
  await deleteGroup(client, generation.own(feedGroup));
  await deleteTopics(
    client,
    topicsOfGeneration(1, generation).map(({ name }) => name),
  );
}

function topicOfGenerations(prefix: string): ReturnType<typeof topics> {
  const { shared } = generationOf(1, prefix);
  return topics(1, prefix).filter(({ name }) => name === shared.generations);
}
