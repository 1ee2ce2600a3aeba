import type { MetricFamily } from '../family.ts';
import { valuePages } from './pages.ts';
import { valueTables } from './tables.ts';
import { valueViews } from './views.ts';
import { valueExplained } from './explained.ts';

/** What customers are worth and how they are doing. */
export const value: MetricFamily = {
  name: 'value',
  title: 'Value, unit economics, health',
  definitions: () => [],
  tables: valueTables,
  views: valueViews,
  explained: valueExplained,
  pages: valuePages,
};
