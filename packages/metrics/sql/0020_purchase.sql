-- Sales, loyalty and repeat purchase. Facts: packages/metrics/purchase.

CREATE TABLE IF NOT EXISTS tidemark_store.sale (
  at DateTime64(3, 'UTC'), customer_id String, purchase_id String, event_id String, currency String,
  purchase_kind String, channel String, campaign String, segment String, amount Decimal(38, 6), first_purchase UInt8,
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.refund (
  at DateTime64(3, 'UTC'), customer_id String, purchase_id String, event_id String, currency String,
  purchase_kind String, channel String, campaign String, segment String, amount Decimal(38, 6),
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.repeat_purchase (
  at DateTime64(3, 'UTC'), customer_id String, purchase_id String, number Int64, first_at DateTime64(3, 'UTC'),
  previous_at DateTime64(3, 'UTC'), sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.lapse (
  at DateTime64(3, 'UTC'), customer_id String, last_purchase_at DateTime64(3, 'UTC'),
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

-- Everything about sales that adds up; distinct buyers do not and are counted from the facts
-- (rule 45).
CREATE TABLE IF NOT EXISTS tidemark_store.sale_15m (
  bucket DateTime('UTC'), currency String, purchase_kind String, purchases Int64, revenue Decimal(38, 6),
  refunds Decimal(38, 6), first_time_buyers Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, currency, purchase_kind)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.sale_15m_of_sale TO tidemark_store.sale_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, currency, purchase_kind, sum(toInt64(sign)) AS purchases,
  sum(amount * sign) AS revenue, sum(toInt64(first_purchase) * sign) AS first_time_buyers
FROM tidemark_store.sale
GROUP BY bucket, currency, purchase_kind;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.sale_15m_of_refund TO tidemark_store.sale_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, currency, purchase_kind, sum(amount * sign) AS refunds
FROM tidemark_store.refund
GROUP BY bucket, currency, purchase_kind;

-- The same in the order in which it is asked of one customer.
CREATE TABLE IF NOT EXISTS tidemark_store.customer_sale (
  customer_id String, currency String, at DateTime64(3, 'UTC'), purchases Int64, revenue Decimal(38, 6),
  refunds Decimal(38, 6)
) ENGINE = SummingMergeTree ORDER BY (customer_id, currency, at)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.customer_sale_of_sale TO tidemark_store.customer_sale AS
SELECT customer_id, currency, at, sum(toInt64(sign)) AS purchases, sum(amount * sign) AS revenue
FROM tidemark_store.sale
GROUP BY customer_id, currency, at;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.customer_sale_of_refund TO tidemark_store.customer_sale AS
SELECT customer_id, currency, at, sum(amount * sign) AS refunds
FROM tidemark_store.refund
GROUP BY customer_id, currency, at;

-- Second purchases by the time of the first.
CREATE TABLE IF NOT EXISTS tidemark_store.second_purchase_15m (
  bucket DateTime('UTC'), returned Int64, milliseconds Int64
) ENGINE = SummingMergeTree ORDER BY bucket
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.second_purchase_15m_of_repeat_purchase
TO tidemark_store.second_purchase_15m AS
SELECT toStartOfFifteenMinutes(first_at) AS bucket, sum(toInt64(sign)) AS returned,
  sum((toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(first_at)) * sign) AS milliseconds
FROM tidemark_store.repeat_purchase
WHERE number = 2
GROUP BY bucket;

-- views

-- Rule 14, rule 15.
CREATE OR REPLACE VIEW tidemark.sales_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `purchases` Int64 COMMENT 'Purchases made, refunded ones included.',
  `revenue` Decimal(38, 6) COMMENT 'Sum of the purchases, gross. Major unit of the currency.',
  `refunds` Decimal(38, 6) COMMENT 'Given back on this day, up to what was left of each purchase. Major unit of the currency.',
  `net_revenue` Decimal(38, 6) COMMENT 'revenue - refunds. Major unit of the currency.',
  `buyers` Int64 COMMENT 'Distinct customers who purchased in this currency.',
  `first_time_buyers` Int64 COMMENT 'Customers whose first purchase ever, in any currency and kind, is among these.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'revenue / purchases, rounded half to even; null without purchases. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT date, currency, sum(s_purchases) AS purchases, sum(s_revenue) AS revenue, sum(s_refunds) AS refunds,
  sum(s_revenue) - sum(s_refunds) AS net_revenue, sum(s_buyers) AS buyers, sum(s_first) AS first_time_buyers,
  half_even_divide(sum(s_revenue), sum(s_purchases)) AS average_purchase_value
FROM (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, sum(purchases) AS s_purchases,
    sum(revenue) AS s_revenue, sum(refunds) AS s_refunds, 0 AS s_buyers, sum(first_time_buyers) AS s_first
  FROM tidemark_store.sale_15m
  GROUP BY date, currency
  UNION ALL
  SELECT date, currency, 0, 0, 0, count(), 0
  FROM (
    SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, currency, customer_id
    FROM tidemark_store.sale
    GROUP BY date, currency, customer_id
    HAVING sum(sign) > 0
  )
  GROUP BY date, currency
)
GROUP BY date, currency
HAVING purchases != 0 OR refunds != 0
COMMENT 'One-off sales by day and currency, kept as they happen. Buyers are counted from the single purchases.';

-- Rule 17.
CREATE OR REPLACE VIEW tidemark.sales_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `purchases` Int64 COMMENT 'Purchases made, refunded ones included.',
  `revenue` Decimal(38, 6) COMMENT 'Sum of the purchases, gross. Major unit of the currency.',
  `refunds` Decimal(38, 6) COMMENT 'Given back in this month, up to what was left of each purchase. Major unit of the currency.',
  `net_revenue` Decimal(38, 6) COMMENT 'revenue - refunds. Major unit of the currency.',
  `buyers` Int64 COMMENT 'Distinct customers who purchased in this currency.',
  `first_time_buyers` Int64 COMMENT 'Customers whose first purchase ever, in any currency and kind, is among these.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'revenue / purchases, rounded half to even; null without purchases. Major unit of the currency.',
  `purchases_growth` Nullable(Float64) COMMENT 'purchases / those of the calendar month before - 1, a fraction; null when that had none.',
  `revenue_growth` Nullable(Float64) COMMENT 'revenue / that of the calendar month before - 1, a fraction; null when that had no purchases or no revenue.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, sum(s_purchases) AS purchases, sum(s_revenue) AS revenue, sum(s_refunds) AS refunds,
  sum(s_revenue) - sum(s_refunds) AS net_revenue, sum(s_buyers) AS buyers, sum(s_first) AS first_time_buyers,
  half_even_divide(sum(s_revenue), sum(s_purchases)) AS average_purchase_value,
  rate_of(sum(s_purchases) - sum(before_purchases), sum(before_purchases)) AS purchases_growth,
  if(sum(before_purchases) = 0, NULL, rate_of(sum(s_revenue) - sum(before_revenue), sum(before_revenue))) AS revenue_growth
FROM (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, currency, sum(purchases) AS s_purchases,
    sum(revenue) AS s_revenue, sum(refunds) AS s_refunds, 0 AS s_buyers, sum(first_time_buyers) AS s_first,
    0 AS before_purchases, toDecimal128(0, 6) AS before_revenue
  FROM tidemark_store.sale_15m
  GROUP BY month, currency
  UNION ALL
  SELECT month, currency, 0, 0, 0, count(), 0, 0, 0
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, currency, customer_id
    FROM tidemark_store.sale
    GROUP BY month, currency, customer_id
    HAVING sum(sign) > 0
  )
  GROUP BY month, currency
  UNION ALL
  SELECT addMonths(toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}'), 1) AS month, currency, 0, 0, 0, 0, 0,
    sum(purchases), sum(revenue)
  FROM tidemark_store.sale_15m
  GROUP BY month, currency
)
GROUP BY month, currency
HAVING purchases != 0 OR refunds != 0
COMMENT 'One-off sales by month and currency, with their growth against the calendar month before.';

-- Rule 27.
CREATE OR REPLACE VIEW tidemark.sales_by_kind_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `kind` String COMMENT 'Kind of the purchase: product, service, upsell, cross_sell, add_on or loyalty.',
  `purchases` Int64 COMMENT 'Purchases made, refunded ones included.',
  `revenue` Decimal(38, 6) COMMENT 'Sum of the purchases, gross. Major unit of the currency.',
  `refunds` Decimal(38, 6) COMMENT 'Given back in this month for purchases of the kind. Major unit of the currency.',
  `net_revenue` Decimal(38, 6) COMMENT 'revenue - refunds. Major unit of the currency.',
  `buyers` Int64 COMMENT 'Distinct customers who purchased of this kind in this currency.',
  `first_time_buyers` Int64 COMMENT 'Customers whose first purchase ever, in any currency and kind, is among these.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'revenue / purchases, rounded half to even; null without purchases. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, kind, sum(s_purchases) AS purchases, sum(s_revenue) AS revenue, sum(s_refunds) AS refunds,
  sum(s_revenue) - sum(s_refunds) AS net_revenue, sum(s_buyers) AS buyers, sum(s_first) AS first_time_buyers,
  half_even_divide(sum(s_revenue), sum(s_purchases)) AS average_purchase_value
FROM (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, currency, purchase_kind AS kind,
    sum(purchases) AS s_purchases, sum(revenue) AS s_revenue, sum(refunds) AS s_refunds, 0 AS s_buyers,
    sum(first_time_buyers) AS s_first
  FROM tidemark_store.sale_15m
  GROUP BY month, currency, kind
  UNION ALL
  SELECT month, currency, kind, 0, 0, 0, count(), 0
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, currency, purchase_kind AS kind, customer_id
    FROM tidemark_store.sale
    GROUP BY month, currency, kind, customer_id
    HAVING sum(sign) > 0
  )
  GROUP BY month, currency, kind
)
GROUP BY month, currency, kind
HAVING purchases != 0 OR refunds != 0
COMMENT 'One-off sales by month, currency and kind.';

-- Rule 17, rule 27.
CREATE OR REPLACE VIEW tidemark.repeat_purchase_monthly (
  `month` Date COMMENT 'The cohort: month of the first purchase ever, its first day, in the reporting zone.',
  `customers` Int64 COMMENT 'Customers whose first purchase was in this month.',
  `returned` Int64 COMMENT 'Those of them who made a second purchase, ever.',
  `repeat_rate` Nullable(Float64) COMMENT 'returned / customers, a fraction.',
  `average_days_to_second` Nullable(Float64) COMMENT 'Mean time from the first to the second purchase of those who returned, in days of 86,400 seconds; null when none did.'
)
SQL SECURITY DEFINER
AS SELECT month, sum(c_customers) AS customers, sum(c_returned) AS returned,
  rate_of(sum(c_returned), sum(c_customers)) AS repeat_rate,
  rate_of(sum(c_milliseconds), sum(c_returned) * 86400000) AS average_days_to_second
FROM (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, sum(first_time_buyers) AS c_customers,
    0 AS c_returned, 0 AS c_milliseconds
  FROM tidemark_store.sale_15m
  GROUP BY month
  UNION ALL
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, 0, sum(returned), sum(milliseconds)
  FROM tidemark_store.second_purchase_15m
  GROUP BY month
)
GROUP BY month
HAVING customers != 0
COMMENT 'Who came back: customers by the month of their first purchase, all currencies together, and how many bought again.';

-- Rule 16.
CREATE OR REPLACE VIEW tidemark.loyalty_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone; every month from the first purchase to the one under way.',
  `active_buyers` Int64 COMMENT 'Customers with a purchase in the 12 calendar months that end with this one.',
  `loyal_buyers` Int64 COMMENT 'Customers with at least 3 purchases in those 12 months.',
  `purchase_frequency` Nullable(Float64) COMMENT 'Purchases in those 12 months / active_buyers; null without buyers.',
  `average_days_between_purchases` Nullable(Float64) COMMENT 'Mean time between consecutive purchases of a customer, both in those 12 months, in days of 86,400 seconds; null without such a pair.',
  `lapsed` Int64 COMMENT 'Times in this month that a customer had bought nothing for LAPSE_AFTER (default 180 days); buying again later undoes none.'
)
SQL SECURITY DEFINER
AS WITH toStartOfMonth(now('{{REPORTING_TIMEZONE}}')) AS this_month
-- Who bought n times within a window has n - 1 pairs of consecutive purchases in it: purchases less pairs are buyers.
SELECT month, sum(m_purchases) - sum(m_pairs) AS active_buyers, sum(m_loyal) AS loyal_buyers,
  rate_of(sum(m_purchases), active_buyers) AS purchase_frequency,
  rate_of(sum(m_milliseconds), sum(m_pairs) * 86400000) AS average_days_between_purchases, sum(m_lapsed) AS lapsed
FROM (
  -- Every month from the first purchase on, so that quiet ones have their row.
  SELECT arrayJoin(arrayMap(n -> addMonths(first_month, n), range(toUInt64(dateDiff('month', first_month, this_month) + 1)))) AS month,
    0 AS m_loyal, 0 AS m_purchases, 0 AS m_pairs, 0 AS m_milliseconds, 0 AS m_lapsed
  FROM (
    SELECT min(month) AS first_month
    FROM (
      SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month
      FROM tidemark_store.sale_15m
      GROUP BY month
      HAVING sum(purchases) > 0
    )
    HAVING count() > 0
  )
  WHERE first_month <= this_month
  UNION ALL
  -- A purchase is in the window of its own month and of the 11 after it.
  SELECT addMonths(toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}'), arrayJoin(range(12))) AS month, 0, sum(purchases), 0, 0, 0
  FROM tidemark_store.sale_15m
  GROUP BY month
  HAVING sum(purchases) != 0
  UNION ALL
  -- A pair is in the windows that reach from the earlier purchase to the later one.
  SELECT addMonths(bought, arrayJoin(range(toUInt64(greatest(0, 12 - dateDiff('month', bought_before, bought)))))) AS month,
    0, 0, sum(pairs), sum(milliseconds), 0
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS bought, toStartOfMonth(previous_at, '{{REPORTING_TIMEZONE}}') AS bought_before, sum(toInt64(sign)) AS pairs,
      sum((toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(previous_at)) * sign) AS milliseconds
    FROM tidemark_store.repeat_purchase
    GROUP BY bought, bought_before
    -- Pairs and lapses that were all taken back make no month.
    HAVING pairs != 0
  )
  GROUP BY month
  UNION ALL
  SELECT month, toInt64(count()), 0, 0, 0, 0
  FROM (
    SELECT addMonths(bought, arrayJoin(range(12))) AS month, customer
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS bought, cityHash64(customer_id) AS customer, sum(toInt64(sign)) AS purchases
      FROM tidemark_store.sale
      WHERE customer IN (SELECT cityHash64(customer_id) FROM tidemark_store.repeat_purchase WHERE number = 3)
      GROUP BY bought, customer
      HAVING purchases > 0
    )
    GROUP BY month, customer
    HAVING sum(purchases) >= 3
  )
  GROUP BY month
  UNION ALL
  SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, 0, 0, 0, 0, sum(toInt64(sign))
  FROM tidemark_store.lapse
  GROUP BY month
  HAVING sum(sign) != 0
)
WHERE month <= this_month
GROUP BY month
COMMENT 'Loyalty by month over the 12 calendar months that end with it, all currencies together: where there is no subscription, lapsing is churn.';
