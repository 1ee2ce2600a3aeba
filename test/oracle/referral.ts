/** Customers who bring customers. Rule 24. */
import { type ContractEvent, type Row, type Settings, count, grouped, ratio, told } from './base.ts';
import { periodOf } from './calendar.ts';
import type { Mention } from './mention.ts';

/** Invitations, conversions, and how much of what was won came by them. */
export function referralsView(
  events: readonly ContractEvent[],
  acquired: readonly { readonly at: number }[],
  mentions: readonly Mention[],
  { now, zone }: Settings,
): Row[] {
  const referrals = grouped(told(events, 'referral', 'referral_id', now), (event) => event.key);
  const firsts = [...referrals.values()].flatMap((history) =>
    ['invited', 'converted'].flatMap((verb) => history.find((event) => event.verb === verb) ?? []),
  );
  const happened = [
    ...firsts.map(({ at, verb }) => ({ at, what: verb })),
    ...acquired.map(({ at }) => ({ at, what: 'acquired' })),
    ...mentions.filter(({ recommends }) => recommends).map(({ at }) => ({ at, what: 'recommended' })),
  ];
  return [...grouped(happened, ({ at }) => periodOf(at, 'month', zone))].map(([month, some]) => {
    const of = (what: string): number => count(some, (one) => one.what === what);
    return {
      month,
      invited: of('invited'),
      converted: of('converted'),
      customers_acquired: of('acquired'),
      referral_rate: ratio(of('converted'), of('acquired')),
      recommending_mentions: of('recommended'),
    };
  });
}
