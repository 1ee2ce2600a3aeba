import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { referrals } from './referrals.ts';
import { referralTables } from './tables.ts';
import { referralPages, referralViews } from './views.ts';
import { referralExplained } from './explained.ts';

export { referrals } from './referrals.ts';

/** Customers who bring customers. */
export const referral: MetricFamily = {
  name: 'referral',
  title: 'Referrals',
  definitions: () => [define(referrals)],
  tables: referralTables,
  views: referralViews,
  explained: referralExplained,
  pages: referralPages,
};
