import type { MetricSettings } from '../settings.ts';
import { pausedWorthOf, worthOf, type Subscription } from './subscription.ts';

/** What recurring revenue takes from the operator. */
export type RevenueSettings = Pick<
  MetricSettings,
  'pastDueEndsAfterMs' | 'pauseCountsAs' | 'replacementWindowMs'
>;

/** A customer's MRR in one currency, micros a month: sum of the rounded worth of each subscription (rule 10). */
export type Balance = {
  readonly currency: string;
  readonly mrr: bigint;
  /** Paused subscriptions that keep whoever is active in this currency active (rule 63). */
  readonly keeping: number;
};

/** No MRR, and nothing that keeps the customer. */
export const noBalances: readonly Balance[] = [];

/**
 * The balances of a customer one of whose subscriptions has changed; the same list where none moved.
 *
 * @param onMoved Given each currency that moved, those left first.
 */
export function balancesAfter(
  balances: readonly Balance[],
  before: Subscription | undefined,
  after: Subscription,
  { pauseCountsAs }: RevenueSettings,
  onMoved: (currency: string) => void,
): readonly Balance[] {
  const keeps = (it: Subscription | undefined): number =>
    pauseCountsAs === 'kept' && pausedWorthOf(it) > 0n ? 1 : 0;
  const left = { currency: before?.terms?.currency ?? '', mrr: worthOf(before), keeping: keeps(before) };
  const entered = { currency: after.terms?.currency ?? '', mrr: worthOf(after), keeping: keeps(after) };
  let now = balances;
  const move = (currency: string, mrr: bigint, keeping: number): void => {
    if (mrr === 0n && keeping === 0) return;
    now = balancesWith(now, { currency, mrr, keeping });
    onMoved(currency);
  };
  if (left.currency === entered.currency)
    move(entered.currency, entered.mrr - left.mrr, entered.keeping - left.keeping);
  else {
    move(left.currency, -left.mrr, -left.keeping);
    move(entered.currency, entered.mrr, entered.keeping);
  }
  return now;
}

function balancesWith(balances: readonly Balance[], by: Balance): readonly Balance[] {
  const index = balances.findIndex(({ currency }) => currency === by.currency);
  if (index === -1) return [...balances, by];
  const { currency, mrr, keeping } = balances[index]!;
  return balances.with(index, { currency, mrr: mrr + by.mrr, keeping: keeping + by.keeping });
}

/** The balance in a currency; `undefined` when there is none. */
export function balanceIn(balances: readonly Balance[], currency: string): Balance | undefined {
  for (const balance of balances) if (balance.currency === currency) return balance;
  return undefined;
}

/**
 * **What makes a customer active**: an MRR above 0 in a currency. Where pausing is not churn, a paused subscription keeps
 * whoever is active in its currency; it makes nobody active (rule 63).
 *
 * @param published In what currencies the customer is active so far.
 * @returns The balances in which the customer is active; the same list when all are.
 */
export function activeAmong(balances: readonly Balance[], published: readonly Balance[]): readonly Balance[] {
  const isActive = ({ currency, mrr, keeping }: Balance): boolean =>
    mrr > 0n || (keeping > 0 && balanceIn(published, currency) !== undefined);
  return balances.every(isActive) ? balances : balances.filter(isActive);
}

/** The balances without those of which nothing is left; the same list when there are none. */
export function withoutEmpty(balances: readonly Balance[]): readonly Balance[] {
  const isLeft = ({ mrr, keeping }: Balance): boolean => mrr > 0n || keeping > 0;
  return balances.every(isLeft) ? balances : balances.filter(isLeft);
}
