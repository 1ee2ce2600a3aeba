import type { Mapping } from '@tidemark/sources/mapping';
import { filled } from '@tidemark/sources/mapping/filled';
import { objectIn, textIn } from '@tidemark/sources/translated';
import type { Carried } from '../../cloud-events.ts';

/** Calls of Segment's protocol that carry a message each. */
export const calls = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;

const known: ReadonlySet<unknown> = new Set(calls);

/** What a message becomes. It depends on the message alone, so that order, repetition and delay do not matter. */
export type MessageEvents = {
  readonly items: readonly Carried[];
  /** Why it gives no event. Few different texts: a metric counts them. */
  readonly passedOver?: string;
};

function wrong(path: string, message: string): MessageEvents {
  return { items: [{ event_id: null, fault: { path, message } }] };
}

/**
 * A message of Segment's protocol as events.
 *
 * @see https://segment.com/docs/connections/spec/common/
 */
export function messageEvents(given: unknown, mapping: Mapping): MessageEvents {
  const message = objectIn(given);
  if (message === undefined) return wrong('$', 'A message is a JSON object.');
  const { type, messageId, event } = message;
  if (!known.has(type)) return wrong('$.type', `type is one of ${calls.join(', ')}.`);
  if (textIn(messageId) === undefined)
    return wrong(
      '$.messageId',
      'messageId is missing; send one of its own: what has the same one counts once.',
    );
  if (type === 'track' && textIn(event) === undefined)
    return wrong('$.event', 'event is missing: a call of track has a name.');
  // RudderStack's libraries have the time under the other name. Neither is corrected by when it was sent: a repetition would
  // have another time.
  const timestamp = textIn(message['timestamp']) ?? textIn(message['originalTimestamp']);
  if (timestamp === undefined)
    return wrong('$.timestamp', 'timestamp is missing; send when it happened, as 2026-05-31T08:00:00Z.');
  const events = filled({ ...message, timestamp }, mapping);
  if (events.length === 0) return { items: [], passedOver: `unmapped_${type as string}` };
  return {
    items: events.flatMap((one): Carried[] =>
      'event' in one
        ? [{ value: one.event }]
        : one.faults.map(({ field, message: text }) => ({
            event_id: null,
            fault: { path: `$.${field}`, message: `${one.type}: ${text}` },
          })),
    ),
  };
}
