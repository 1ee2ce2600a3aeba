import type { ContactEvent, ContactVoided } from '@tidemark/events/types';
import {
  countBy,
  to,
  type Definition,
  type FactOf,
  type Instant,
  type Step,
} from '../definition/definition.ts';

/** What the fold over a case's history publishes. */
export const contactFacts = {
  /**
   * What happened to a case, when it happened. `activity`: `opened`, `message` (inbound alone), `resolved`, `reopened`.
   * `resolved_at`: the resolution that a `resolved` makes and a `reopened` undoes, null for the others; with
   * `first_resolved_at`, the first ever of the case. `first_contact`: what this adds to the cases that were resolved on
   * first contact of those opened at `opened_at`: 1, 0 or −1. `channel` is that of the case's first event.
   */
  contact_activity: {
    case_id: 'string',
    customer_id: 'string',
    channel: 'string',
    activity: 'string',
    opened_at: 'instant',
    resolved_at: 'instant?',
    first_resolved_at: 'instant?',
    first_contact: 'integer',
  },
} as const;

type Activity = FactOf<typeof contactFacts>;

/** What is known of a case from its first event on: its customer (rule 20) and its channel (rule 22). */
type Opening = {
  readonly case_id: string;
  readonly customer_id: string;
  readonly channel: string;
  readonly openedAt: Instant;
};

type Case =
  | { readonly status: 'none' }
  /** Never resolved yet; `wroteAgain` once the customer had to write after the opening. */
  | { readonly status: 'open'; readonly opening: Opening; readonly wroteAgain: boolean }
  | {
      readonly status: 'resolved';
      readonly opening: Opening;
      readonly firstAt: Instant;
      readonly resolvedAt: Instant;
      readonly onFirstContact: boolean;
    }
  | { readonly status: 'reopened'; readonly opening: Opening; readonly firstAt: Instant };

type CaseEvent = Exclude<ContactEvent, ContactVoided>;
type CaseStep = Step<Case, Activity>;

/**
 * What happens to support cases: volume, resolution, and resolution on first contact, which a reopening up to and
 * including `fcrWindowMs` after the first resolution undoes. The first event of a case opens it, whatever its type
 * (rule 20).
 */
export const contacts = (fcrWindowMs: number): Definition<Case, CaseEvent, typeof contactFacts> => ({
  name: 'contacts',
  version: `1 fcrWindowMs=${fcrWindowMs}`,
  on: 'contact',
  facts: contactFacts,
  initial: { status: 'none' },
  due: () => undefined,
  // A case that was not resolved still knows its opening, however long ago it was (rule 30).
  ended: (known) => known.status === 'none' || known.status === 'resolved',
  step(known, input) {
    if (input.type === 'tick') return to(known);
    const opened = known.status === 'none';
    const current = opened ? openedBy(input) : known;
    const next = stepOpened(current, input, opened, fcrWindowMs);
    if (!opened) return next;
    const opening = activityOf('opened', input.occurred_at, current.opening);
    return { state: next.state, facts: [opening, ...next.facts] };
  },
  counters: {
    contacts_opened: countBy('channel'),
    contact_messages: countBy('channel'),
    contacts_resolved: countBy('channel'),
    contacts_reopened: countBy('channel'),
    contacts_backlog: countBy('channel'),
  },
  count({ activity, channel }) {
    switch (activity as ActivityName) {
      case 'opened':
        return [
          { series: ['contacts_opened', channel], by: 1n },
          { series: ['contacts_backlog', channel], by: 1n },
        ];
      case 'message':
        return [{ series: ['contact_messages', channel], by: 1n }];
      case 'resolved':
        return [
          { series: ['contacts_resolved', channel], by: 1n },
          { series: ['contacts_backlog', channel], by: -1n },
        ];
      case 'reopened':
        return [
          { series: ['contacts_reopened', channel], by: 1n },
          { series: ['contacts_backlog', channel], by: 1n },
        ];
    }
  },
});

type ActivityName = 'opened' | 'message' | 'resolved' | 'reopened';

function openedBy({
  case_id,
  customer_id,
  channel,
  occurred_at: openedAt,
}: CaseEvent): Case & { status: 'open' } {
  return {
    status: 'open',
    opening: { case_id, customer_id: customer_id ?? '', channel, openedAt },
    wroteAgain: false,
  };
}

/** A step of a case that is open or was; `isOpening` for the event that opened it. */
function stepOpened(
  known: Exclude<Case, { status: 'none' }>,
  event: CaseEvent,
  isOpening: boolean,
  fcrWindowMs: number,
): CaseStep {
  switch (event.type) {
    case 'contact.opened':
      return to(known);
    case 'contact.message': {
      if (event.direction === 'outbound') return to(known);
      // The message that opens a case is the first contact itself, not a second one.
      const next = known.status === 'open' && !isOpening ? { ...known, wroteAgain: true } : known;
      return to(next, activityOf('message', event.occurred_at, known.opening));
    }
    case 'contact.resolved':
      return resolved(known, event.occurred_at);
    case 'contact.reopened':
      return reopened(known, event.occurred_at, fcrWindowMs);
  }
}

/** The first resolution is on first contact when nobody had to write again (rule 21); one already resolved stays so (rule 20). */
function resolved(known: Exclude<Case, { status: 'none' }>, at: Instant): CaseStep {
  const { opening } = known;
  switch (known.status) {
    case 'resolved':
      return to(known);
    case 'open': {
      const onFirstContact = !known.wroteAgain;
      const first = { resolved_at: at, first_resolved_at: at, first_contact: onFirstContact ? 1 : 0 };
      return to(
        { status: 'resolved', opening, firstAt: at, resolvedAt: at, onFirstContact },
        activityOf('resolved', at, opening, first),
      );
    }
    case 'reopened': {
      const { firstAt } = known;
      const again = { resolved_at: at, first_resolved_at: firstAt, first_contact: 0 };
      return to(
        // Whether it was resolved on first contact was settled by the first reopening.
        { status: 'resolved', opening, firstAt, resolvedAt: at, onFirstContact: false },
        activityOf('resolved', at, opening, again),
      );
    }
  }
}

/** A reopening takes the resolution back (rule 22), and the first contact within the window, inclusive (rule 21). */
function reopened(known: Exclude<Case, { status: 'none' }>, at: Instant, fcrWindowMs: number): CaseStep {
  if (known.status !== 'resolved') return to(known);
  const { opening, firstAt, resolvedAt, onFirstContact } = known;
  const isUndone = onFirstContact && at <= firstAt + fcrWindowMs;
  return to(
    { status: 'reopened', opening, firstAt },
    activityOf('reopened', at, opening, {
      resolved_at: resolvedAt,
      first_resolved_at: firstAt,
      first_contact: isUndone ? -1 : 0,
    }),
  );
}

const withoutResolution = { resolved_at: null, first_resolved_at: null, first_contact: 0 } as const;

function activityOf(
  activity: ActivityName,
  at: Instant,
  { case_id, customer_id, channel, openedAt }: Opening,
  resolution: Pick<Activity, 'resolved_at' | 'first_resolved_at' | 'first_contact'> = withoutResolution,
): Activity {
  const { resolved_at, first_resolved_at, first_contact } = resolution;
  return {
    kind: 'contact_activity',
    at,
    case_id,
    customer_id,
    channel,
    activity,
    opened_at: openedAt,
    resolved_at,
    first_resolved_at,
    first_contact,
  };
}
