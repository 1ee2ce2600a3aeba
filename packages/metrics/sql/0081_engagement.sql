-- Engagement. Facts: packages/metrics/engagement.

CREATE TABLE IF NOT EXISTS tidemark_store.engagement (
  at DateTime64(3, 'UTC'), engagement_id String, engagement_kind String, channel String, visitor_id String,
  customer_id String, duration_ms Nullable(Int64), clicks Int64, page_views Int64,
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

-- Everything that adds up; distinct visitors do not and are counted from the facts (rule 45).
CREATE TABLE IF NOT EXISTS tidemark_store.engagement_15m (
  bucket DateTime('UTC'), channel String, visits Int64, communications Int64, logins Int64, feature_uses Int64,
  timed Int64, duration_ms Int64, clicks Int64, page_views Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, channel)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.engagement_15m_of_engagement
TO tidemark_store.engagement_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, channel,
  sumIf(toInt64(sign), engagement_kind = 'visit') AS visits,
  sumIf(toInt64(sign), engagement_kind = 'communication') AS communications,
  sumIf(toInt64(sign), engagement_kind = 'login') AS logins,
  sumIf(toInt64(sign), engagement_kind = 'feature_use') AS feature_uses,
  sumIf(toInt64(sign), e.duration_ms IS NOT NULL) AS timed,
  sum(ifNull(e.duration_ms, 0) * sign) AS duration_ms,
  sum(e.clicks * sign) AS clicks, sum(e.page_views * sign) AS page_views
FROM tidemark_store.engagement AS e
GROUP BY bucket, channel;

-- views

-- Rule 42.
CREATE OR REPLACE VIEW tidemark.engagement_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `channel` String COMMENT 'Where it took place; empty when not said.',
  `visits` Int64 COMMENT 'Visits.',
  `visitors` Int64 COMMENT 'Distinct visitors, customers where no visitor is named, of those visits.',
  `total_duration_seconds` Float64 COMMENT 'Sum of the durations of all kinds, as far as known. Seconds.',
  `average_duration_seconds` Nullable(Float64) COMMENT 'Mean of the durations of all kinds, over those that carry one; null when none does. Seconds.',
  `clicks` Int64 COMMENT 'Clicks within engagements of all kinds.',
  `page_views` Int64 COMMENT 'Pages seen within engagements of all kinds.',
  `communications` Int64 COMMENT 'Messages and the like that were received or read.',
  `logins` Int64 COMMENT 'Log-ins.',
  `feature_uses` Int64 COMMENT 'Times a feature was used.'
)
SQL SECURITY DEFINER
AS SELECT date, channel, sum(d_visits) AS visits, sum(d_visitors) AS visitors,
  sum(d_duration) / 1000 AS total_duration_seconds,
  rate_of(sum(d_duration), sum(d_timed) * 1000) AS average_duration_seconds, sum(d_clicks) AS clicks,
  sum(d_page_views) AS page_views, sum(d_communications) AS communications, sum(d_logins) AS logins,
  sum(d_feature_uses) AS feature_uses
FROM (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, channel, sum(visits) AS d_visits, 0 AS d_visitors,
    sum(duration_ms) AS d_duration, sum(timed) AS d_timed, sum(clicks) AS d_clicks, sum(page_views) AS d_page_views,
    sum(communications) AS d_communications, sum(logins) AS d_logins, sum(feature_uses) AS d_feature_uses
  FROM tidemark_store.engagement_15m
  GROUP BY date, channel
  UNION ALL
  SELECT date, channel, 0, toInt64(count()), 0, 0, 0, 0, 0, 0, 0
  FROM (
    SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, channel, if(visitor_id = '', customer_id, visitor_id) AS visitor
    FROM tidemark_store.engagement
    WHERE engagement_kind = 'visit' AND visitor != ''
    GROUP BY date, channel, visitor
    HAVING sum(sign) > 0
  )
  GROUP BY date, channel
)
GROUP BY date, channel
HAVING visits != 0 OR communications != 0 OR logins != 0 OR feature_uses != 0
COMMENT 'Visits, messages, log-ins and use of features by day and channel. Visitors are counted from the single visits.';
