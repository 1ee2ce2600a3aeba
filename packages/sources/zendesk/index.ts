import {
  nothing,
  objectIn,
  present,
  textIn,
  timeOf,
  unreadable,
  type Json,
  type Translated,
} from '../translated.ts';
import { channelOf } from './channels.ts';

/** An event of a ticket, as the webhooks of Zendesk carry it. */
type Delivery = {
  readonly id: string;
  /** When it happened, milliseconds since the epoch. */
  readonly at: number;
  readonly ticket: string;
  /** The ticket after the event. */
  readonly detail: Json;
  /** What happened to it. */
  readonly event: Json;
};

/** Of what one action does at one time, the message comes before the end of the case. */
const sequences = { opened: 0, reopened: 1, message: 2, resolved: 3, merged: 4 } as const;

const prefix = 'zen:event-type:ticket.';
const ended: ReadonlySet<string> = new Set(['SOLVED', 'CLOSED']);
/** What becomes of closed tickets by itself, or by deletion; no case is opened again by it. */
const gone: ReadonlySet<string> = new Set(['ARCHIVED', 'DELETED', 'SCRUBBED']);

const translators: { readonly [event: string]: (delivery: Delivery) => Translated } = {
  created: openedEvents,
  comment_added: messageEvents,
  status_changed: statusEvents,
  merged: mergedEvents,
};

/**
 * An event of a ticket of Zendesk as events.
 *
 * @param body The parsed body of a webhook, whose signature is checked.
 * @see https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
 */
export function zendeskEvents(body: unknown): Translated {
  const given = objectIn(body);
  const [type, id, at] = [textIn(given?.['type']), textIn(given?.['id']), timeOf(given?.['time'])];
  const [detail, event] = [objectIn(given?.['detail']), objectIn(given?.['event']) ?? {}];
  if (type === undefined || id === undefined || at === undefined || detail === undefined)
    return unreadable(
      'An event of Zendesk has "type", "id", "time" and "detail"; connect the webhook to events, not to a trigger.',
    );
  if (!type.startsWith(prefix)) return nothing('unmapped');
  const ticket = textIn(detail['id']);
  if (ticket === undefined) return unreadable('A ticket of Zendesk has an "id" in "detail".');
  const name = type.slice(prefix.length);
  const translate = Object.hasOwn(translators, name) ? translators[name] : undefined;
  return translate === undefined ? nothing('unmapped') : translate({ id, at, ticket, detail, event });
}

/** The id of somebody; Zendesk writes nobody as an empty text or as 0. */
function personIn(value: unknown): string | undefined {
  const id = textIn(value);
  return id === '0' ? undefined : id;
}

/** An event of the case of a ticket. */
function eventOf(
  verb: keyof typeof sequences,
  { ticket, detail, at }: Delivery,
  eventId: string,
  fields: Json = {},
): Json {
  return present({
    event_id: `zendesk:${eventId}`,
    type: `contact.${verb}`,
    occurred_at: new Date(at).toISOString(),
    sequence: sequences[verb],
    case_id: ticket,
    customer_id: personIn(detail['requester_id']),
    channel: channelOf(textIn(objectIn(detail['via'])?.['channel'])),
    agent: personIn(detail['assignee_id']),
    ...fields,
  });
}

/** A new ticket; one that is made as solved, as of a call that is over, is also resolved. */
function openedEvents(delivery: Delivery): Translated {
  const { ticket, detail, at } = delivery;
  const made = { ...delivery, at: timeOf(detail['created_at']) ?? at };
  const opened = eventOf('opened', made, `ticket:${ticket}:opened`);
  const isOver = ended.has(statusIn(detail['status']));
  const events = isOver ? [opened, eventOf('resolved', made, `ticket:${ticket}:made_solved`)] : [opened];
  return { events, passedOver: [] };
}

/** Within so many milliseconds of its ticket a comment is what the ticket was made with. */
const openingMs = 2_000;

/**
 * A public comment is a message, from whoever is no agent to us and from agents to the customer. The one that a ticket is
 * made with is the first contact itself, which the ticket reports.
 */
function messageEvents(delivery: Delivery): Translated {
  const comment = objectIn(delivery.event['comment']);
  const author = objectIn(comment?.['author']);
  const id = textIn(comment?.['id']);
  if (id === undefined || author === undefined)
    return unreadable('A comment of Zendesk has "id" and "author" in "event.comment".');
  if (comment?.['is_public'] !== true) return nothing('internal_note');
  const madeAt = timeOf(delivery.detail['created_at']);
  if (madeAt !== undefined && delivery.at - madeAt < openingMs) return nothing('opening_comment');
  const isStaff = author['is_staff'] === true;
  const message = eventOf('message', delivery, `comment:${id}`, {
    direction: isStaff ? 'outbound' : 'inbound',
    ...(isStaff ? { agent: personIn(author['id']) } : {}),
  });
  return { events: [message], passedOver: [] };
}

function statusIn(value: unknown): string {
  return textIn(value)?.toUpperCase() ?? '';
}

/** Solved and closed are the end of a case; what comes back from there is open again. */
function statusEvents(delivery: Delivery): Translated {
  const { id, event } = delivery;
  const [now, was] = [statusIn(event['current']), statusIn(event['previous'])];
  if (now === '' || was === '')
    return unreadable('A change of status of Zendesk has "current" and "previous".');
  if (gone.has(now) || gone.has(was)) return nothing('ticket_deleted');
  if (ended.has(now) === ended.has(was)) return nothing('status_between');
  return { events: [eventOf(ended.has(now) ? 'resolved' : 'reopened', delivery, id)], passedOver: [] };
}

/** The ticket goes on in another one. */
function mergedEvents(delivery: Delivery): Translated {
  const into = personIn(delivery.event['target_ticket_id']);
  if (into === undefined) return unreadable('A merge of Zendesk has "target_ticket_id" in "event".');
  const merged = eventOf('merged', delivery, `ticket:${delivery.ticket}:merged`, { into_case_id: into });
  return { events: [merged], passedOver: [] };
}
