import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { sql } from '../sql/text.ts';
import { engagementFacts } from './engagements.ts';

/** Facts of engagements and what adds up of them. Those sums are wider than what they add up (rule 53). */
export const engagementTables: readonly Table[] = [
  factTable('engagement', engagementFacts.engagement, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('engagement_15m', {
    why: 'Everything that adds up; distinct visitors do not and are counted from the facts (rule 45).',
    columns: `bucket DateTime('UTC'), channel String, visits Int64, communications Int64, logins Int64, feature_uses Int64,
timed Int64, duration_ms Int128, clicks Int128, page_views Int128`,
    orderBy: '(bucket, channel)',
    from: {
      engagement: sql`
  SELECT ${bucketOf('at')} AS bucket, channel,
    sumIf(toInt64(sign), engagement_kind = 'visit') AS visits,
    sumIf(toInt64(sign), engagement_kind = 'communication') AS communications,
    sumIf(toInt64(sign), engagement_kind = 'login') AS logins,
    sumIf(toInt64(sign), engagement_kind = 'feature_use') AS feature_uses,
    sumIf(toInt64(sign), e.duration_ms IS NOT NULL) AS timed,
    sum(toInt128(ifNull(e.duration_ms, 0)) * sign) AS duration_ms,
    sum(toInt128(e.clicks) * sign) AS clicks, sum(toInt128(e.page_views) * sign) AS page_views
  FROM tidemark_store.engagement AS e
  GROUP BY bucket, channel`,
    },
    widened: { duration_ms: 'Int128', clicks: 'Int128', page_views: 'Int128' },
  }),
];
