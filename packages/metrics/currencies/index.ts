import type { MetricFamily } from '../family.ts';
import { currencyPages, currencyViews } from './views.ts';
import { currenciesExplained } from './explained.ts';

/** Exchange rates into the reporting currency. */
export const currencies: MetricFamily = {
  name: 'currencies',
  title: 'Several currencies',
  definitions: () => [],
  tables: [],
  views: currencyViews,
  explained: currenciesExplained,
  pages: currencyPages,
};
