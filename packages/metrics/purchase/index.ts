import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { loyalty } from './loyalty.ts';
import { sales } from './sales.ts';
import { purchasePages } from './pages.ts';
import { purchaseTables } from './tables.ts';
import { purchaseViews } from './views.ts';
import { purchaseExplained } from './explained.ts';

export { loyalty } from './loyalty.ts';
export { sales } from './sales.ts';

/** One-off sales, and buyers who come back or lapse. */
export const purchase: MetricFamily = {
  name: 'purchase',
  title: 'Sales, loyalty, repeat purchase',
  definitions: ({ lapseAfterMs }) => [define(sales), define(loyalty(lapseAfterMs))],
  tables: purchaseTables,
  views: purchaseViews,
  explained: purchaseExplained,
  pages: purchasePages,
};
