import type { MetricPage } from '../definition/page.ts';
import { count, seconds, text, wideCount } from '../sql/column.ts';
import { day } from '../sql/period.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

/** Durations over all kinds, visitors of visits (rule 42). */
const engagement = view('engagement_daily', {
  columns: {
    date: day.says(),
    channel: text('Where it took place; empty when unknown.'),
    visits: count('Visits.'),
    visitors: count('Distinct visitors, customers where no visitor is named, of those visits.'),
    total_duration_seconds: {
      ...seconds('Sum of the durations of all kinds, as far as known.'),
      type: 'Float64',
    },
    average_duration_seconds: seconds(
      'Mean of the durations of all kinds, over those that carry one; null when none does.',
    ),
    clicks: wideCount('Clicks within engagements of all kinds.'),
    page_views: wideCount('Pages seen within engagements of all kinds.'),
    communications: count('Messages and the like that were received or read.'),
    logins: count('Log-ins.'),
    feature_uses: count('Times a feature was used.'),
  },
  select: sql`
    SELECT date, channel, sum(d_visits) AS visits, sum(d_visitors) AS visitors,
      sum(d_duration) / 1000 AS total_duration_seconds,
      rate_of(sum(d_duration), sum(d_timed) * 1000) AS average_duration_seconds, sum(d_clicks) AS clicks,
      sum(d_page_views) AS page_views, sum(d_communications) AS communications, sum(d_logins) AS logins,
      sum(d_feature_uses) AS feature_uses
    FROM (
      SELECT ${day.of('bucket')} AS date, channel, sum(visits) AS d_visits, 0 AS d_visitors,
        sum(duration_ms) AS d_duration, sum(timed) AS d_timed, sum(clicks) AS d_clicks, sum(page_views) AS d_page_views,
        sum(communications) AS d_communications, sum(logins) AS d_logins, sum(feature_uses) AS d_feature_uses
      FROM tidemark_store.engagement_15m
      GROUP BY date, channel
      UNION ALL
      SELECT date, channel, 0, toInt64(count()), 0, 0, 0, 0, 0, 0, 0
      FROM (
        SELECT ${day.of('at')} AS date, channel, if(visitor_id = '', customer_id, visitor_id) AS visitor
        FROM tidemark_store.engagement
        WHERE engagement_kind = 'visit' AND visitor != ''
        GROUP BY date, channel, visitor
        HAVING sum(sign) > 0
      )
      GROUP BY date, channel
    )
    GROUP BY date, channel
    HAVING visits != 0 OR communications != 0 OR logins != 0 OR feature_uses != 0`,
  comment:
    'Visits, messages, log-ins and use of features by day and channel. Visitors are counted from the single visits.',
});

/** Views of engagement. */
export const engagementViews: readonly View[] = [engagement];

const page: MetricPage = {
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
export const engagementPages: readonly MetricPage[] = [page];
