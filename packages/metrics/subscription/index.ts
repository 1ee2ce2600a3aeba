import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { recurringRevenue } from './movements.ts';
import { subscriptionPages } from './pages.ts';
import { subscriptionTables } from './tables.ts';
import { subscriptionViews } from './views.ts';
import { subscriptionExplained } from './explained.ts';

export { recurringRevenue } from './movements.ts';

/** Recurring revenue: MRR, its movements, churn, retention. */
export const subscription: MetricFamily = {
  name: 'subscription',
  title: 'Recurring revenue',
  definitions: (settings) => [define(recurringRevenue(settings))],
  tables: subscriptionTables,
  views: subscriptionViews,
  explained: subscriptionExplained,
  pages: subscriptionPages,
};
