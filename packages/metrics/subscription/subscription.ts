import type { SubscriptionEvent as AnySubscriptionEvent, SubscriptionVoided } from '@tidemark/events/types';
import type { Instant } from '../definition/definition.ts';
import { monthlyMicros } from '../definition/money.ts';

/** What a definition is handed: voided events and their voids are gone. */
export type SubscriptionEvent = Exclude<AnySubscriptionEvent, SubscriptionVoided>;

type EventWithTerms = Exclude<
  SubscriptionEvent,
  {
    readonly type:
      | 'subscription.canceled'
      | 'subscription.paused'
      | 'subscription.past_due'
      | 'subscription.payment_recovered';
  }
>;

/** What is agreed and what it is worth: `mrr` in micros of `currency` a month, rounded once (rule 10). */
type Terms = { readonly plan_id: string; readonly currency: string; readonly mrr: bigint };

/** A cancellation as it was scheduled; kept while it is pending, so that the same one is withdrawn. */
export type Cancellation = {
  readonly reason: string;
  readonly plan_id: string;
  readonly currency: string;
  /** MRR of the subscription when it was scheduled, in micros. */
  readonly mrr: bigint;
};

/**
 * Something that will happen at `at` unless withdrawn. `asked` is the place of the event that asked for it in the
 * customer's order: ticks of one instant run in that order (rule 3).
 */
export type Pending = { readonly at: Instant; readonly asked: number } & (
  | { readonly kind: 'trial-end' }
  | { readonly kind: 'change'; readonly terms: Terms; readonly trialEndsAt: Instant | null }
  | { readonly kind: 'pause' }
  /** With PAST_DUE_ENDS_AFTER alone (rule 57). */
  | { readonly kind: 'past-due-end' }
  | {
      readonly kind: 'cancellation';
      readonly reason: string;
      /** `occurred_at` of the cancellation; of the first one, where it was replaced by another date. */
      readonly publishedAt: Instant;
      /** Absent when it was paused when first canceled: that is not counted as scheduled (rule 13). */
      readonly scheduled: Cancellation | undefined;
    }
);

/**
 * One subscription: its status and its terms, kept apart, and what is pending. Trial end, pause and cancellation have
 * one slot each; changes may be several. In trial is who has a trial's end pending. Without terms is who is known by a
 * change alone that is still to come.
 */
export type Subscription = {
  readonly id: string;
  readonly status: 'in-force' | 'paused' | 'ended';
  readonly terms: Terms | undefined;
  /** Whether a payment failed and was not made good yet (rule 57); then it has terms. */
  readonly pastDue: boolean;
  readonly pending: readonly Pending[];
};

const nothing: readonly Pending[] = [];

/** What the subscription is worth now, in micros of its terms' currency a month; nothing in trial (rule 6) or paused (rule 8). */
export function worthOf(subscription: Subscription | undefined): bigint {
  if (subscription?.status !== 'in-force' || subscription.terms === undefined) return 0n;
  return pendingOf(subscription, 'trial-end') === undefined ? subscription.terms.mrr : 0n;
}

/** What a paused subscription would be worth if it were in force, micros; 0 for one that is not paused. */
export function pausedWorthOf(subscription: Subscription | undefined): bigint {
  return subscription?.status === 'paused' ? worthOf({ ...subscription, status: 'in-force' }) : 0n;
}

/** What of this kind is pending; of several changes the first one. */
function pendingOf<K extends Pending['kind']>(
  subscription: Subscription,
  kind: K,
): Extract<Pending, { readonly kind: K }> | undefined {
  for (const pending of subscription.pending)
    if (pending.kind === kind) return pending as Extract<Pending, { readonly kind: K }>;
  return undefined;
}

/**
 * The subscription after an event (rule 1).
 *
 * @param subscription `undefined` when nothing is known of it yet.
 * @param asked The event's place in the customer's order.
 * @param pastDueEndsAfterMs After how long past due it ends by itself; `null` for never.
 * @returns `undefined` when still nothing is known: canceled or paused before it has terms, which is ignored for good.
 */
export function afterEvent(
  subscription: Subscription | undefined,
  event: SubscriptionEvent,
  asked: number,
  pastDueEndsAfterMs: number | null,
): Subscription | undefined {
  const { occurred_at: at } = event;
  switch (event.type) {
    case 'subscription.started':
      return inForce(event.subscription_id, event, asked, nothing);
    case 'subscription.renewed': {
      const pending = without(subscription?.pending ?? nothing, 'cancellation', 'past-due-end');
      const renewed = inForce(event.subscription_id, event, asked, pending);
      return subscription?.status === 'paused' ? { ...renewed, status: 'paused' } : renewed;
    }
    case 'subscription.resumed': {
      const pending = without(subscription?.pending ?? nothing, 'cancellation', 'pause', 'past-due-end');
      return inForce(event.subscription_id, event, asked, pending);
    }
    case 'subscription.changed':
      return changed(subscription, event, asked);
    case 'subscription.canceled':
      if (subscription?.terms === undefined || subscription.status === 'ended') return subscription;
      if (!isLater(event.effective_at, at)) return ended(subscription);
      return canceledLater(subscription, event, event.effective_at, asked);
    case 'subscription.paused': {
      if (subscription?.terms === undefined || subscription.status === 'ended') return subscription;
      const pending = without(subscription.pending, 'pause');
      if (!isLater(event.effective_at, at)) return { ...subscription, status: 'paused', pending };
      return { ...subscription, pending: [...pending, { kind: 'pause', at: event.effective_at, asked }] };
    }
    case 'subscription.past_due': {
      if (subscription?.terms === undefined || subscription.status === 'ended') return subscription;
      if (subscription.pastDue) return subscription;
      if (pastDueEndsAfterMs === null) return { ...subscription, pastDue: true };
      const end: Pending = { kind: 'past-due-end', at: at + pastDueEndsAfterMs, asked };
      return { ...subscription, pastDue: true, pending: [...subscription.pending, end] };
    }
    case 'subscription.payment_recovered':
      if (subscription?.pastDue !== true) return subscription;
      return { ...subscription, pastDue: false, pending: without(subscription.pending, 'past-due-end') };
  }
}

/** The subscription once something pending has come. */
export function afterTick(subscription: Subscription, due: Pending): Subscription {
  const pending = subscription.pending.length === 1 ? nothing : subscription.pending.filter((p) => p !== due);
  switch (due.kind) {
    case 'trial-end':
      return { ...subscription, pending };
    case 'change':
      return {
        ...subscription,
        terms: due.terms,
        pending: withTrial(pending, due.trialEndsAt, due.at, due.asked),
      };
    case 'pause':
      return { ...subscription, status: 'paused', pending };
    case 'cancellation':
    case 'past-due-end':
      return ended(subscription);
  }
}

/** Why a cancellation is made: without a reason, of what is past due, it is involuntary (rule 57). */
export function reasonOf(
  before: Subscription | undefined,
  event: Extract<SubscriptionEvent, { readonly type: 'subscription.canceled' }>,
): string {
  return event.reason ?? (before?.pastDue === true ? 'involuntary' : '');
}

/** The cancellation that an event schedules for the first time, if it does (rule 13): of a subscription in force, once. */
export function scheduledBy(
  before: Subscription | undefined,
  event: SubscriptionEvent,
): Cancellation | undefined {
  if (event.type !== 'subscription.canceled') return undefined;
  if (before?.status !== 'in-force' || before.terms === undefined) return undefined;
  if (pendingOf(before, 'cancellation') !== undefined) return undefined;
  const { plan_id, currency } = before.terms;
  return { reason: reasonOf(before, event), plan_id, currency, mrr: worthOf(before) };
}

/** The cancellation that an event withdraws, if it does (rule 13). */
export function withdrawnBy(
  before: Subscription | undefined,
  event: SubscriptionEvent,
): Cancellation | undefined {
  switch (event.type) {
    case 'subscription.started':
    case 'subscription.renewed':
    case 'subscription.resumed':
      return before === undefined ? undefined : pendingOf(before, 'cancellation')?.scheduled;
    case 'subscription.changed':
    case 'subscription.canceled':
    case 'subscription.paused':
    case 'subscription.past_due':
    case 'subscription.payment_recovered':
      return undefined;
  }
}

function inForce(
  id: string,
  event: EventWithTerms,
  asked: number,
  pending: readonly Pending[],
): Subscription {
  return {
    id,
    status: 'in-force',
    terms: termsOf(event),
    pastDue: false,
    pending: withTrial(pending, event.trial_ends_at, event.occurred_at, asked),
  };
}

/** Terms alone, from when they take effect; they carry their trial with them. What is ended has no later. */
function changed(
  subscription: Subscription | undefined,
  event: Extract<SubscriptionEvent, { readonly type: 'subscription.changed' }>,
  asked: number,
): Subscription {
  const { occurred_at: at, effective_at: later, trial_ends_at: trialEndsAt } = event;
  const known = subscription ?? {
    id: event.subscription_id,
    status: 'in-force',
    terms: undefined,
    pastDue: false,
    pending: nothing,
  };
  if (!isLater(later, at))
    return { ...known, terms: termsOf(event), pending: withTrial(known.pending, trialEndsAt, at, asked) };
  if (known.status === 'ended') return known;
  const pending: Pending = { kind: 'change', at: later, asked, terms: termsOf(event), trialEndsAt };
  return { ...known, pending: [...known.pending, pending] };
}

/** A new date or reason replaces the one pending; it counts as scheduled when the first one was. */
function canceledLater(
  subscription: Subscription,
  event: Extract<SubscriptionEvent, { readonly type: 'subscription.canceled' }>,
  at: Instant,
  asked: number,
): Subscription {
  const before = pendingOf(subscription, 'cancellation');
  const scheduled = scheduledBy(subscription, event) ?? before?.scheduled;
  const publishedAt = before?.publishedAt ?? event.occurred_at;
  const others = without(subscription.pending, 'cancellation');
  const reason = reasonOf(subscription, event);
  const cancellation: Pending = { kind: 'cancellation', at, asked, reason, publishedAt, scheduled };
  return { ...subscription, pending: [...others, cancellation] };
}

function ended(subscription: Subscription): Subscription {
  return { ...subscription, status: 'ended', pastDue: false, pending: nothing };
}

/** A trial's end stays until another is carried; one at or before its own time ends the trial at once (rule 6). */
function withTrial(
  pending: readonly Pending[],
  trialEndsAt: Instant | null,
  at: Instant,
  asked: number,
): readonly Pending[] {
  if (trialEndsAt === null) return pending;
  if (!isLater(trialEndsAt, at)) return without(pending, 'trial-end');
  if (pending.some((one) => one.kind === 'trial-end' && one.at === trialEndsAt)) return pending;
  return [...without(pending, 'trial-end'), { kind: 'trial-end', at: trialEndsAt, asked }];
}

function without(pending: readonly Pending[], ...kinds: readonly Pending['kind'][]): readonly Pending[] {
  if (pending.length === 0) return pending;
  return pending.filter((one) => !kinds.includes(one.kind));
}

/** Whether a time is later than the event that carries it: none takes effect before its own event (rule 2). */
function isLater(time: Instant | null, at: Instant): time is Instant {
  return time !== null && time > at;
}

/** Terms are whole: what is absent has its default, not what it was before (rule 5). */
function termsOf(event: EventWithTerms): Terms {
  return { plan_id: event.plan_id, currency: event.currency, mrr: monthlyMicros(event) };
}
