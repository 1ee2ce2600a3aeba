import { decodeEvent } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Family } from '@tidemark/events/families';
import { partitionOf } from '@tidemark/events/partition-of';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import type { OutgoingRecord, Send } from '@tidemark/kafka/transactional-producer';
import { hopHeader, receivedAtHeader } from '@tidemark/runtime/intake';
import type { Destination } from './history.ts';

/** A record with the family of its topic, and the partition that it was read from. */
export type Source = { readonly family: Family; readonly partition: number; readonly record: KafkaRecord };

/**
 * A record that arrived, on its way into a later generation with the time of its receipt; `undefined` for what the first
 * generation has put there itself: it moved a record whose original is copied, or derived an event that the new one derives too.
 */
export function arrivedSend(source: Source, to: Destination): Send | undefined {
  const { record } = source;
  switch (hopOf(record)) {
    case 'stray':
    case 'derived':
      return undefined;
    case 'again':
      return sendOf(source, to, record.headers);
    default:
      return sendOf(source, to, {
        ...record.headers,
        [hopHeader]: 'fed',
        [receivedAtHeader]: String(record.timestamp),
      });
  }
}

/**
 * A record that waited in the topics of the generation before when the cut was made, as it is; `undefined` for one that is
 * given again in another way.
 *
 * @param isFirst Whether that generation is the first, whose topics are those in which events arrive.
 */
export function pendingSend(source: Source, to: Destination, isFirst: boolean): Send | undefined {
  const hop = hopOf(source.record);
  const isPending = isFirst ? hop === 'stray' : hop !== 'derived';
  return isPending ? sendOf(source, to, source.record.headers) : undefined;
}

/** What the pipeline says of the record, where that is to be believed: it always gives the time of receipt too. */
function hopOf({ headers }: KafkaRecord): string | undefined {
  const isTimed = /^\d{1,15}$/.test(headers[receivedAtHeader]?.toString() ?? '');
  return isTimed ? headers[hopHeader]?.toString() : undefined;
}

function sendOf(
  { family, partition, record }: Source,
  { eventsOf, partitions }: Destination,
  headers: Readonly<Record<string, Buffer | string | undefined>>,
): Send {
  const { key, value } = record;
  const decoded = value === null ? undefined : decodeEvent(family, value);
  // What cannot be read becomes a dead letter, in any partition.
  const home = decoded?.ok ? partitionOf(entityKeyOf(decoded.event), partitions) : partition % partitions;
  const kept = Object.entries(headers).filter(([, text]) => text !== undefined);
  const outgoing: OutgoingRecord = {
    key,
    value,
    headers: Object.fromEntries(kept) as Record<string, Buffer | string>,
  };
  return { topic: eventsOf(family), partition: home, records: [outgoing] };
}
