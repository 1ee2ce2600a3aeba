import type { MetricFamily } from '../family.ts';
import { trustTables } from './tables.ts';
import { trustPages, trustViews } from './views.ts';
import { trustExplained } from './explained.ts';

/** Whether the numbers can be trusted. The runtime publishes the facts. */
export const trust: MetricFamily = {
  name: 'trust',
  title: 'Trust',
  definitions: () => [],
  tables: trustTables,
  views: trustViews,
  explained: trustExplained,
  pages: trustPages,
};
