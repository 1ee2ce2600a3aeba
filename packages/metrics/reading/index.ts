import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { readings } from './readings.ts';
import { readingTables } from './tables.ts';
import { readingPages, readingViews } from './views.ts';
import { readingExplained } from './explained.ts';

export { readings } from './readings.ts';

/** Readings of outside figures. */
export const reading: MetricFamily = {
  name: 'reading',
  title: 'Readings',
  definitions: () => [define(readings)],
  tables: readingTables,
  views: readingViews,
  explained: readingExplained,
  pages: readingPages,
};
