import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { subscriptionDefinition } from './movements.ts';
import { subscriptionPages } from './pages.ts';
import { subscriptionTables } from './tables.ts';
import { subscriptionViews } from './views.ts';

export { subscriptionDefinition } from './movements.ts';

/** Recurring revenue: MRR, its movements, churn, retention. */
export const subscription: MetricFamily = {
  name: 'subscription',
  title: 'Recurring revenue',
  definitions: () => [define(subscriptionDefinition)],
  tables: subscriptionTables,
  views: subscriptionViews,
  pages: subscriptionPages,
};
