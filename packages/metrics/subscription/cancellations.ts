import type { Instant } from '../definition/definition.ts';
import type { SubscriptionFact } from './facts.ts';
import type { Place } from './place.ts';
import type { Cancellation } from './subscription.ts';

/** What an instant scheduled or withdrew of a customer's cancellations, with one currency and reason: counted once (rule 13). */
export type CancellationChange = {
  readonly action: 'scheduled' | 'taken_back';
  /** The last of them, with the MRR of all. */
  readonly cancellation: Cancellation;
  readonly subscription: string;
  readonly event_id: string;
};

/** Nothing was scheduled or withdrawn. */
export const noChanges: readonly CancellationChange[] = [];

/** The changes of an instant with one more. */
export function changesWith(
  changes: readonly CancellationChange[],
  change: CancellationChange,
): readonly CancellationChange[] {
  const { action, cancellation } = change;
  const index = changes.findIndex(
    (one) =>
      one.action === action &&
      one.cancellation.currency === cancellation.currency &&
      one.cancellation.reason === cancellation.reason,
  );
  if (index === -1) return [...changes, change];
  const mrr = changes[index]!.cancellation.mrr + cancellation.mrr;
  return changes.with(index, { ...change, cancellation: { ...cancellation, mrr } });
}

/** The facts of an instant's changes. */
export function cancellationFacts(
  customer_id: string,
  at: Instant,
  { owner, segment, country }: Place,
  changes: readonly CancellationChange[],
): SubscriptionFact[] {
  return changes.map(({ action, cancellation, subscription, event_id }) => ({
    kind: 'cancellation',
    at,
    customer_id,
    subscription_id: subscription,
    currency: cancellation.currency,
    action,
    amount: cancellation.mrr,
    plan_id: cancellation.plan_id,
    owner,
    segment,
    country,
    reason: cancellation.reason,
    event_id,
  }));
}
