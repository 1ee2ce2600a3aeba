import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { mentions } from './mentions.ts';
import { mentionTables } from './tables.ts';
import { mentionPages, mentionViews } from './views.ts';
import { mentionExplained } from './explained.ts';

export { mentions } from './mentions.ts';

/** Mentions of the brand in public. */
export const mention: MetricFamily = {
  name: 'mention',
  title: 'Mentions',
  definitions: () => [define(mentions)],
  tables: mentionTables,
  views: mentionViews,
  explained: mentionExplained,
  pages: mentionPages,
};
