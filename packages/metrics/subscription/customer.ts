import type { Instant } from '../definition/definition.ts';
import { valueOf, withValue, type LayeredMap } from '../definition/layered-map.ts';
import { balancesAfter, noBalances, type Balance, type RevenueSettings } from './balances.ts';
import { changesWith, noChanges, type CancellationChange } from './cancellations.ts';
import { firstOf, withDue, withoutFirst, type Due, type DueQueue } from './due-queue.ts';
import { commitmentsAfter, noCommitments, type Commitment } from './commitment.ts';
import { dunningAfter, notPastDue, type Dunning, type PastDue } from './past-due.ts';
import type { Place } from './place.ts';
import { firstOver, noPendingEnds, overAt, type PendingEnd } from './replacement.ts';
import {
  afterEvent,
  afterTick,
  reasonOf,
  scheduledBy,
  withdrawnBy,
  type Pending,
  type Subscription,
  type SubscriptionEvent,
} from './subscription.ts';

/** What changed a currency's MRR last within the instant under way; what is netted bears its attributes (rule 9). */
export type Cause = {
  readonly currency: string;
  /** The place of the input in the customer's order; ticks come after the events of their instant. */
  readonly order: number;
  readonly subscription: string;
  /** The cancellation's reason, else `''`. */
  readonly reason: string;
  /** `''` for the passing of time. */
  readonly event_id: string;
  /** Whether a cancellation that was published a day or more before took effect (rule 65). */
  readonly announced: boolean;
};

/**
 * A customer with all subscriptions. `balances`, `place`, `causes`, `changes`, `dunning` and `commitments` are of the instant
 * under way; `pendingEnds` and `standing` are what the last settled instant left.
 */
export type Customer = {
  readonly id: string;
  /** Inputs so far: gives every event and tick its place in the order. */
  readonly inputs: number;
  readonly subscriptions: LayeredMap<Subscription>;
  /** What is pending of any subscription, and some of what was dropped since; the first is pending. */
  readonly queue: DueQueue;
  /** Subscriptions in force that have terms, and those with a cancellation pending. */
  readonly inForce: number;
  readonly canceling: number;
  readonly place: Place;
  /** Currencies with an MRR above 0 or something that keeps the customer, once settled; in between nothing may be left of one. */
  readonly balances: readonly Balance[];
  readonly causes: readonly Cause[];
  readonly changes: readonly CancellationChange[];
  readonly dunning: Dunning;
  readonly commitments: readonly Commitment[];
  readonly pendingEnds: readonly PendingEnd[];
  readonly standing: Standing;
};

/**
 * How sure the customer's payments are: a subscription in force, one whose cancellation is pending, none any more; `''`
 * for one that never paid and has none.
 */
export type Payment = '' | 'in_force' | 'canceling' | 'lost';

/** What was last published of a customer; the balances are those in which it is active, pending ends included. */
export type Standing = {
  readonly life: 'never' | 'active' | 'lost';
  readonly payment: Payment;
  /** Where it is counted. */
  readonly place: Place;
  readonly balances: readonly Balance[];
  readonly pastDue: readonly PastDue[];
  readonly commitments: readonly Commitment[];
};

const nowhere: Place = { owner: '', segment: '', country: '' };
/** Nothing has changed within the instant. */
export const noCauses: readonly Cause[] = [];

/** Nobody yet. */
export const unknownCustomer: Customer = {
  id: '',
  inputs: 0,
  subscriptions: [],
  queue: [],
  inForce: 0,
  canceling: 0,
  place: nowhere,
  balances: noBalances,
  causes: noCauses,
  changes: noChanges,
  dunning: notPastDue,
  commitments: noCommitments,
  pendingEnds: noPendingEnds,
  standing: {
    life: 'never',
    payment: '',
    place: nowhere,
    balances: noBalances,
    pastDue: notPastDue.pastDue,
    commitments: noCommitments,
  },
};

/** The customer after an event of one of the subscriptions. */
export function heard(customer: Customer, event: SubscriptionEvent, settings: RevenueSettings): Customer {
  const before = valueOf(customer.subscriptions, event.subscription_id);
  const after = afterEvent(before, event, customer.inputs, settings.pastDueEndsAfterMs);
  const moved = movedBy(customer, before, after, settings, () => ({
    reason: event.type === 'subscription.canceled' ? reasonOf(before, event) : '',
    event_id: event.event_id,
    announced: false,
  }));
  return {
    ...moved,
    id: event.customer_id,
    place: placeAfter(customer.place, event),
    changes: changesAfter(customer.changes, before, event),
  };
}

/** The customer once everything due at `at` has come, in the order of the events that asked for it (rule 3). */
export function elapsed(customer: Customer, at: Instant, settings: RevenueSettings): Customer {
  let now = customer;
  for (let next = nextPending(now); next !== undefined && next.due.at <= at; next = nextPending(now)) {
    const { subscription: before, due } = next;
    const because = () => ({ ...endingOf(due), event_id: '' });
    now = movedBy(now, before, afterTick(before, due), settings, because);
  }
  const pendingEnds = overAt(now.pendingEnds, at);
  return pendingEnds === now.pendingEnds ? now : { ...now, pendingEnds };
}

/** A loss is announced when its cancellation was published at least so long before it took effect (rule 65). */
const announcedMs = 24 * 3_600_000;

/** Why a subscription ends by what has come, `''` for what does not end it; and whether that was announced. */
function endingOf(due: Pending): Pick<Cause, 'reason' | 'announced'> {
  if (due.kind === 'cancellation')
    return { reason: due.reason, announced: due.at - due.publishedAt >= announcedMs };
  return { reason: due.kind === 'past-due-end' ? 'involuntary' : '', announced: false };
}

/** When something happens by itself next; `undefined` for never. */
export function nextDue(customer: Customer): Instant | undefined {
  const pending = nextPending(customer)?.due.at;
  const over = firstOver(customer.pendingEnds);
  return pending !== undefined && over !== undefined ? Math.min(pending, over) : (pending ?? over);
}

/** What pending comes next, whichever subscription it is of. */
function nextPending({
  subscriptions,
  queue,
}: Customer): { readonly subscription: Subscription; readonly due: Pending } | undefined {
  const first = firstOf(queue);
  if (first === undefined) return undefined;
  const subscription = valueOf(subscriptions, first.subscription);
  const due = subscription && pendingAs(subscription, first);
  if (subscription === undefined || due === undefined)
    throw new Error('the first of the queue is not pending');
  return { subscription, due };
}

/** How sure the payments of a customer are, whose life has come to `life` (rule 44); who is active is not lost. */
export function paymentOf(
  { inForce, canceling }: Pick<Customer, 'inForce' | 'canceling'>,
  life: Standing['life'],
): Payment {
  if (inForce > 0 || life === 'active') return canceling > 0 ? 'canceling' : 'in_force';
  return life === 'never' ? '' : 'lost';
}

function changesAfter(
  changes: readonly CancellationChange[],
  before: Subscription | undefined,
  event: SubscriptionEvent,
): readonly CancellationChange[] {
  const by = { subscription: event.subscription_id, event_id: event.event_id };
  const scheduled = scheduledBy(before, event);
  if (scheduled !== undefined)
    return changesWith(changes, { action: 'scheduled', cancellation: scheduled, ...by });
  const withdrawn = withdrawnBy(before, event);
  if (withdrawn === undefined) return changes;
  return changesWith(changes, { action: 'taken_back', cancellation: withdrawn, ...by });
}

/** Absent attributes are unchanged (rule 5). */
function placeAfter(place: Place, event: SubscriptionEvent): Place {
  const owner = event.owner ?? place.owner;
  const segment = event.segment ?? place.segment;
  const country = event.country ?? place.country;
  if (owner === place.owner && segment === place.segment && country === place.country) return place;
  return { owner, segment, country };
}

function movedBy(
  customer: Customer,
  before: Subscription | undefined,
  after: Subscription | undefined,
  settings: RevenueSettings,
  because: () => Pick<Cause, 'reason' | 'event_id' | 'announced'>,
): Customer {
  const inputs = customer.inputs + 1;
  if (after === undefined || after === before) return { ...customer, inputs };
  const subscriptions = withValue(customer.subscriptions, after.id, after);
  const standing = {
    subscriptions,
    queue: queueAfter(customer.queue, subscriptions, before, after),
    dunning: dunningAfter(customer.dunning, before, after),
    commitments: commitmentsAfter(customer.commitments, before, after),
    inForce: customer.inForce + (isInForce(after) ? 1 : 0) - (before && isInForce(before) ? 1 : 0),
    canceling: customer.canceling + (isCanceling(after) ? 1 : 0) - (before && isCanceling(before) ? 1 : 0),
  };
  let { causes } = customer;
  const balances = balancesAfter(customer.balances, before, after, settings, (currency) => {
    causes = causesWith(causes, { currency, order: customer.inputs, subscription: after.id, ...because() });
  });
  return { ...customer, inputs, ...standing, balances, causes };
}

function isInForce({ status, terms }: Subscription): boolean {
  return status === 'in-force' && terms !== undefined;
}

function isCanceling({ pending }: Subscription): boolean {
  return pending.some(({ kind }) => kind === 'cancellation');
}

function pendingAs({ pending }: Subscription, { at, asked }: Due): Pending | undefined {
  return pending.find((one) => one.at === at && one.asked === asked);
}

/** The queue with what the subscription has newly pending, and without what is first and not pending any more. */
function queueAfter(
  queue: DueQueue,
  subscriptions: LayeredMap<Subscription>,
  before: Subscription | undefined,
  after: Subscription,
): DueQueue {
  if (before?.pending === after.pending) return queue;
  let now = queue;
  for (const pending of after.pending)
    if (!before?.pending.includes(pending))
      now = withDue(now, { at: pending.at, asked: pending.asked, subscription: after.id });
  for (let first = firstOf(now); first !== undefined; first = firstOf(now)) {
    const subscription = valueOf(subscriptions, first.subscription);
    if (subscription !== undefined && pendingAs(subscription, first) !== undefined) break;
    now = withoutFirst(now);
  }
  return now;
}

/** The last event that changed the currency; a tick only where no event did (rule 9). */
function causesWith(causes: readonly Cause[], cause: Cause): readonly Cause[] {
  const index = causes.findIndex(({ currency }) => currency === cause.currency);
  if (index === -1) return [...causes, cause];
  if (cause.event_id === '' && causes[index]!.event_id !== '') return causes;
  return causes.with(index, cause);
}
