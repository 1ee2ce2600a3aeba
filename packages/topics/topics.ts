import { families } from '@tidemark/events/families';
import { Failure } from '@tidemark/service/failures';
import { duration, integer, optional, type SettingsOf } from '@tidemark/service/settings';
import { type Generation, generationOf, sharedTopics } from './generation.ts';

/** A topic as the system needs it. */
export type Topic = {
  readonly name: string;
  /** The same number for all that tasks use: task n reads and writes partition n of each. One for the alerts. */
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** Whether what is deleted early is lost: a service has yet to read it. */
  readonly isRead?: boolean;
  /** Whether its retention is the operator's choice: one that differs is only a warning, until somebody corrects it. */
  readonly isChosen?: boolean;
  /** How many brokers have each partition; the broker's default where it is not given. */
  readonly copies?: number | undefined;
};

/** Partitions of every topic unless `PARTITIONS` says otherwise. */
export const partitionsDefault = 4;

const minute = 60_000;
/** For how long at least `state` and `counters` have a record that another one of its key came after. */
export const compactionLagMs = 10 * minute;
const day = 86_400_000;
const megabyte = 1024 * 1024;

/** For how long Kafka keeps events and facts; a service refuses topics that are set to less. */
export const topicSettings = {
  TOPIC_RETENTION: duration(
    'How long Kafka keeps events and facts at least: the longest pause of a processor or a sink. Topics that are set to less are refused.',
    '30d',
  ),
  DEAD_LETTER_RETENTION: duration(
    'How long Kafka keeps dead letters: for that long they can be listed and published again.',
    '400d',
  ),
  REPLICATION: optional(
    integer(
      'How many brokers keep a copy of each partition: topics are made so, and refused with fewer. As the brokers say when not set.',
      undefined,
      { min: 1, max: 100 },
    ),
  ),
  MIN_INSYNC: optional(
    integer(
      'How many of the copies must have a record before it counts as written: topics are made so, and refused with less. Less than ' +
        'REPLICATION, so that a broker may be down. As the brokers say when not set.',
      undefined,
      { min: 1, max: 100 },
    ),
  ),
};

/** What the operator chooses of topics: how often Kafka has each record, and how long it keeps dead letters. */
export type TopicChoices = Pick<
  SettingsOf<typeof topicSettings>,
  'REPLICATION' | 'MIN_INSYNC' | 'DEAD_LETTER_RETENTION'
>;

/**
 * Checks that records can be written with so many copies.
 *
 * @throws Failure `settings.invalid` when every broker would have to be up.
 */
export function checkCopies({
  REPLICATION,
  MIN_INSYNC,
}: Pick<TopicChoices, 'REPLICATION' | 'MIN_INSYNC'>): void {
  if (MIN_INSYNC === undefined || MIN_INSYNC === 1 || REPLICATION === undefined) return;
  if (MIN_INSYNC >= REPLICATION)
    throw new Failure(
      'settings.invalid',
      `MIN_INSYNC is ${MIN_INSYNC} and REPLICATION ${REPLICATION}: nothing could be written while a broker is down; ` +
        'set MIN_INSYNC to less, usually to 2 of 3',
    );
}

/** The topics as the settings have them. */
export function asSet(
  topics: readonly Topic[],
  { REPLICATION, MIN_INSYNC, DEAD_LETTER_RETENTION }: TopicChoices,
): readonly Topic[] {
  return topics.map((topic) => ({
    ...topic,
    copies: REPLICATION,
    config: {
      ...topic.config,
      ...(MIN_INSYNC === undefined ? {} : { 'min.insync.replicas': String(MIN_INSYNC) }),
      ...(topic.isChosen ? { 'retention.ms': String(DEAD_LETTER_RETENTION) } : {}),
    },
  }));
}

/** For how long facts and events are kept unless `TOPIC_RETENTION` says otherwise. */
export const factsRetentionMs = 30 * day;

/** For how long dead letters are kept unless `DEAD_LETTER_RETENTION` says otherwise. */
const deadLetterRetentionMs = 400 * day;

/** Nothing is lost while the processor or the sink is down for less than this. */
const deleted = (retentionMs: number): Topic['config'] => ({
  'cleanup.policy': 'delete',
  'retention.ms': String(retentionMs),
  // What is deleted for its size may not have been counted.
  'retention.bytes': '-1',
});

/**
 * Kafka keeps the last record of each key. A segment is compacted only once it is closed, so small and short-lived ones
 * keep a restore short. The cleaner runs when a third of the log may be outdated.
 */
const compacted: Topic['config'] = {
  'cleanup.policy': 'compact',
  'segment.bytes': String(32 * megabyte),
  'segment.ms': String(60 * minute),
  'min.cleanable.dirty.ratio': '0.3',
  // However little is outdated: what was replaced or deleted has the ids of who was forgotten.
  'max.compaction.lag.ms': String(7 * day),
  // A reader that has read a key must have the time to read its tombstone.
  'delete.retention.ms': String(day),
  'max.message.bytes': String(4 * megabyte),
};

/** A recount reads up to an instant, and must find what a record was then. */
const followed: Topic['config'] = { ...compacted, 'min.compaction.lag.ms': String(compactionLagMs) };

/**
 * Every topic of a generation.
 *
 * @param partitions Of each topic. An entity's partition follows from it: with another number all has to be recounted.
 * @param names Of the generation.
 * @param retentionMs Of events and facts, in milliseconds.
 */
export function topicsOfGeneration(
  partitions: number,
  names: Generation,
  retentionMs = factsRetentionMs,
): readonly Topic[] {
  const topic = (name: string, config: Topic['config']): Topic => ({ name, partitions, config });
  return [
    ...families.map((family) => ({
      ...topic(names.eventsOf(family), {
        ...deleted(retentionMs),
        // The record's time is that of its receipt, whatever the client's clock says.
        'message.timestamp.type': 'LogAppendTime',
      }),
      isRead: true,
    })),
    {
      ...topic(names.facts, {
        ...deleted(retentionMs),
        'max.message.bytes': String(4 * megabyte),
        // A processor whose clock is behind would have its facts deleted early; and the answer has the broker's time.
        'message.timestamp.type': 'LogAppendTime',
      }),
      isRead: true,
    },
    topic(names.counters, followed),
    topic(names.state, followed),
    // Events of entities that left the state: read by a recount alone, and by who is to be forgotten.
    topic(names.archive, {
      ...compacted,
      'compression.type': 'zstd',
      'segment.bytes': String(256 * megabyte),
    }),
    // Larger than the records of events: a dead letter has a record before a client compressed it, or its first part.
    {
      ...topic(names.deadLetters, {
        ...deleted(deadLetterRetentionMs),
        'max.message.bytes': String(2 * megabyte),
      }),
      isChosen: true,
    },
  ];
}

/**
 * Every topic of the system as it begins: those of the first generation, and those that all generations share.
 *
 * @param partitions Of each topic of the generation.
 * @param prefix What their names begin with: `KAFKA_PREFIX`.
 * @param retentionMs Of events and facts, in milliseconds.
 */
export function topics(partitions: number, prefix: string, retentionMs = factsRetentionMs): readonly Topic[] {
  const { generations, forgotten, alerts, alertCommands } = sharedTopics(prefix);
  return [
    ...topicsOfGeneration(partitions, generationOf(1, prefix), retentionMs),
    // One instance of the alerts service leads, and writes. Commands of people are in the other topic.
    { name: generations, partitions: 1, config: compacted },
    { name: forgotten, partitions: 1, config: compacted },
    { name: alerts, partitions: 1, config: compacted },
    { name: alertCommands, partitions: 1, config: deleted(7 * day) },
  ];
}
