-- Support contacts. Facts: packages/metrics/contact.

CREATE TABLE IF NOT EXISTS tidemark_store.contact_activity (
  at DateTime64(3, 'UTC'), case_id String, customer_id String, channel String, activity String,
  opened_at DateTime64(3, 'UTC'), resolved_at Nullable(DateTime64(3, 'UTC')),
  first_resolved_at Nullable(DateTime64(3, 'UTC')), first_contact Int64, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.contact_volume_15m (
  bucket DateTime('UTC'), channel String, opened Int64, messages Int64, resolved Int64, reopened Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, channel)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.contact_volume_15m_of_contact_activity
TO tidemark_store.contact_volume_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, channel, sumIf(toInt64(sign), activity = 'opened') AS opened,
  sumIf(toInt64(sign), activity = 'message') AS messages, sumIf(toInt64(sign), activity = 'resolved') AS resolved,
  sumIf(toInt64(sign), activity = 'reopened') AS reopened
FROM tidemark_store.contact_activity
GROUP BY bucket, channel;

-- By the time the case was opened.
CREATE TABLE IF NOT EXISTS tidemark_store.first_contact_15m (
  bucket DateTime('UTC'), channel String, cases Int64, resolved_on_first_contact Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, channel)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.first_contact_15m_of_contact_activity
TO tidemark_store.first_contact_15m AS
SELECT toStartOfFifteenMinutes(opened_at) AS bucket, channel, sumIf(toInt64(sign), activity = 'opened') AS cases,
  sum(first_contact * sign) AS resolved_on_first_contact
FROM tidemark_store.contact_activity
WHERE activity = 'opened' OR first_contact != 0
GROUP BY bucket, channel;

-- The resolutions that stand, one by one: medians do not add up. A reopening takes away the one it undoes.
CREATE TABLE IF NOT EXISTS tidemark_store.case_resolution (
  resolved_at DateTime64(3, 'UTC'), channel String, case_id String, opened_at DateTime64(3, 'UTC'),
  first_resolved_at DateTime64(3, 'UTC'), cases Int64
) ENGINE = SummingMergeTree(cases) ORDER BY (resolved_at, channel, case_id, opened_at, first_resolved_at)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.case_resolution_of_contact_activity
TO tidemark_store.case_resolution AS
SELECT assumeNotNull(a.resolved_at) AS resolved_at, channel, case_id, opened_at,
  assumeNotNull(a.first_resolved_at) AS first_resolved_at,
  sum(if(activity = 'resolved', 1, -1) * toInt64(sign)) AS cases
FROM tidemark_store.contact_activity AS a
WHERE activity IN ('resolved', 'reopened')
GROUP BY resolved_at, channel, case_id, opened_at, first_resolved_at;

-- views

-- Rule 23.
CREATE OR REPLACE VIEW tidemark.contact_volume_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `channel` String COMMENT 'Channel of the case''s first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.',
  `opened` Int64 COMMENT 'Cases opened.',
  `messages` Int64 COMMENT 'Inbound messages.',
  `resolved` Int64 COMMENT 'Times an open case was resolved.',
  `reopened` Int64 COMMENT 'Times a resolved case was reopened.',
  `backlog` Int64 COMMENT 'Cases open at the end of the day: all ever opened + reopened - resolved.'
)
SQL SECURITY DEFINER
AS SELECT date, channel, p_opened AS opened, p_messages AS messages, p_resolved AS resolved, p_reopened AS reopened,
  sum(p_opened + p_reopened - p_resolved) OVER (PARTITION BY channel ORDER BY date) AS backlog
FROM (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, channel, sum(opened) AS p_opened, sum(messages) AS p_messages,
    sum(resolved) AS p_resolved, sum(reopened) AS p_reopened
  FROM tidemark_store.contact_volume_15m
  GROUP BY date, channel
  HAVING p_opened != 0 OR p_messages != 0 OR p_resolved != 0 OR p_reopened != 0
)
COMMENT 'Support contacts by day and channel; only days in which something happened.';

-- Rule 23, rule 27.
CREATE OR REPLACE VIEW tidemark.contact_volume_hourly (
  `hour` DateTime64(3, 'UTC') COMMENT 'Start of the hour of the reporting zone, as an instant.',
  `channel` String COMMENT 'Channel of the case''s first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.',
  `opened` Int64 COMMENT 'Cases opened.',
  `messages` Int64 COMMENT 'Inbound messages.',
  `resolved` Int64 COMMENT 'Times an open case was resolved.',
  `reopened` Int64 COMMENT 'Times a resolved case was reopened.',
  `backlog` Int64 COMMENT 'Cases open at the end of the hour: all ever opened + reopened - resolved.'
)
SQL SECURITY DEFINER
AS SELECT hour, channel, p_opened AS opened, p_messages AS messages, p_resolved AS resolved, p_reopened AS reopened,
  sum(p_opened + p_reopened - p_resolved) OVER (PARTITION BY channel ORDER BY hour) AS backlog
FROM (
  SELECT toStartOfHour(bucket, '{{REPORTING_TIMEZONE}}') AS hour, channel, sum(opened) AS p_opened, sum(messages) AS p_messages,
    sum(resolved) AS p_resolved, sum(reopened) AS p_reopened
  FROM tidemark_store.contact_volume_15m
  GROUP BY hour, channel
  HAVING p_opened != 0 OR p_messages != 0 OR p_resolved != 0 OR p_reopened != 0
)
COMMENT 'Support contacts by hour and channel; only hours in which something happened.';

-- Rule 22.
CREATE OR REPLACE VIEW tidemark.contact_resolution_daily (
  `date` Date COMMENT 'Day of the final resolution in the reporting zone.',
  `channel` String COMMENT 'Channel of the case''s first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.',
  `resolved` Int64 COMMENT 'Cases resolved now, whose last resolution was in this day; a reopened one is in none until resolved again.',
  `average_resolution_seconds` Nullable(Float64) COMMENT 'Mean time from the opening to the last resolution. Seconds.',
  `median_resolution_seconds` Nullable(Float64) COMMENT 'Median of the time from the opening to the last resolution, exact, with linear interpolation. Seconds.',
  `p90_resolution_seconds` Nullable(Float64) COMMENT '90th percentile of the time from the opening to the last resolution, exact, with linear interpolation. Seconds.',
  `average_first_resolution_seconds` Nullable(Float64) COMMENT 'Mean time from the opening to the first resolution of the same cases. Seconds.'
)
SQL SECURITY DEFINER
AS SELECT date, channel, count() AS resolved, sum(to_last) / (count() * 1000) AS average_resolution_seconds,
  quantileExactInclusive(0.5)(to_last / 1000) AS median_resolution_seconds,
  quantileExactInclusive(0.9)(to_last / 1000) AS p90_resolution_seconds,
  sum(to_first) / (count() * 1000) AS average_first_resolution_seconds
FROM (
  SELECT toDate(resolved_at, '{{REPORTING_TIMEZONE}}') AS date, channel,
    toUnixTimestamp64Milli(resolved_at) - toUnixTimestamp64Milli(opened_at) AS to_last,
    toUnixTimestamp64Milli(first_resolved_at) - toUnixTimestamp64Milli(opened_at) AS to_first
  FROM tidemark_store.case_resolution
  GROUP BY resolved_at, channel, case_id, opened_at, first_resolved_at
  HAVING sum(cases) > 0
)
GROUP BY date, channel
COMMENT 'How long cases took that are resolved now, by day of the final resolution and channel. Counted from the single cases.';

-- Rule 22.
CREATE OR REPLACE VIEW tidemark.contact_resolution_monthly (
  `month` Date COMMENT 'Month of the final resolution in the reporting zone, its first day.',
  `channel` String COMMENT 'Channel of the case''s first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.',
  `resolved` Int64 COMMENT 'Cases resolved now, whose last resolution was in this month; a reopened one is in none until resolved again.',
  `average_resolution_seconds` Nullable(Float64) COMMENT 'Mean time from the opening to the last resolution. Seconds.',
  `median_resolution_seconds` Nullable(Float64) COMMENT 'Median of the time from the opening to the last resolution, exact, with linear interpolation. Seconds.',
  `p90_resolution_seconds` Nullable(Float64) COMMENT '90th percentile of the time from the opening to the last resolution, exact, with linear interpolation. Seconds.',
  `average_first_resolution_seconds` Nullable(Float64) COMMENT 'Mean time from the opening to the first resolution of the same cases. Seconds.'
)
SQL SECURITY DEFINER
AS SELECT month, channel, count() AS resolved, sum(to_last) / (count() * 1000) AS average_resolution_seconds,
  quantileExactInclusive(0.5)(to_last / 1000) AS median_resolution_seconds,
  quantileExactInclusive(0.9)(to_last / 1000) AS p90_resolution_seconds,
  sum(to_first) / (count() * 1000) AS average_first_resolution_seconds
FROM (
  SELECT toStartOfMonth(resolved_at, '{{REPORTING_TIMEZONE}}') AS month, channel,
    toUnixTimestamp64Milli(resolved_at) - toUnixTimestamp64Milli(opened_at) AS to_last,
    toUnixTimestamp64Milli(first_resolved_at) - toUnixTimestamp64Milli(opened_at) AS to_first
  FROM tidemark_store.case_resolution
  GROUP BY resolved_at, channel, case_id, opened_at, first_resolved_at
  HAVING sum(cases) > 0
)
GROUP BY month, channel
COMMENT 'How long cases took that are resolved now, by month of the final resolution and channel. Counted from the single cases.';

-- Rule 21.
CREATE OR REPLACE VIEW tidemark.first_contact_resolution_daily (
  `date` Date COMMENT 'Day in the reporting zone on which the cases were opened.',
  `channel` String COMMENT 'Channel of the case''s first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.',
  `cases` Int64 COMMENT 'Cases opened, resolved or not.',
  `resolved_on_first_contact` Int64 COMMENT 'Those resolved without another inbound message before, and not reopened within FCR_WINDOW (default 7 days) of the first resolution.',
  `fcr_rate` Nullable(Float64) COMMENT 'resolved_on_first_contact / cases, a fraction.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, channel, sum(f.cases) AS cases,
  sum(f.resolved_on_first_contact) AS resolved_on_first_contact,
  rate_of(sum(f.resolved_on_first_contact), sum(f.cases)) AS fcr_rate
FROM tidemark_store.first_contact_15m AS f
GROUP BY date, channel
HAVING cases != 0
COMMENT 'First contact resolution by day on which the cases were opened, and channel.';

-- Rule 21.
CREATE OR REPLACE VIEW tidemark.first_contact_resolution_monthly (
  `month` Date COMMENT 'Month in the reporting zone in which the cases were opened, its first day.',
  `channel` String COMMENT 'Channel of the case''s first event: phone, email, chat, chatbot, social, in_app, in_person, sms or other.',
  `cases` Int64 COMMENT 'Cases opened, resolved or not.',
  `resolved_on_first_contact` Int64 COMMENT 'Those resolved without another inbound message before, and not reopened within FCR_WINDOW (default 7 days) of the first resolution.',
  `fcr_rate` Nullable(Float64) COMMENT 'resolved_on_first_contact / cases, a fraction.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, channel, sum(f.cases) AS cases,
  sum(f.resolved_on_first_contact) AS resolved_on_first_contact,
  rate_of(sum(f.resolved_on_first_contact), sum(f.cases)) AS fcr_rate
FROM tidemark_store.first_contact_15m AS f
GROUP BY month, channel
HAVING cases != 0
COMMENT 'First contact resolution by month in which the cases were opened, and channel.';
