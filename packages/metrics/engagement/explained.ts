import {
  all,
  type ExplainedViews,
  type Parts,
  ratioFormula,
  rolled,
  same,
  within,
} from '../sql/explained.ts';
import { day } from '../sql/period.ts';

const engaged = (value: string): Parts =>
  rolled('engagement_15m', 'engagement', value, all(within(day), same('channel')));
const visitor = "if(visitor_id = '', customer_id, visitor_id)";

/** How the figures of engagement come about. */
export const engagementExplained: ExplainedViews = {
  engagement_daily: {
    key: ['date', 'channel'],
    columns: {
      visits: engaged('visits'),
      visitors: {
        from: { kind: 'engagement' },
        where: all(within(day, 'at'), same('channel'), "engagement_kind = 'visit'", `${visitor} != ''`),
        each: { visitor },
        value: 'toInt64(sum(sign) > 0)',
      },
      total_duration_seconds: { ...engaged('duration_ms'), total: 'sum(value) / 1000' },
      average_duration_seconds: ratioFormula('rate_of(milliseconds, timed * 1000)', {
        milliseconds: engaged('duration_ms'),
        timed: engaged('timed'),
      }),
      clicks: engaged('clicks'),
      page_views: engaged('page_views'),
      communications: engaged('communications'),
      logins: engaged('logins'),
      feature_uses: engaged('feature_uses'),
    },
  },
};
