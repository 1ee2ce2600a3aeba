-- Costs, of winning customers and of keeping them. Facts: packages/metrics/cost.

CREATE TABLE IF NOT EXISTS tidemark_store.cost_day (
  at DateTime64(3, 'UTC'), cost_id String, date DateTime64(3, 'UTC'), category String, currency String, campaign String,
  segment String, amount Decimal(38, 6), sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (date, currency)
SETTINGS non_replicated_deduplication_window = 10000;

-- A civil day is the same in every zone, so days, not quarter hours, add up. Days to come are in it; the views leave them
-- out (rule 52).
CREATE TABLE IF NOT EXISTS tidemark_store.cost_by_day (
  date Date, currency String, category String, segment String, amount Decimal(38, 6)
) ENGINE = SummingMergeTree ORDER BY (date, currency, category, segment)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.cost_by_day_of_cost_day TO tidemark_store.cost_by_day AS
SELECT toDate(c.date, 'UTC') AS date, currency, category, segment, sum(c.amount * sign) AS amount
FROM tidemark_store.cost_day AS c
GROUP BY date, currency, category, segment;

-- How each customer may have been won (rule 40): by a first subscription (origin 0), by a first purchase (1). The earlier counts, in
-- a tie the subscription. A subscriber who begins in two currencies at once is there in both; the first in the alphabet
-- counts. The first row of a customer in the order of the table is the one. `customer` is cityHash64 of the id.
CREATE TABLE IF NOT EXISTS tidemark_store.acquisition (
  customer UInt64, at DateTime64(3, 'UTC'), origin UInt8, currency String, segment String, firsts Int64
) ENGINE = SummingMergeTree(firsts) ORDER BY (customer, at, origin, currency, segment)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.acquisition_of_mrr_movement TO tidemark_store.acquisition AS
SELECT cityHash64(customer_id) AS customer, at, toUInt8(0) AS origin, currency, segment, sum(toInt64(sign)) AS firsts
FROM tidemark_store.mrr_movement
WHERE movement = 'new'
GROUP BY customer, at, currency, segment;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.acquisition_of_sale TO tidemark_store.acquisition AS
SELECT cityHash64(customer_id) AS customer, at, toUInt8(1) AS origin, currency, segment, sum(toInt64(sign)) AS firsts
FROM tidemark_store.sale
WHERE first_purchase
GROUP BY customer, at, currency, segment;

-- views

-- Rule 40, rule 52.
CREATE OR REPLACE VIEW tidemark.acquisition_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns; of the customers that of their first subscription or purchase.',
  `segment` String COMMENT 'Segment the money was spent on and the customers are of; empty when not said.',
  `acquisition_cost` Decimal(38, 6) COMMENT 'Marketing and sales costs of the days of the month that have begun. Major unit of the currency.',
  `customers_acquired` Int64 COMMENT 'New subscribers and first-time buyers, each customer once, at the earlier.',
  `cac` Nullable(Decimal(38, 6)) COMMENT 'Cost to acquire a customer: acquisition_cost / customers_acquired, rounded half to even; null when none was acquired. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, segment, sum(m_cost) AS acquisition_cost, sum(m_acquired) AS customers_acquired,
  half_even_divide(sum(m_cost), sum(m_acquired)) AS cac
FROM (
  SELECT toStartOfMonth(date) AS month, currency, segment, sum(amount) AS m_cost, 0 AS m_acquired
  FROM tidemark_store.cost_by_day
  WHERE category IN ('marketing', 'sales') AND date <= toDate(now(), '{{REPORTING_TIMEZONE}}')
  GROUP BY month, currency, segment
  UNION ALL
  SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, currency, segment, 0, toInt64(count())
  FROM (
    SELECT at, currency, segment FROM tidemark_store.acquisition FINAL
    WHERE firsts > 0
    ORDER BY customer, at, origin, currency, segment
    LIMIT 1 BY customer
  )
  GROUP BY month, currency, segment
)
GROUP BY month, currency, segment
HAVING acquisition_cost != 0 OR customers_acquired != 0
COMMENT 'What it cost to win customers, by month, currency and segment. Costs are spread evenly over their days.';

-- Rule 40, rule 52.
CREATE OR REPLACE VIEW tidemark.retention_cost_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `retention_cost` Decimal(38, 6) COMMENT 'Retention and service costs of the days of the month that have begun. Major unit of the currency.',
  `customers` Int64 COMMENT 'Paying subscribers at the end of the month, or now; where there is none, the buyers of the month.',
  `crc` Nullable(Decimal(38, 6)) COMMENT 'Cost to retain and serve a customer in the month: retention_cost / customers, rounded half to even; null without customers. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, sum(m_cost) AS retention_cost,
  if(sum(m_subscribers) != 0, sum(m_subscribers), sum(m_buyers)) AS customers,
  half_even_divide(sum(m_cost), if(sum(m_subscribers) != 0, sum(m_subscribers), sum(m_buyers))) AS crc
FROM (
  SELECT toStartOfMonth(date) AS month, currency, sum(amount) AS m_cost, 0 AS m_subscribers, 0 AS m_buyers
  FROM tidemark_store.cost_by_day
  WHERE category IN ('retention', 'service') AND date <= toDate(now(), '{{REPORTING_TIMEZONE}}')
  GROUP BY month, currency
  UNION ALL
  SELECT month, currency, 0, mrr_monthly.customers, 0 FROM tidemark.mrr_monthly
  UNION ALL
  SELECT month, currency, 0, 0, buyers FROM tidemark.sales_monthly
)
GROUP BY month, currency
HAVING retention_cost != 0 OR customers != 0
COMMENT 'What it cost to keep and serve customers, by month and currency. Costs are spread evenly over their days.';
