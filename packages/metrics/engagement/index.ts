import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { engagements } from './engagements.ts';
import { engagementTables } from './tables.ts';
import { engagementPages, engagementViews } from './views.ts';
import { engagementExplained } from './explained.ts';

export { engagements } from './engagements.ts';

/** Visits, log-ins and use. */
export const engagement: MetricFamily = {
  name: 'engagement',
  title: 'Engagement',
  definitions: () => [define(engagements)],
  tables: engagementTables,
  views: engagementViews,
  explained: engagementExplained,
  pages: engagementPages,
};
