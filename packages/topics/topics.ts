import { duration } from '@tidemark/service/settings';
import { families, topicOf } from '@tidemark/events/families';

/** A topic as the system needs it. The replication factor is the broker's default. */
export type Topic = {
  readonly name: string;
  /** The same number for all that tasks use: task n reads and writes partition n of each. One for the alerts. */
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** Whether what is deleted early is lost: a service has yet to read it. */
  readonly isRead?: boolean;
};

/** The topic of facts. */
export const factsTopic = 'facts';

/** Partitions of every topic unless `PARTITIONS` says otherwise. */
export const partitionsDefault = 4;

const minute = 60_000;
const day = 86_400_000;
const megabyte = 1024 * 1024;

/** For how long Kafka keeps events and facts; a service refuses topics that are set to less. */
export const topicSettings = {
  TOPIC_RETENTION: duration(
    'How long Kafka keeps events and facts at least: the longest pause of a processor or a sink. Topics that are set to less are refused.',
    '30d',
  ),
};

/** For how long facts and events are kept unless `TOPIC_RETENTION` says otherwise. */
export const factsRetentionMs = 30 * day;

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
  // A reader that has read a key must have the time to read its tombstone.
  'delete.retention.ms': String(day),
  'max.message.bytes': String(4 * megabyte),
};

/**
 * Every topic of the system.
 *
 * @param partitions Of each topic but those of the alerts. An entity's partition follows from it: with another number all
 *   has to be counted anew.
 * @param retentionMs Of events and facts, in milliseconds.
 */
export function topics(partitions: number, retentionMs = factsRetentionMs): readonly Topic[] {
  const topic = (name: string, config: Topic['config']): Topic => ({ name, partitions, config });
  return [
    ...families.map((family) => ({
      ...topic(topicOf(family), {
        ...deleted(retentionMs),
        // The record's time is that of its receipt, whatever the client's clock says.
        'message.timestamp.type': 'LogAppendTime',
      }),
      isRead: true,
    })),
    {
      ...topic(factsTopic, {
        ...deleted(retentionMs),
        'max.message.bytes': String(4 * megabyte),
        // A processor whose clock is behind would have its facts deleted early; and the answer has the broker's time.
        'message.timestamp.type': 'LogAppendTime',
      }),
      isRead: true,
    },
    topic('counters', compacted),
    topic('state', compacted),
    // Events of entities that left the state: read by a recount alone, and by who is to be forgotten.
    topic('archive', { ...compacted, 'compression.type': 'zstd', 'segment.bytes': String(256 * megabyte) }),
    // Larger than the records of events: a dead letter has a record before a client compressed it, or its first part.
    topic('dead-letters', { ...deleted(400 * day), 'max.message.bytes': String(2 * megabyte) }),
    // One instance of the alerts service leads, and writes. Commands of people are in the other topic.
    { ...topic('alerts', compacted), partitions: 1 },
    { ...topic('alert-commands', deleted(7 * day)), partitions: 1 },
  ];
}
