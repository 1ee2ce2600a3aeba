import type { MetricFamily } from '../family.ts';
import { currencyPages } from './pages.ts';
import { currencyViews } from './views.ts';

/** Exchange rates into the reporting currency. */
export const currencies: MetricFamily = {
  name: 'currencies',
  title: 'Several currencies',
  definitions: () => [],
  tables: [],
  views: currencyViews,
  pages: currencyPages,
};
