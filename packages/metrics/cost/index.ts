import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { costs } from './costs.ts';
import { costTables } from './tables.ts';
import { costPages, costViews } from './views.ts';
import { costExplained } from './explained.ts';

export { costs } from './costs.ts';

/** What winning and keeping customers costs. */
export const cost: MetricFamily = {
  name: 'cost',
  title: 'Costs',
  definitions: () => [define(costs)],
  tables: costTables,
  views: costViews,
  explained: costExplained,
  pages: costPages,
};
