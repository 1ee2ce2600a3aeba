import type { ContactEvent, ContactVoided } from '@tidemark/events/types';
import {
  countBy,
  to,
  type Definition,
  type FactOf,
  type Instant,
  type Step,
  type Tick,
} from '../definition/definition.ts';
import type { MetricSettings } from '../settings.ts';
import { parseSupportHours, supportHoursForm, workedMsWithin } from './support-hours.ts';

/** What the fold over a case's history publishes. */
export const contactFacts = {
  /**
   * What happened to a case, when it happened. `activity`: `opened`, `message` (inbound alone), `response` (the first
   * outbound message), `resolved`, `reopened`, `merged`. `resolved_at`: the resolution that a `resolved` makes and that a
   * `reopened`, or a `merged` of a resolved case, undoes; null for the others. With `first_resolved_at`, the first ever of
   * the case. `first_contact`: what this adds to the cases that were resolved on first contact of those opened at
   * `opened_at`: 1, 0 or −1. `channel` is that of the case's first event. `working_ms`: the time within SUPPORT_HOURS from
   * the opening to the response or the resolution, `first_working_ms` to the first resolution; null for the others, and
   * without the setting.
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
    working_ms: 'integer?',
    first_working_ms: 'integer?',
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
  | ({
      readonly opening: Opening;
      /** Whether the first response was given (rule 55). */
      readonly responded: boolean;
      /** Whether it counts as resolved on first contact by now (rule 21). */
      readonly onFirstContact: boolean;
    } & Stage)
  /** Closed without a resolution, for good (rule 61). */
  | { readonly status: 'merged' };

type Stage =
  /** Never resolved yet; `wroteAgain` once the customer had to write after the opening. */
  | { readonly status: 'open'; readonly wroteAgain: boolean }
  | {
      readonly status: 'resolved';
      readonly firstAt: Instant;
      readonly resolvedAt: Instant;
    }
  | { readonly status: 'reopened'; readonly firstAt: Instant };

type Opened = Exclude<Case, { status: 'none' } | { status: 'merged' }>;

type CaseEvent = Exclude<ContactEvent, ContactVoided>;
type CaseStep = Step<Case, Activity>;

/** What support cases take from the operator. */
type ContactSettings = Pick<MetricSettings, 'fcrWindowMs' | 'supportHours'>;

/** Those, ready for use; `workedMs` is null without hours. */
type Rules = {
  readonly fcrWindowMs: number;
  readonly workedMs: (from: Instant, to: Instant) => number | null;
};

/**
 * What happens to support cases: volume, first response, resolution, and resolution on first contact, which a reopening up to and
 * including `fcrWindowMs` after the first resolution undoes. The first event of a case opens it, whatever its type
 * (rule 20).
 */
export const contacts = ({
  fcrWindowMs,
  supportHours,
}: ContactSettings): Definition<Case, CaseEvent, typeof contactFacts> => ({
  name: 'contacts',
  version: `2 fcrWindowMs=${fcrWindowMs} supportHours=${supportHours ?? 'none'}`,
  on: 'contact',
  facts: contactFacts,
  initial: { status: 'none' },
  due: () => undefined,
  // A case that was not resolved still knows its opening, however long ago it was (rule 30).
  ended: ({ status }) => status === 'none' || status === 'resolved' || status === 'merged',
  step: stepsWith({ fcrWindowMs, workedMs: workedMsOf(supportHours) }),
  counters: {
    contacts_opened: countBy('channel'),
    contact_messages: countBy('channel'),
    contacts_resolved: countBy('channel'),
    contacts_reopened: countBy('channel'),
    contacts_merged: countBy('channel'),
    contacts_backlog: countBy('channel'),
  },
  count({ activity, channel, resolved_at }) {
    switch (activity as ActivityName) {
      case 'opened':
        return [
          { series: ['contacts_opened', channel], by: 1n },
          { series: ['contacts_backlog', channel], by: 1n },
        ];
      case 'message':
        return [{ series: ['contact_messages', channel], by: 1n }];
      case 'response':
        return [];
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
      case 'merged':
        return [
          { series: ['contacts_merged', channel], by: 1n },
          // A case that was resolved had left the backlog.
          ...(resolved_at === null ? [{ series: ['contacts_backlog', channel], by: -1n } as const] : []),
        ];
    }
  },
});

/** Throws a RangeError on hours that cannot be read. */
function workedMsOf(supportHours: string | null): Rules['workedMs'] {
  if (supportHours === null) return () => null;
  const hours = parseSupportHours(supportHours);
  if (hours === undefined) throw new RangeError(`${supportHours} is not ${supportHoursForm}`);
  return workedMsWithin(hours);
}

const stepsWith =
  (rules: Rules) =>
  (known: Case, input: CaseEvent | Tick): CaseStep => {
    if (input.type === 'tick' || known.status === 'merged') return to(known);
    const opened = known.status === 'none';
    const current = opened ? openedBy(input) : known;
    const next = stepOpened(current, input, opened, rules);
    if (!opened) return next;
    const opening = activityOf('opened', input.occurred_at, current.opening);
    return { state: next.state, facts: [opening, ...next.facts] };
  };

type ActivityName = 'opened' | 'message' | 'response' | 'resolved' | 'reopened' | 'merged';

function openedBy({
  case_id,
  customer_id,
  channel,
  occurred_at: openedAt,
}: CaseEvent): Opened & { status: 'open' } {
  return {
    status: 'open',
    opening: { case_id, customer_id: customer_id ?? '', channel, openedAt },
    responded: false,
    onFirstContact: false,
    wroteAgain: false,
  };
}

/** A step of a case that is open or was; `isOpening` for the event that opened it. */
function stepOpened(known: Opened, event: CaseEvent, isOpening: boolean, rules: Rules): CaseStep {
  switch (event.type) {
    case 'contact.opened':
      return to(known);
    case 'contact.message': {
      if (event.direction === 'outbound') {
        if (known.responded) return to(known);
        const { opening } = known;
        const at = event.occurred_at;
        const workedMs = rules.workedMs(opening.openedAt, at);
        return to(
          { ...known, responded: true },
          { ...activityOf('response', at, opening), working_ms: workedMs },
        );
      }
      // The message that opens a case is the first contact itself, not a second one.
      const next = known.status === 'open' && !isOpening ? { ...known, wroteAgain: true } : known;
      return to(next, activityOf('message', event.occurred_at, known.opening));
    }
    case 'contact.resolved':
      return resolved(known, event.occurred_at, rules);
    case 'contact.reopened':
      return reopened(known, event.occurred_at, rules);
    case 'contact.merged':
      return merged(known, event.occurred_at, rules);
  }
}

/** The first resolution is on first contact when nobody had to write again (rule 21); one already resolved stays so (rule 20). */
function resolved(known: Opened, at: Instant, rules: Rules): CaseStep {
  const { opening, responded } = known;
  switch (known.status) {
    case 'resolved':
      return to(known);
    case 'open': {
      const onFirstContact = !known.wroteAgain;
      const stage = { status: 'resolved', firstAt: at, resolvedAt: at } as const;
      return to(
        { opening, responded, onFirstContact, ...stage },
        resolutionOf(
          'resolved',
          at,
          opening,
          { at, firstAt: at, firstContact: onFirstContact ? 1 : 0 },
          rules,
        ),
      );
    }
    case 'reopened': {
      const { firstAt, onFirstContact } = known;
      return to(
        { status: 'resolved', opening, responded, onFirstContact, firstAt, resolvedAt: at },
        resolutionOf('resolved', at, opening, { at, firstAt, firstContact: 0 }, rules),
      );
    }
  }
}

/** A reopening takes the resolution back (rule 22), and the first contact within the window, inclusive (rule 21). */
function reopened(known: Opened, at: Instant, rules: Rules): CaseStep {
  if (known.status !== 'resolved') return to(known);
  const { opening, responded, firstAt, resolvedAt, onFirstContact } = known;
  const isUndone = onFirstContact && at <= firstAt + rules.fcrWindowMs;
  const resolution = { at: resolvedAt, firstAt, firstContact: isUndone ? -1 : 0 };
  return to(
    { status: 'reopened', opening, responded, onFirstContact: onFirstContact && !isUndone, firstAt },
    resolutionOf('reopened', at, opening, resolution, rules),
  );
}

/** From now on the case is neither resolved nor among the cases that may be (rule 61). */
function merged(known: Opened, at: Instant, rules: Rules): CaseStep {
  const { opening, onFirstContact } = known;
  const firstContact = onFirstContact ? -1 : 0;
  if (known.status !== 'resolved')
    return to({ status: 'merged' }, { ...activityOf('merged', at, opening), first_contact: firstContact });
  const resolution = { at: known.resolvedAt, firstAt: known.firstAt, firstContact };
  return to({ status: 'merged' }, resolutionOf('merged', at, opening, resolution, rules));
}

/** A resolution that is made, or undone. */
function resolutionOf(
  activity: 'resolved' | 'reopened' | 'merged',
  at: Instant,
  opening: Opening,
  resolution: { readonly at: Instant; readonly firstAt: Instant; readonly firstContact: number },
  { workedMs }: Rules,
): Activity {
  return {
    ...activityOf(activity, at, opening),
    resolved_at: resolution.at,
    first_resolved_at: resolution.firstAt,
    first_contact: resolution.firstContact,
    working_ms: workedMs(opening.openedAt, resolution.at),
    first_working_ms: workedMs(opening.openedAt, resolution.firstAt),
  };
}

function activityOf(
  activity: ActivityName,
  at: Instant,
  { case_id, customer_id, channel, openedAt }: Opening,
): Activity {
  return {
    kind: 'contact_activity',
    at,
    case_id,
    customer_id,
    channel,
    activity,
    opened_at: openedAt,
    resolved_at: null,
    first_resolved_at: null,
    first_contact: 0,
    working_ms: null,
    first_working_ms: null,
  };
}
