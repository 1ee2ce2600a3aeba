-- Mentions. Facts: packages/metrics/mention.

CREATE TABLE IF NOT EXISTS tidemark_store.mention (
  at DateTime64(3, 'UTC'), mention_id String, customer_id String, channel String, sentiment String, topic String,
  reach Int64, recommends UInt8, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.mention_15m (
  bucket DateTime('UTC'), channel String, sentiment String, mentions Int64, reach Int64, recommending_mentions Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, channel, sentiment)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.mention_15m_of_mention TO tidemark_store.mention_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, channel, sentiment, sum(toInt64(sign)) AS mentions,
  sum(m.reach * sign) AS reach, sum(toInt64(recommends) * sign) AS recommending_mentions
FROM tidemark_store.mention AS m
GROUP BY bucket, channel, sentiment;

-- views

CREATE OR REPLACE VIEW tidemark.mentions_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `channel` String COMMENT 'Where it was said: x, facebook, instagram, linkedin, reddit, youtube, tiktok, review, news, blog, forum or other.',
  `sentiment` String COMMENT 'How it was meant: positive, neutral, negative or unknown.',
  `mentions` Int64 COMMENT 'Times someone spoke of the brand.',
  `reach` Int64 COMMENT 'Sum of the people who could see them, as far as known.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, channel, sentiment, sum(m.mentions) AS mentions,
  sum(m.reach) AS reach
FROM tidemark_store.mention_15m AS m
GROUP BY date, channel, sentiment
HAVING mentions != 0
COMMENT 'Mentions of the brand by day, channel and sentiment.';

CREATE OR REPLACE VIEW tidemark.mentions_hourly (
  `hour` DateTime64(3, 'UTC') COMMENT 'Start of the hour of the reporting zone, as an instant.',
  `channel` String COMMENT 'Where it was said: x, facebook, instagram, linkedin, reddit, youtube, tiktok, review, news, blog, forum or other.',
  `sentiment` String COMMENT 'How it was meant: positive, neutral, negative or unknown.',
  `mentions` Int64 COMMENT 'Times someone spoke of the brand.',
  `reach` Int64 COMMENT 'Sum of the people who could see them, as far as known.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfHour(bucket, '{{REPORTING_TIMEZONE}}') AS hour, channel, sentiment, sum(m.mentions) AS mentions,
  sum(m.reach) AS reach
FROM tidemark_store.mention_15m AS m
GROUP BY hour, channel, sentiment
HAVING mentions != 0
COMMENT 'Mentions of the brand by hour, channel and sentiment.';

-- Rule 28.
CREATE OR REPLACE VIEW tidemark.sentiment_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `mentions` Int64 COMMENT 'Mentions over all channels, those of unknown sentiment included.',
  `positive_share` Nullable(Float64) COMMENT 'Positive mentions / mentions, a fraction.',
  `negative_share` Nullable(Float64) COMMENT 'Negative mentions / mentions, a fraction.',
  `net_sentiment` Nullable(Float64) COMMENT '(positive - negative) / mentions, from -1 to 1.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, sum(m.mentions) AS mentions,
  -- Not sumIf: under a reader's aggregate_functions_null_for_empty it is null where there is none.
  rate_of(sum(m.mentions * (sentiment = 'positive')), sum(m.mentions)) AS positive_share,
  rate_of(sum(m.mentions * (sentiment = 'negative')), sum(m.mentions)) AS negative_share,
  rate_of(sum(m.mentions * ((sentiment = 'positive') - (sentiment = 'negative'))), sum(m.mentions)) AS net_sentiment
FROM tidemark_store.mention_15m AS m
GROUP BY date
HAVING mentions != 0
COMMENT 'How the brand was spoken of, by day over all channels.';
