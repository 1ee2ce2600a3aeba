import type { View } from '../sql/view.ts';
import { customerValueViews } from './customer-value-views.ts';
import { healthViews } from './health-views.ts';
import { lifetimeValueReporting } from './lifetime-value-reporting-view.ts';
import { lifetimeValue } from './lifetime-value-view.ts';
import { nonRecurringViews } from './non-recurring-views.ts';
import { unitEconomicsViews } from './unit-economics-views.ts';

/** Views of what customers are worth and how they are doing: each reads several families. */
export const valueViews: readonly View[] = [
  ...nonRecurringViews,
  ...customerValueViews,
  lifetimeValue,
  lifetimeValueReporting,
  ...unitEconomicsViews,
  ...healthViews,
];
