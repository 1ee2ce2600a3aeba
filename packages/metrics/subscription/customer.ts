import type { Instant } from '../definition/definition.ts';
import {
  afterEvent,
  afterTick,
  saidBy,
  takenBackBy,
  worthOf,
  type Cancellation,
  type Pending,
  type Subscription,
  type SubscriptionEvent,
} from './subscription.ts';

/** Where the customer is counted: attributes of the customer, not of a subscription (rule 5). Unknown is `''`. */
export type Place = { readonly owner: string; readonly segment: string; readonly country: string };

/** The customer's MRR in one currency, micros a month: sum of the rounded worth of each subscription (rule 10). */
export type Balance = { readonly currency: string; readonly mrr: bigint };

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
};

/** A cancellation said or taken back by an event, at once visible to whoever watches for the leading sign of churn. */
export type Saying = { readonly action: 'scheduled' | 'taken_back'; readonly cancellation: Cancellation };

/**
 * A customer with all subscriptions. `balances`, `place` and `causes` are of the instant under way; `standing` is what
 * the last settled instant left.
 */
export type Customer = {
  readonly id: string;
  /** Inputs so far: gives every event and tick its place in the order. */
  readonly inputs: number;
  readonly subscriptions: readonly Subscription[];
  readonly place: Place;
  /** Currencies with an MRR above 0, once settled; in between 0 may stand here. */
  readonly balances: readonly Balance[];
  readonly causes: readonly Cause[];
  readonly standing: Standing;
};

/**
 * How sure the customer's payments are: a subscription in force, one whose cancellation is pending, none any more; `''`
 * for one that never paid and has none.
 */
export type Payment = '' | 'in_force' | 'canceling' | 'lost';

/** What was last published of a customer. */
export type Standing = {
  readonly life: 'never' | 'active' | 'lost';
  readonly payment: Payment;
  readonly place: Place;
  readonly balances: readonly Balance[];
};

const nowhere: Place = { owner: '', segment: '', country: '' };
const noBalances: readonly Balance[] = [];
/** Nothing has changed within the instant. */
export const noCauses: readonly Cause[] = [];

/** Nobody yet. */
export const unknownCustomer: Customer = {
  id: '',
  inputs: 0,
  subscriptions: [],
  place: nowhere,
  balances: noBalances,
  causes: noCauses,
  standing: { life: 'never', payment: '', place: nowhere, balances: noBalances },
};

/** The customer after an event of one of the subscriptions, and the cancellation said or taken back by it. */
export function heard(
  customer: Customer,
  event: SubscriptionEvent,
): { readonly customer: Customer; readonly saying: Saying | undefined } {
  const index = customer.subscriptions.findIndex((one) => one.id === event.subscription_id);
  const before = index === -1 ? undefined : customer.subscriptions[index];
  const after = afterEvent(before, event, customer.inputs);
  const moved = movedBy(customer, index, before, after, () => ({
    reason: event.type === 'subscription.canceled' ? (event.reason ?? '') : '',
    event_id: event.event_id,
  }));
  return {
    customer: { ...moved, id: event.customer_id, place: placeAfter(customer.place, event) },
    saying: sayingOf(before, event),
  };
}

/** The customer once everything due at `at` has come, in the order of the events that asked for it (rule 3). */
export function elapsed(customer: Customer, at: Instant): Customer {
  let now = customer;
  for (let next = nextDue(now); next !== undefined && next.due.at <= at; next = nextDue(now)) {
    const { index, due } = next;
    const before = now.subscriptions[index]!;
    const reason = due.kind === 'cancellation' ? due.reason : '';
    now = movedBy(now, index, before, afterTick(before, due), () => ({ reason, event_id: '' }));
  }
  return now;
}

/** When something pending comes next, whichever subscription it is of; `undefined` for never. */
export function nextDue(customer: Customer): { readonly index: number; readonly due: Pending } | undefined {
  let first: { readonly index: number; readonly due: Pending } | undefined;
  for (const [index, subscription] of customer.subscriptions.entries())
    for (const due of subscription.pending)
      if (
        first === undefined ||
        due.at < first.due.at ||
        (due.at === first.due.at && due.asked < first.due.asked)
      )
        first = { index, due };
  return first;
}

/** How sure the payments of a customer are, whose life has come to `life` (rule 44). */
export function paymentOf(subscriptions: readonly Subscription[], life: Standing['life']): Payment {
  let isInForce = false;
  let isCanceling = false;
  for (const { status, terms, pending } of subscriptions) {
    if (status === 'in-force' && terms !== undefined) isInForce = true;
    if (pending.some(({ kind }) => kind === 'cancellation')) isCanceling = true;
  }
  if (isInForce) return isCanceling ? 'canceling' : 'in_force';
  return life === 'never' ? '' : 'lost';
}

/** A customer's MRR in a currency among `balances`, micros. */
export function mrrIn(balances: readonly Balance[], currency: string): bigint {
  for (const balance of balances) if (balance.currency === currency) return balance.mrr;
  return 0n;
}

function sayingOf(before: Subscription | undefined, event: SubscriptionEvent): Saying | undefined {
  const said = saidBy(before, event);
  if (said !== undefined) return { action: 'scheduled', cancellation: said };
  const takenBack = takenBackBy(before, event);
  return takenBack === undefined ? undefined : { action: 'taken_back', cancellation: takenBack };
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
  index: number,
  before: Subscription | undefined,
  after: Subscription | undefined,
  because: () => Pick<Cause, 'reason' | 'event_id'>,
): Customer {
  const inputs = customer.inputs + 1;
  if (after === undefined || after === before) return { ...customer, inputs };
  const subscriptions =
    index === -1 ? [...customer.subscriptions, after] : customer.subscriptions.with(index, after);
  const was = worthOf(before);
  const is = worthOf(after);
  const left = before?.terms?.currency ?? '';
  const entered = after.terms?.currency ?? '';
  if (left === entered ? was === is : was === 0n && is === 0n) return { ...customer, inputs, subscriptions };
  const cause = { order: customer.inputs, subscription: after.id, ...because() };
  let { balances, causes } = customer;
  const move = (currency: string, by: bigint): void => {
    if (by === 0n) return;
    balances = balancesWith(balances, currency, by);
    causes = causesWith(causes, { ...cause, currency });
  };
  if (left === entered) move(entered, is - was);
  else {
    move(left, -was);
    move(entered, is);
  }
  return { ...customer, inputs, subscriptions, balances, causes };
}

function balancesWith(balances: readonly Balance[], currency: string, by: bigint): readonly Balance[] {
  const index = balances.findIndex((balance) => balance.currency === currency);
  if (index === -1) return [...balances, { currency, mrr: by }];
  return balances.with(index, { currency, mrr: balances[index]!.mrr + by });
}

/** The last event that changed the currency; a tick only where no event did (rule 9). */
function causesWith(causes: readonly Cause[], cause: Cause): readonly Cause[] {
  const index = causes.findIndex(({ currency }) => currency === cause.currency);
  if (index === -1) return [...causes, cause];
  if (cause.event_id === '' && causes[index]!.event_id !== '') return causes;
  return causes.with(index, cause);
}
