import type { Json } from '../translated.ts';

type Changes = { readonly [field: string]: unknown };

/** A time of 2026 as Zendesk writes that of an event. */
const deskTime = (short: string): string =>
  `2026-${short}${short.includes('T') ? '' : 'T00:00'}:00.123456789Z`;

/** A help desk as far as its webhooks show it: what happens to a ticket is a delivery each. */
export class Desk {
  readonly deliveries: Json[] = [];
  readonly #tickets = new Map<string, Json>();

  /** Records an event of a ticket, which it changes. */
  emit(name: string, ticket: string, at: string, event: Json = {}, changes: Changes = {}): Json {
    const detail: Json = { ...this.#tickets.get(ticket), ...changes, updated_at: deskTime(at) };
    this.#tickets.set(ticket, detail);
    const delivery = {
      account_id: 22_129_848,
      detail,
      event,
      id: `event-${this.deliveries.length + 1}`,
      subject: `zen:ticket:${ticket}`,
      time: deskTime(at),
      type: `zen:event-type:ticket.${name}`,
      zendesk_event_version: '2022-11-06',
    };
    this.deliveries.push(delivery);
    return delivery;
  }

  /** A customer brings a case. */
  open(ticket: string, customer: string, at: string, changes: Changes = {}): Json {
    const made = {
      id: ticket,
      requester_id: customer,
      assignee_id: '',
      status: 'NEW',
      created_at: deskTime(at).replace(/\.\d+/, ''),
      via: { channel: 'email' },
      ...changes,
    };
    return this.emit('created', ticket, at, {}, made);
  }

  /** Somebody writes. */
  comment(ticket: string, id: string, at: string, by: string, changes: Changes = {}): Json {
    const author = { id: by, is_staff: by.startsWith('agent'), name: 'A name' };
    return this.emit('comment_added', ticket, at, {
      comment: { id, body: 'Words', is_public: true, author, ...changes },
    });
  }

  /** The status of a ticket becomes another one. */
  status(ticket: string, at: string, current: string): Json {
    const previous = this.#tickets.get(ticket)?.['status'];
    return this.emit('status_changed', ticket, at, { current, previous }, { status: current });
  }
}

/** A month of a help desk in which all happens that is translated. */
export function month(): Desk {
  const desk = new Desk();
  // Answered, solved, opened again by the customer within one action, solved once more, closed and archived.
  desk.open('1', '71', '03-02T09:00');
  desk.comment('1', '101', '03-02T09:00', '71');
  desk.comment('1', '102', '03-02T09:30', 'agent-1', { is_public: false });
  desk.comment('1', '103', '03-02T10:00', 'agent-1');
  desk.emit('agent_assignment_changed', '1', '03-02T10:00', {}, { assignee_id: 'agent-1' });
  desk.status('1', '03-02T10:00', 'PENDING');
  desk.status('1', '03-02T11:00', 'SOLVED');
  desk.comment('1', '104', '03-03T08:00', '71');
  desk.status('1', '03-03T08:00', 'OPEN');
  desk.comment('1', '105', '03-03T09:00', 'agent-1');
  desk.status('1', '03-03T09:00', 'SOLVED');
  desk.status('1', '03-07T09:00', 'CLOSED');
  desk.status('1', '03-30T09:00', 'ARCHIVED');
  // A call that is over when it is written down.
  desk.open('2', '72', '03-04T12:00', { status: 'SOLVED', via: { channel: 'phone_call_inbound' } });
  // The same thing twice: the second goes on in the first.
  desk.open('3', '73', '03-05T09:00', { via: { channel: 'native_messaging' } });
  desk.open('4', '73', '03-05T09:10', { via: { channel: 'web_form' } });
  desk.emit('merged', '4', '03-05T09:20', { target_ticket_id: '3' }, { status: 'CLOSED' });
  desk.comment('3', '106', '03-05T09:30', 'agent-2');
  return desk;
}
