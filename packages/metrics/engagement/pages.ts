import type { MetricPage } from '../definition/page.ts';

const engagement: MetricPage = {
  name: 'engagement',
  title: 'Engagement',
  views: ['engagement_daily'],
  meaning: 'How much visitors and customers do with the product, and how long.',
  formula: [
    'average_duration_seconds = total_duration_seconds / engagements that carry a duration',
    'visitors = distinct visitor_id, else customer_id, of visits',
  ],
  rules: [['Durations, clicks and page views are over all kinds of engagement.', 42]],
  examples: [
    {
      given: 'Three visits of two visitors: 60 seconds, 120 seconds, and one without a duration.',
      results: [
        ['visits', '1 + 1 + 1', '3'],
        ['visitors', 'distinct', '2'],
        ['total_duration_seconds', '60 + 120', '180'],
        ['average_duration_seconds', '180 / 2', '90'],
      ],
    },
  ],
  source: 'The metric contract, ‘The rest’.',
};

/** Pages on engagement. */
export const engagementPages: readonly MetricPage[] = [engagement];
