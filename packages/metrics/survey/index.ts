import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { surveys } from './surveys.ts';
import { surveyPages } from './pages.ts';
import { surveyTables } from './tables.ts';
import { surveyViews } from './views.ts';
import { surveyExplained } from './explained.ts';

export { surveys } from './surveys.ts';

/** Surveys: NPS, CSAT, CES and the rest. */
export const survey: MetricFamily = {
  name: 'survey',
  title: 'Surveys',
  definitions: () => [define(surveys)],
  tables: surveyTables,
  views: surveyViews,
  explained: surveyExplained,
  pages: surveyPages,
};
