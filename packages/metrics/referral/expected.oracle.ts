/** Customers who bring customers. Rule 24. */
import { type Row, count, grouped, ratio, counted } from '../oracle/base.oracle.ts';
import { periodOf } from '../oracle/calendar.oracle.ts';
import { acquisitions, basisOf } from '../cost/acquisition.oracle.ts';
import { mentions } from '../mention/expected.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';

/** Invitations, conversions, and how much of what was won came by them. */
function referralsView(given: Given): Row[] {
  const { events, settings } = given;
  const { now, zone } = settings;
  const referrals = grouped(counted(events, 'referral', 'referral_id', now), (event) => event.key);
  const firsts = [...referrals.values()].flatMap((history) =>
    ['invited', 'converted'].flatMap((verb) => history.find((event) => event.verb === verb) ?? []),
  );
  const happened = [
    ...firsts.map(({ at, verb }) => ({ at, what: verb })),
    ...acquisitions(given.once(basisOf)).map(({ at }) => ({ at, what: 'acquired' })),
    ...given
      .once(mentions)
      .filter(({ recommends }) => recommends)
      .map(({ at }) => ({ at, what: 'recommended' })),
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

/** What the views of referrals should show. */
export const expected: ExpectedViews = {
  referrals_monthly: { key: ['month'], rows: referralsView },
};
