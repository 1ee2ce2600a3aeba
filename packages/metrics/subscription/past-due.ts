import type { Instant } from '../definition/definition.ts';
import type { SubscriptionFact } from './facts.ts';
import { worthOf, type Subscription } from './subscription.ts';

/** What of a customer is past due in one currency (rule 57): subscriptions, at least one, and their MRR, micros a month. */
export type PastDue = { readonly currency: string; readonly subscriptions: number; readonly mrr: bigint };

/** A subscription became past due, was paid after all, or ended while past due. */
export type PastDueTurn = {
  readonly currency: string;
  readonly turn: 'entered' | 'recovered' | 'ended';
};

/** What a customer has past due, and what turned within the instant under way. */
export type Dunning = { readonly pastDue: readonly PastDue[]; readonly turns: readonly PastDueTurn[] };

/** Nothing is past due. */
export const notPastDue: Dunning = { pastDue: [], turns: [] };

/** The dunning of a customer one of whose subscriptions has changed. */
export function dunningAfter(
  dunning: Dunning,
  before: Subscription | undefined,
  after: Subscription,
): Dunning {
  if (before?.pastDue !== true && !after.pastDue) return dunning;
  let { pastDue } = dunning;
  if (before?.pastDue === true) pastDue = moved(pastDue, before, -1);
  if (after.pastDue) pastDue = moved(pastDue, after, 1);
  const turn = turnOf(before, after);
  return { pastDue, turns: turn === undefined ? dunning.turns : [...dunning.turns, turn] };
}

function turnOf(before: Subscription | undefined, after: Subscription): PastDueTurn | undefined {
  if (before?.pastDue !== true) return { currency: currencyOf(after), turn: 'entered' };
  if (after.pastDue) return undefined;
  return { currency: currencyOf(before), turn: after.status === 'ended' ? 'ended' : 'recovered' };
}

/** What is past due has terms: an event of a payment is ignored before. */
function currencyOf({ terms }: Subscription): string {
  return terms?.currency ?? '';
}

function moved(all: readonly PastDue[], subscription: Subscription, by: 1 | -1): readonly PastDue[] {
  const currency = currencyOf(subscription);
  const was = all.find((one) => one.currency === currency) ?? { currency, subscriptions: 0, mrr: 0n };
  const subscriptions = was.subscriptions + by;
  const others = all.filter((one) => one.currency !== currency);
  if (subscriptions === 0) return others;
  return [...others, { currency, subscriptions, mrr: was.mrr + BigInt(by) * worthOf(subscription) }];
}

/** What an instant made of what is past due, by currency: nothing where it is as before. */
export function pastDueFacts(
  customer_id: string,
  at: Instant,
  standing: readonly PastDue[],
  { pastDue, turns }: Dunning,
): SubscriptionFact[] {
  if (turns.length === 0 && pastDue === standing) return [];
  const facts: SubscriptionFact[] = [];
  let anywhere = Math.sign(pastDue.length) - Math.sign(standing.length);
  for (const currency of new Set([...standing, ...pastDue, ...turns].map((one) => one.currency))) {
    const before = standing.find((one) => one.currency === currency);
    const after = pastDue.find((one) => one.currency === currency);
    const count = (turn: PastDueTurn['turn']): number =>
      turns.filter((one) => one.currency === currency && one.turn === turn).length;
    const counts = { entered: count('entered'), recovered: count('recovered'), ended: count('ended') };
    const subscriptions = (after?.subscriptions ?? 0) - (before?.subscriptions ?? 0);
    const amount = (after?.mrr ?? 0n) - (before?.mrr ?? 0n);
    const customers = (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    const turned = counts.entered + counts.recovered + counts.ended > 0;
    if (!turned && subscriptions === 0 && customers === 0 && amount === 0n) continue;
    // Among several currencies one bears it: the customer is counted once over all of them.
    const any_currency = customers === anywhere ? anywhere : 0;
    anywhere -= any_currency;
    facts.push({
      kind: 'past_due',
      at,
      customer_id,
      currency,
      ...counts,
      subscriptions,
      customers,
      any_currency,
      amount,
    });
  }
  return facts;
}
