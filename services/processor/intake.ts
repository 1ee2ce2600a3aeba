import { decodeEvent } from '../events/codec.ts';
import { entityKeyOf } from '../events/entity.ts';
import type { Family } from '../events/families.ts';
import { checkEvent } from '../events/validate.ts';
import type { KafkaRecord } from '../kafka/partition-fetcher.ts';
import { partitionOf } from '../kafka/partition-of.ts';
import type { Hop, Received } from '../runtime/task.ts';

/** Headers of records that the pipeline itself puts into an events topic. */
export const hopHeader = 'tidemark-hop';
export const receivedAtHeader = 'tidemark-received-at';

/** Why a record was set aside: a closed list. */
export type DeadLetterReason = 'malformed' | 'unknown-schema' | 'invalid' | 'too-late';

/** A record as it is to go to `dead-letters`; nothing of the original is lost. */
export type DeadLetter = {
  readonly family: Family;
  readonly source: string;
  readonly reason: DeadLetterReason;
  /** JSON path of the field at fault. */
  readonly path: string;
  readonly message: string;
};

/** What a record turns out to be. */
export type Intake =
  | { readonly outcome: 'event'; readonly received: Received }
  | { readonly outcome: 'stray'; readonly received: Received; readonly partition: number }
  | { readonly outcome: 'dead-letter'; readonly deadLetter: DeadLetter; readonly receivedAt: number };

/**
 * Reads one record of a family: a bad one is an outcome, not an exception.
 *
 * @param partition The partition it was read from; an event whose entity lives in another one is a stray.
 */
export function takeIn(family: Family, record: KafkaRecord, partition: number, partitions: number): Intake {
  const hop = hopOf(record);
  const receivedAt = hop === 'first' ? record.timestamp : Number(String(record.headers[receivedAtHeader]));
  const setAside = (reason: DeadLetterReason, path: string, message: string, source = ''): Intake => ({
    outcome: 'dead-letter',
    deadLetter: { family, source, reason, path, message },
    receivedAt,
  });
  if (record.value === null)
    return setAside('malformed', '$', 'The record has no value; publish the event as framed Avro.');
  const decoded = decodeEvent(family, record.value);
  if (!decoded.ok) return setAside(decoded.reason, '$', decoded.message);
  const { event } = decoded;
  if (hop === 'first') {
    const fault = checkEvent(event, { now: receivedAt });
    if (fault !== undefined)
      return setAside(fault.tooLate ? 'too-late' : 'invalid', fault.path, fault.message, event.source);
  }
  const key = entityKeyOf(event);
  const received: Received = { family, key, event, bytes: record.value, receivedAt, hop };
  const home = partitionOf(key, partitions);
  return home === partition
    ? { outcome: 'event', received }
    : { outcome: 'stray', received, partition: home };
}

function hopOf(record: KafkaRecord): Hop {
  const hop = record.headers[hopHeader]?.toString();
  return hop === 'stray' || hop === 'derived' ? hop : 'first';
}
