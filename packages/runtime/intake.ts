import { decodeEvent, sizeFault } from '@tidemark/events/codec';
import { entityKeyOf } from '@tidemark/events/entity';
import type { Family, Retention } from '@tidemark/events/families';
import type { Fault } from '@tidemark/events/fault';
import type { Event } from '@tidemark/events/types';
import { checkEvent } from '@tidemark/events/validate';
import { partitionOf } from '@tidemark/events/partition-of';
import type { Hop, Received } from './task.ts';

/**
 * Header of a record that the pipeline itself puts into an events topic: why it is there, a `Hop`; in the topics of a later
 * generation also `fed`, of a record that was copied from the topic in which it was received.
 */
export const hopHeader = 'tidemark-hop';
/** Header of the same records: when the event was first received, in milliseconds since the epoch, as decimal text. */
export const receivedAtHeader = 'tidemark-received-at';

/** What of a Kafka record the intake reads; of the headers only the pipeline's own. */
export type IncomingRecord = {
  readonly value: Buffer | null;
  /** The broker's time of receipt, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
};

/** Why a record was set aside: a closed list. */
export type DeadLetterReason =
  | 'malformed'
  | 'unknown-schema'
  | 'invalid'
  | 'too-late'
  | 'uncountable'
  | 'void-without-target'
  | 'forgotten';

/** A record as it is to go to `dead-letters`; nothing of the original is lost. */
export type DeadLetter = {
  readonly family: Family;
  readonly source: string;
  readonly reason: DeadLetterReason;
  /** JSON path of the field at fault. */
  readonly path: string;
  readonly message: string;
};

/** UTF-16 units of a source at most: twice the code points that are valid. */
const sourceUnitsMax = 512;

/** What a record turns out to be. */
export type Intake =
  | { readonly outcome: 'event'; readonly received: Received }
  | { readonly outcome: 'stray'; readonly received: Received; readonly partition: number }
  | {
      readonly outcome: 'dead-letter';
      readonly deadLetter: DeadLetter;
      readonly receivedAt: number;
      /** Event time of one that is too late and nothing else; what else is wrong may be its time. */
      readonly occurredAt: number | undefined;
      readonly hop: Hop;
    };

/**
 * Reads one record of a family: a bad one is an outcome, not an exception.
 *
 * @param partition The partition it was read from; an event whose entity lives in another one is a stray.
 * @param retention How old events may be; that of the contract by default.
 * @param isRecount Whether the topic is one that a recount fills, so that its headers are to be trusted.
 * @param isForgotten Whether an event is refused because it is of a customer who was forgotten.
 */
export function takeIn(
  family: Family,
  record: IncomingRecord,
  partition: number,
  partitions: number,
  retention?: Retention,
  isRecount = false,
  isForgotten: (event: Event, hop: Hop) => boolean = () => false,
): Intake {
  const { hop, receivedAt } = wayOf(record, isRecount);
  const setAside = (reason: DeadLetterReason, path: string, message: string, event?: Event): Intake => ({
    outcome: 'dead-letter',
    // A source that is no source would be a name of its own in every count.
    deadLetter: { family, source: sourceOf(event), reason, path, message },
    receivedAt,
    occurredAt: reason === 'too-late' ? event?.occurred_at : undefined,
    hop,
  });
  if (record.value === null)
    return setAside('malformed', '$', 'The record has no value; publish the event as framed Avro.');
  const size = sizeFault(record.value.length);
  if (size !== undefined) return setAside('invalid', size.path, size.message);
  const decoded = decodeEvent(family, record.value);
  if (!decoded.ok) return setAside(decoded.reason, '$', decoded.message);
  const { event } = decoded;
  if (isForgotten(event, hop)) return setAside('forgotten', '$', forgottenMessage, event);
  const fault = faultOf(event, { hop, arrivedAt: record.timestamp, receivedAt, retention });
  if (fault !== undefined)
    return setAside(fault.tooLate ? 'too-late' : 'invalid', fault.path, fault.message, event);
  const key = entityKeyOf(event);
  const received: Received = { family, key, event, bytes: record.value, receivedAt, hop };
  const home = partitionOf(key, partitions);
  return home === partition
    ? { outcome: 'event', received }
    : { outcome: 'stray', received, partition: home };
}

function sourceOf(event: Event | undefined): string {
  return event === undefined || event.source.length > sourceUnitsMax ? '' : event.source;
}

/** A record whose counting failed again and again, set aside whatever it was taken for. */
export function asUncountable(family: Family, intake: Intake, message: string): Intake {
  if (intake.outcome === 'dead-letter') return intake;
  const { event, receivedAt, hop } = intake.received;
  return {
    outcome: 'dead-letter',
    deadLetter: { family, source: event.source, reason: 'uncountable', path: '$', message },
    receivedAt,
    occurredAt: event.occurred_at,
    hop,
  };
}

/** How the record came, and when it was first received. Headers that are not ours to read count for nothing. */
function wayOf(
  record: IncomingRecord,
  isRecount: boolean,
): { readonly hop: Hop; readonly receivedAt: number } {
  const hop = record.headers[hopHeader]?.toString();
  const receivedAt = record.headers[receivedAtHeader]?.toString() ?? '';
  const isTime = /^\d{1,15}$/.test(receivedAt);
  if (isRecount && isTime && hop === 'fed') return { hop: 'first', receivedAt: Number(receivedAt) };
  const isOurs =
    hop === 'stray' || hop === 'derived' || hop === 'again' || (isRecount && hop === 'recounted');
  return isOurs && isTime
    ? { hop, receivedAt: Number(receivedAt) }
    : { hop: 'first', receivedAt: record.timestamp };
}

type Judged = Fault & { readonly tooLate: boolean };

/** How an event came, when it arrived and when it was first received, and how old it may be. */
type Arrived = {
  readonly hop: Hop;
  readonly arrivedAt: number;
  readonly receivedAt: number;
  readonly retention: Retention | undefined;
};

/**
 * What is wrong with an event. Every record is judged, however it came: headers are no proof of anything. An event is as
 * late as it was at its first receipt; one that was ahead of the clock then, and is re-published, may be right by now.
 */
function faultOf(event: Event, { hop, arrivedAt, receivedAt, retention }: Arrived): Judged | undefined {
  const fault = checkEvent(event, { now: hop === 'again' ? arrivedAt : receivedAt, retention });
  switch (hop) {
    case 'first':
      if (fault === undefined && 'derived_from' in event && event.derived_from !== null) return notDerived;
      return fault;
    case 'stray':
      return fault;
    case 'recounted':
      // It was accepted by the rules of its time.
      return undefined;
    case 'derived':
      // A purchase is taken however old it is, and the checkout that follows from it with it.
      return fault?.tooLate ? undefined : fault;
    case 'again':
      return fault?.tooLate && !checkEvent(event, { now: receivedAt, retention })?.tooLate
        ? undefined
        : fault;
  }
}

const forgottenMessage =
  'The event is of a customer who was forgotten; it is not stored. A customer who comes back needs a new customer_id.';

const notDerived: Judged = {
  path: '$.derived_from',
  message: 'derived_from is the pipeline’s own; leave it out, a purchase with a cart_id checks its cart out.',
  tooLate: false,
};
