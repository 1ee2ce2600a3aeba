-- Referrals. Facts: packages/metrics/referral.

CREATE TABLE IF NOT EXISTS tidemark_store.referral (
  at DateTime64(3, 'UTC'), referral_id String, action String, referrer_customer_id String,
  referred_customer_id String, channel String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.referral_15m (
  bucket DateTime('UTC'), channel String, invited Int64, converted Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, channel)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.referral_15m_of_referral TO tidemark_store.referral_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, channel, sumIf(toInt64(sign), action = 'invited') AS invited,
  sumIf(toInt64(sign), action = 'converted') AS converted
FROM tidemark_store.referral
GROUP BY bucket, channel;

-- views

-- Rule 40.
CREATE OR REPLACE VIEW tidemark.referrals_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `invited` Int64 COMMENT 'Referrals in which someone was invited.',
  `converted` Int64 COMMENT 'Referrals whose invited one became a customer.',
  `customers_acquired` Int64 COMMENT 'New subscribers and first-time buyers, each customer once, at the earlier; all currencies.',
  `referral_rate` Nullable(Float64) COMMENT 'converted / customers_acquired, a fraction; null when none was acquired.',
  `recommending_mentions` Int64 COMMENT 'Mentions in public that recommend the brand.'
)
SQL SECURITY DEFINER
AS SELECT month, sum(m_invited) AS invited, sum(m_converted) AS converted, sum(m_acquired) AS customers_acquired,
  rate_of(sum(m_converted), sum(m_acquired)) AS referral_rate, sum(m_recommending) AS recommending_mentions
FROM (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, sum(invited) AS m_invited, sum(converted) AS m_converted,
    0 AS m_acquired, 0 AS m_recommending
  FROM tidemark_store.referral_15m
  GROUP BY month
  UNION ALL
  SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, 0, 0, toInt64(count()), 0
  FROM (
    SELECT at FROM tidemark_store.acquisition FINAL
    WHERE firsts > 0
    ORDER BY customer, at
    LIMIT 1 BY customer
  )
  GROUP BY month
  UNION ALL
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, 0, 0, 0, sum(recommending_mentions)
  FROM tidemark_store.mention_15m
  GROUP BY month
)
GROUP BY month
HAVING invited != 0 OR converted != 0 OR customers_acquired != 0 OR recommending_mentions != 0
COMMENT 'Customers who bring customers, by month: referrals, and public recommendations beside them.';
