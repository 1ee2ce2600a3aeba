import type { Instant } from '../definition/definition.ts';
import type { SubscriptionFact } from './facts.ts';
import { afterTick, worthOf, type Pending, type Subscription } from './subscription.ts';

/** What of a customer's MRR in one currency is about to move (rule 56), micros a month. */
export type Commitment = {
  readonly currency: string;
  /** MRR in force whose cancellation is pending. */
  readonly churn: bigint;
  /** What the last pending changes will add, or take where it is negative. */
  readonly change: bigint;
};

/** Nothing is pending. */
export const noCommitments: readonly Commitment[] = [];

/** The commitments of a customer one of whose subscriptions has changed; the same list where they have not. */
export function commitmentsAfter(
  commitments: readonly Commitment[],
  before: Subscription | undefined,
  after: Subscription,
): readonly Commitment[] {
  if ((before?.pending.length ?? 0) === 0 && after.pending.length === 0) return commitments;
  let now = commitments;
  if (before !== undefined) for (const one of outlookOf(before)) now = moved(now, one, -1n);
  for (const one of outlookOf(after)) now = moved(now, one, 1n);
  return now;
}

/** What is pending of one subscription: the MRR that a cancellation takes, else what the last change makes of it. */
function outlookOf(subscription: Subscription): readonly Commitment[] {
  const { pending, status, terms } = subscription;
  const currency = terms?.currency ?? '';
  const worth = worthOf(subscription);
  if (pending.some(({ kind }) => kind === 'cancellation'))
    return status === 'in-force' ? [{ currency, churn: worth, change: 0n }] : [];
  const changes = pending.filter(({ kind }) => kind === 'change');
  if (changes.length === 0) return [];
  const after = elapsedTo(subscription, Math.max(...changes.map(({ at }) => at)));
  return [
    { currency, churn: 0n, change: -worth },
    { currency: after.terms?.currency ?? '', churn: 0n, change: worthOf(after) },
  ];
}

/** The subscription at an instant to come, when nothing more is heard of it until then. */
function elapsedTo(subscription: Subscription, at: Instant): Subscription {
  let now = subscription;
  for (let due = firstDue(now, at); due !== undefined; due = firstDue(now, at)) now = afterTick(now, due);
  return now;
}

function firstDue({ pending }: Subscription, until: Instant): Pending | undefined {
  return pending
    .filter(({ at }) => at <= until)
    .toSorted((one, other) => one.at - other.at || one.asked - other.asked)[0];
}

function moved(all: readonly Commitment[], by: Commitment, sign: 1n | -1n): readonly Commitment[] {
  const { currency } = by;
  if (by.churn === 0n && by.change === 0n) return all;
  const was = all.find((one) => one.currency === currency);
  const churn = (was?.churn ?? 0n) + sign * by.churn;
  const change = (was?.change ?? 0n) + sign * by.change;
  const others = all.filter((one) => one !== was);
  return churn === 0n && change === 0n ? others : [...others, { currency, churn, change }];
}

/** What an instant made of the commitments, by currency: nothing where they are as before. */
export function commitmentFacts(
  customer_id: string,
  at: Instant,
  standing: readonly Commitment[],
  commitments: readonly Commitment[],
): SubscriptionFact[] {
  if (commitments === standing) return [];
  const currencies = new Set([...standing, ...commitments].map(({ currency }) => currency));
  return [...currencies].flatMap((currency) => {
    const before = standing.find((one) => one.currency === currency);
    const after = commitments.find((one) => one.currency === currency);
    const pending_churn = (after?.churn ?? 0n) - (before?.churn ?? 0n);
    const pending_change = (after?.change ?? 0n) - (before?.change ?? 0n);
    if (pending_churn === 0n && pending_change === 0n) return [];
    return [{ kind: 'commitment', at, customer_id, currency, pending_churn, pending_change }];
  });
}
