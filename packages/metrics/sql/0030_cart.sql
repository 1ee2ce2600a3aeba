-- Carts. Facts: packages/metrics/cart.

CREATE TABLE IF NOT EXISTS tidemark_store.cart_outcome (
  at DateTime64(3, 'UTC'), cart_id String, customer_id String, channel String, created_at DateTime64(3, 'UTC'),
  outcome String, currency String, value Decimal(38, 6), sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

-- By the time it happened. A recovered cart is a converted one too.
CREATE TABLE IF NOT EXISTS tidemark_store.cart_outcome_15m (
  bucket DateTime('UTC'), channel String, created Int64, converted Int64, abandoned Int64, recovered Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, channel)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.cart_outcome_15m_of_cart_outcome
TO tidemark_store.cart_outcome_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, channel, sumIf(toInt64(sign), outcome = 'created') AS created,
  sumIf(toInt64(sign), outcome IN ('converted', 'recovered')) AS converted,
  sumIf(toInt64(sign), outcome = 'abandoned') AS abandoned, sumIf(toInt64(sign), outcome = 'recovered') AS recovered
FROM tidemark_store.cart_outcome
WHERE outcome != 'reopened'
GROUP BY bucket, channel;

-- What became, until now, of the carts created in a quarter of an hour. Every outcome moves a cart from one standing to
-- another: created into open, abandoned from open, reopened from abandoned back to open, the checkouts from open.
CREATE TABLE IF NOT EXISTS tidemark_store.cart_standing_15m (
  bucket DateTime('UTC'), channel String, currency String, carts Int64, open Int64, abandoned Int64, converted Int64,
  recovered Int64, abandoned_value Decimal(38, 6), converted_value Decimal(38, 6), recovered_value Decimal(38, 6)
) ENGINE = SummingMergeTree ORDER BY (bucket, channel, currency)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.cart_standing_15m_of_cart_outcome
TO tidemark_store.cart_standing_15m AS
SELECT toStartOfFifteenMinutes(created_at) AS bucket, channel, currency,
  sumIf(toInt64(sign), outcome = 'created') AS carts,
  sumIf(toInt64(sign), outcome IN ('created', 'reopened'))
    - sumIf(toInt64(sign), outcome IN ('abandoned', 'converted', 'recovered')) AS open,
  sumIf(toInt64(sign), outcome = 'abandoned') - sumIf(toInt64(sign), outcome = 'reopened') AS abandoned,
  sumIf(toInt64(sign), outcome IN ('converted', 'recovered')) AS converted,
  sumIf(toInt64(sign), outcome = 'recovered') AS recovered,
  sumIf(value * sign, outcome = 'abandoned') - sumIf(value * sign, outcome = 'reopened') AS abandoned_value,
  sumIf(value * sign, outcome IN ('converted', 'recovered')) AS converted_value,
  sumIf(value * sign, outcome = 'recovered') AS recovered_value
FROM tidemark_store.cart_outcome
GROUP BY bucket, channel, currency;

-- views

-- Rule 18.
CREATE OR REPLACE VIEW tidemark.cart_abandonment_daily (
  `date` Date COMMENT 'Day in the reporting zone on which the carts were created.',
  `carts` Int64 COMMENT 'Carts created.',
  `converted` Int64 COMMENT 'Those of them checked out, recovered ones included.',
  `recovered` Int64 COMMENT 'Those of the converted that had been abandoned before.',
  `abandoned` Int64 COMMENT 'Those of the carts abandoned (CART_ABANDON_AFTER without activity, default 30 minutes) and neither reopened nor checked out since.',
  `open` Int64 COMMENT 'Those of the carts that are neither converted nor abandoned yet.',
  `abandonment_rate` Nullable(Float64) COMMENT 'abandoned / (carts - open), a fraction; null while all are open.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, sum(s.carts) AS carts, sum(s.converted) AS converted,
  sum(s.recovered) AS recovered, sum(s.abandoned) AS abandoned, sum(s.open) AS open,
  rate_of(sum(s.abandoned), sum(s.carts) - sum(s.open)) AS abandonment_rate
FROM tidemark_store.cart_standing_15m AS s
GROUP BY date
HAVING carts != 0
COMMENT 'What became until now of the carts created on a day: each is in exactly one of converted, abandoned and open.';

-- Rule 18, rule 27.
CREATE OR REPLACE VIEW tidemark.cart_abandonment_hourly (
  `hour` DateTime64(3, 'UTC') COMMENT 'Start of the hour of the reporting zone in which the carts were created, as an instant.',
  `carts` Int64 COMMENT 'Carts created.',
  `converted` Int64 COMMENT 'Those of them checked out, recovered ones included.',
  `recovered` Int64 COMMENT 'Those of the converted that had been abandoned before.',
  `abandoned` Int64 COMMENT 'Those of the carts abandoned (CART_ABANDON_AFTER without activity, default 30 minutes) and neither reopened nor checked out since.',
  `open` Int64 COMMENT 'Those of the carts that are neither converted nor abandoned yet.',
  `abandonment_rate` Nullable(Float64) COMMENT 'abandoned / (carts - open), a fraction; null while all are open.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfHour(bucket, '{{REPORTING_TIMEZONE}}') AS hour, sum(s.carts) AS carts, sum(s.converted) AS converted,
  sum(s.recovered) AS recovered, sum(s.abandoned) AS abandoned, sum(s.open) AS open,
  rate_of(sum(s.abandoned), sum(s.carts) - sum(s.open)) AS abandonment_rate
FROM tidemark_store.cart_standing_15m AS s
GROUP BY hour
HAVING carts != 0
COMMENT 'What became until now of the carts created in an hour: each is in exactly one of converted, abandoned and open.';

-- Rule 18.
CREATE OR REPLACE VIEW tidemark.cart_value_daily (
  `date` Date COMMENT 'Day in the reporting zone on which the carts were created.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `abandoned_value` Decimal(38, 6) COMMENT 'Last known value of the carts that stand abandoned. Major unit of the currency.',
  `recovered_value` Decimal(38, 6) COMMENT 'Value at checkout of the carts recovered; part of converted_value. Major unit of the currency.',
  `converted_value` Decimal(38, 6) COMMENT 'Value at checkout of the carts checked out. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, s.currency AS currency,
  sum(s.abandoned_value) AS abandoned_value, sum(s.recovered_value) AS recovered_value,
  sum(s.converted_value) AS converted_value
FROM tidemark_store.cart_standing_15m AS s
GROUP BY date, currency
HAVING abandoned_value != 0 OR converted_value != 0
COMMENT 'What the carts created on a day are worth, by currency and by what became of them until now.';

-- Rule 18, rule 27.
CREATE OR REPLACE VIEW tidemark.cart_outcomes_hourly (
  `hour` DateTime64(3, 'UTC') COMMENT 'Start of the hour of the reporting zone in which it happened, as an instant.',
  `created` Int64 COMMENT 'Carts created.',
  `converted` Int64 COMMENT 'Carts checked out, recovered ones included.',
  `abandoned` Int64 COMMENT 'Abandonments, each when it happened; reopening the cart takes none back.',
  `recovered` Int64 COMMENT 'Those of the converted that had been abandoned before.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfHour(bucket, '{{REPORTING_TIMEZONE}}') AS hour, sum(o.created) AS created,
  sum(o.converted) AS converted, sum(o.abandoned) AS abandoned, sum(o.recovered) AS recovered
FROM tidemark_store.cart_outcome_15m AS o
GROUP BY hour
HAVING created != 0 OR converted != 0 OR abandoned != 0
COMMENT 'What happened to carts, by the hour in which it happened.';
