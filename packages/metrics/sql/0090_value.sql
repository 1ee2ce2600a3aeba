-- What customers are worth and how they are doing: joins of several families. Reads the tables of the files
-- before it.

-- How sure a customer's payments are; the last one holds. Facts: packages/metrics/subscription.
CREATE TABLE IF NOT EXISTS tidemark_store.payment_standing (
  at DateTime64(3, 'UTC'), customer_id String, standing String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (customer_id, at)
SETTINGS non_replicated_deduplication_window = 10000;

-- The same without what was taken back, each customer's last first: in the order of milliseconds before 1970.
CREATE TABLE IF NOT EXISTS tidemark_store.customer_payment (
  customer_id String, before_ms Int64, standing String, times Int64
) ENGINE = SummingMergeTree(times) ORDER BY (customer_id, before_ms, standing)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.customer_payment_of_payment_standing
TO tidemark_store.customer_payment AS
SELECT customer_id, -toUnixTimestamp64Milli(at) AS before_ms, standing, sum(toInt64(sign)) AS times
FROM tidemark_store.payment_standing
GROUP BY customer_id, before_ms, standing;

-- What stands now, per customer, so that nobody need read all of history; `amount_ms` are amounts times the milliseconds
-- since 1970, for MRR summed over time.
CREATE TABLE IF NOT EXISTS tidemark_store.customer_mrr (
  customer_id String, currency String, mrr Decimal(38, 6), movements Int64, amount_ms Decimal(76, 6)
) ENGINE = SummingMergeTree ORDER BY (customer_id, currency)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.customer_mrr_of_mrr_movement TO tidemark_store.customer_mrr AS
SELECT customer_id, currency, sum(amount * sign) AS mrr, sum(toInt64(sign)) AS movements,
  sum(toDecimal256(amount, 6) * sign * toUnixTimestamp64Milli(at)) AS amount_ms
FROM tidemark_store.mrr_movement
GROUP BY customer_id, currency;

-- When customers bought in a currency, and when their MRR in it rose from 0. The first row of a customer in the order of the
-- table is when it came. `customer` is cityHash64 of the id.
CREATE TABLE IF NOT EXISTS tidemark_store.appearance (
  currency String, customer UInt64, at DateTime64(3, 'UTC'), purchases Int64, entries Int64
) ENGINE = SummingMergeTree ORDER BY (currency, customer, at)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.appearance_of_sale TO tidemark_store.appearance AS
SELECT currency, cityHash64(customer_id) AS customer, at, sum(toInt64(sign)) AS purchases
FROM tidemark_store.sale
GROUP BY currency, customer, at;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.appearance_of_mrr_movement TO tidemark_store.appearance AS
SELECT currency, cityHash64(customer_id) AS customer, at, sum(toInt64(sign)) AS entries
FROM tidemark_store.mrr_movement
WHERE customers > 0
GROUP BY currency, customer, at;

CREATE TABLE IF NOT EXISTS tidemark_store.customer_backlog (
  customer_id String, open Int64
) ENGINE = SummingMergeTree ORDER BY customer_id
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.customer_backlog_of_contact_activity
TO tidemark_store.customer_backlog AS
SELECT customer_id, sumIf(toInt64(sign), activity IN ('opened', 'reopened')) - sumIf(toInt64(sign), activity = 'resolved') AS open
FROM tidemark_store.contact_activity
WHERE customer_id != ''
GROUP BY customer_id;

-- views

-- A computed number as money, rounded half to even at the 6th decimal; null when it is none, or too large for money. By way
-- of text, so that 456.1 is that, and not the nearest binary fraction cut off.
CREATE OR REPLACE FUNCTION money_of AS (x) -> toDecimal128OrNull(toString(roundBankers(x, 6)), 6);

-- A computed number, at least `low` and at most `high`. least() and greatest() by themselves pass over null.
CREATE OR REPLACE FUNCTION kept_within AS (x, low, high) -> if(isNull(x), NULL, greatest(low, least(high, assumeNotNull(x))));

-- Rule 41.
CREATE OR REPLACE VIEW tidemark.clv_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone; every month from the first movement, purchase or cost of the currency to the one under way.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'Revenue / purchases of the 12 months that end with this one, gross, rounded half to even; null without purchases. Major unit of the currency.',
  `purchase_frequency` Nullable(Float64) COMMENT 'Purchases / buyers / months, over those 12 months or as many as there are since the first purchase; purchases a month.',
  `lifespan_months` Nullable(Float64) COMMENT '1 / churn rate of those 12 months (customers lost / customers at the starts of the months, of churn_monthly); without churn the mean time from first to last purchase of all buyers so far. Months of 365/12 days.',
  `clv_purchase` Nullable(Decimal(38, 6)) COMMENT 'average_purchase_value * purchase_frequency * lifespan_months, rounded once. Major unit of the currency.',
  `contribution_per_period` Nullable(Decimal(38, 6)) COMMENT 'ARPA - cost to serve a customer (crc of retention_cost_monthly): (closing MRR - retention and service cost of the month) / paying customers; null without. Major unit of the currency a month.',
  `clv_contribution` Nullable(Decimal(38, 6)) COMMENT 'contribution_per_period * lifespan_months, rounded once. Major unit of the currency.',
  `clv_discounted` Nullable(Decimal(38, 6)) COMMENT 'contribution_per_period * (1 - (1 + i)^-lifespan_months) / i, i = (1 + DISCOUNT_RATE)^(1/12) - 1. Major unit of the currency.',
  `clv_net` Nullable(Decimal(38, 6)) COMMENT '(revenue - refunds + recurring revenue - costs of every category, all up to the end of the month or now) / customers who ever bought or paid in the currency. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS WITH months AS (
  SELECT currency, month, sum(m_purchases) AS purchases, sum(m_revenue) AS revenue, sum(m_net) AS net, sum(m_mrr) AS mrr,
    sum(m_mrr_ms) AS mrr_ms, sum(m_payers) AS payers, sum(m_service) AS service, sum(m_arrived) AS arrived,
    sum(m_pairs) AS pairs, sum(m_within) AS pairs_within, sum(m_span_ms) AS span_ms
  FROM (
    SELECT currency, toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, sum(purchases) AS m_purchases, sum(revenue) AS m_revenue,
      sum(revenue - refunds) AS m_net, toDecimal128(0, 6) AS m_mrr, toDecimal256(0, 6) AS m_mrr_ms, 0 AS m_payers,
      toDecimal128(0, 6) AS m_service, 0 AS m_arrived, 0 AS m_pairs, 0 AS m_within, 0 AS m_span_ms
    FROM tidemark_store.sale_15m AS s
    GROUP BY currency, month
    HAVING m_purchases != 0 OR sum(s.refunds) != 0
    UNION ALL
    SELECT currency, toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, 0, 0, 0, sum(new + expansion + contraction + churn + reactivation AS net),
      sum(toDecimal256(net, 6) * toUnixTimestamp(bucket) * 1000 + amount_ms), sum(customers), 0, 0, 0, 0, 0
    FROM tidemark_store.mrr_15m
    GROUP BY currency, month
    HAVING sum(movements) != 0
    UNION ALL
    SELECT currency, toStartOfMonth(date) AS month, 0, 0, -sum(amount), 0, 0, 0, sum(amount * (category IN ('retention', 'service'))),
      0, 0, 0, 0
    FROM tidemark_store.cost_by_day
    WHERE date <= toDate(now(), '{{REPORTING_TIMEZONE}}')
    GROUP BY currency, month
    HAVING sum(amount) != 0
    UNION ALL
    SELECT currency, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, 0, 0, 0, 0, 0, 0, 0, toInt64(count()), 0, 0, 0
    FROM (
      SELECT currency, at FROM tidemark_store.appearance FINAL
      WHERE purchases > 0 OR entries > 0
      ORDER BY currency, customer, at
      LIMIT 1 BY currency, customer
    )
    GROUP BY currency, month
    UNION ALL
    -- Who bought n times has n - 1 pairs of consecutive purchases: purchases less pairs are buyers, within 12 months too when
    -- only pairs are taken off that are within them, from the month of the later one to before 12 months after the earlier.
    SELECT currency, change.1 AS month, 0, 0, 0, 0, 0, 0, 0, 0, sum(change.2), sum(change.3), sum(change.4)
    FROM (
      SELECT currency, toStartOfMonth(times.1, '{{REPORTING_TIMEZONE}}') AS bought_before, toStartOfMonth(times.2, '{{REPORTING_TIMEZONE}}') AS bought,
        toInt64(bought < addMonths(bought_before, 12)) AS within,
        arrayJoin([(bought, toInt64(1), within, toUnixTimestamp64Milli(times.2) - toUnixTimestamp64Milli(times.1)),
          (addMonths(bought_before, 12), toInt64(0), -within, toInt64(0))]) AS change
      FROM (
        SELECT currency, arraySort(groupArrayArray(arrayWithConstant(toUInt64(purchases), at))) AS all_times,
          arrayJoin(arrayZip(arrayPopBack(all_times), arrayPopFront(all_times))) AS times
        FROM tidemark_store.appearance FINAL
        WHERE purchases > 0 AND customer IN (SELECT cityHash64(customer_id) FROM tidemark_store.repeat_purchase WHERE number = 2)
        GROUP BY currency, customer
      )
    )
    GROUP BY currency, month
  )
  WHERE month <= toStartOfMonth(now('{{REPORTING_TIMEZONE}}'))
  GROUP BY currency, month
  ORDER BY currency, month WITH FILL TO addMonths(toStartOfMonth(now('{{REPORTING_TIMEZONE}}')), 1) STEP toIntervalMonth(1)
), standing AS (
  SELECT currency, month, service,
    sum(purchases) OVER year AS y_purchases, sum(revenue) OVER year AS y_revenue,
    y_purchases - sum(pairs_within) OVER so_far AS y_buyers,
    least(12, dateDiff('month', min(if(purchases > 0, month, NULL)) OVER so_far, month) + 1) AS y_months,
    sum(mrr) OVER so_far AS s_mrr, sum(payers) OVER so_far AS s_payers, sum(arrived) OVER so_far AS s_customers,
    sum(purchases - pairs) OVER so_far AS s_buyers, sum(span_ms) OVER so_far AS s_span_ms, sum(net) OVER so_far AS s_net,
    toDecimal256(s_mrr, 6) * least(toUnixTimestamp64Milli(toDateTime64(addMonths(month, 1), 3, '{{REPORTING_TIMEZONE}}')), toUnixTimestamp64Milli(now64(3)))
      - sum(mrr_ms) OVER so_far AS s_recurring_ms
  FROM months
  WINDOW so_far AS (PARTITION BY currency ORDER BY month),
    year AS (PARTITION BY currency ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
), churned AS (
  SELECT toStartOfMonth(date) AS month, sum(sum(customers_lost)) OVER year AS y_lost,
    sum(argMin(customers_at_start, date)) OVER year AS y_starts
  FROM tidemark.churn_daily
  GROUP BY month
  WINDOW year AS (ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
)
SELECT month, currency, half_even_divide(y_revenue, y_purchases) AS average_purchase_value,
  rate_of(y_purchases, y_buyers * y_months) AS purchase_frequency, rate_of(life, life_over) AS lifespan_months,
  -- Whole numbers up to the one division, so that there is one rounding.
  half_even_divide(toDecimal256(y_revenue, 6) * life, toInt256(y_buyers) * y_months * life_over) AS clv_purchase,
  half_even_divide(s_mrr - service, s_payers) AS contribution_per_period,
  half_even_divide(toDecimal256(s_mrr - service, 6) * life, toInt256(s_payers) * life_over) AS clv_contribution,
  money_of(rate_of(s_mrr - service, s_payers)
    * if((pow(1 + {{DISCOUNT_RATE}}, 1 / 12) - 1) = 0, lifespan_months, (1 - pow(1 + (pow(1 + {{DISCOUNT_RATE}}, 1 / 12) - 1), -lifespan_months)) / (pow(1 + {{DISCOUNT_RATE}}, 1 / 12) - 1))) AS clv_discounted,
  -- 365/12 days are 2,628,000,000 ms.
  half_even_divide(toDecimal256(s_net, 6) * 2628000000 + s_recurring_ms, toInt256(s_customers) * 2628000000) AS clv_net
FROM (
  SELECT standing.*, y_lost > 0 AND y_starts > 0 AS has_churn,
    toInt256(if(has_churn, y_starts, s_span_ms)) AS life,
    if(has_churn, toInt256(y_lost), toInt256(s_buyers) * 2628000000) AS life_over
  FROM standing LEFT JOIN churned USING (month)
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customer lifetime value by month and currency, in its four forms: by purchases, by contribution, discounted, and net to date. Counted from the single purchases and movements.';

-- Rule 41.
CREATE OR REPLACE VIEW tidemark.unit_economics_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `clv` Nullable(Decimal(38, 6)) COMMENT 'Lifetime value of a customer: clv_contribution of clv_monthly where there is an ARPA, else clv_purchase. Major unit of the currency.',
  `cac` Nullable(Decimal(38, 6)) COMMENT 'Cost to acquire a customer over all segments: marketing and sales costs of the month / customers acquired in it; null when none was. Major unit of the currency.',
  `clv_cac` Nullable(Float64) COMMENT 'clv / cac; null without either, or when it cost nothing.',
  `verdict` String COMMENT 'healthy when clv_cac is at least 3, thin above 1, losing up to 1; empty when it is null.',
  `profit_per_customer` Nullable(Decimal(38, 6)) COMMENT 'clv - cac. Major unit of the currency. (What is elsewhere called profit per customer as a quotient is clv_cac.)'
)
SQL SECURITY DEFINER
AS SELECT month, currency, if(isNull(contribution_per_period), clv_purchase, clv_contribution) AS clv,
  half_even_divide(cost, won) AS cac, rate_of(clv, cac) AS clv_cac,
  multiIf(isNull(clv_cac), '', clv_cac >= 3, 'healthy', clv_cac > 1, 'thin', 'losing') AS verdict,
  clv - cac AS profit_per_customer
FROM tidemark.clv_monthly
LEFT JOIN (
  SELECT month, currency, sum(acquisition_cost) AS cost, sum(customers_acquired) AS won
  FROM tidemark.acquisition_monthly
  GROUP BY month, currency
) AS acquired USING (month, currency)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'Whether a customer is worth more than winning it costs, by month and currency.';

-- Rule 44.
CREATE OR REPLACE VIEW tidemark.customer_health (
  `customer_id` String COMMENT 'The customer.',
  `health` Float64 COMMENT 'Mean of the parts that are known, weighted by HEALTH_WEIGHTS (default 30, 20, 15, 20, 15 in the order of the columns), 0 to 100.',
  `usage` Nullable(Float64) COMMENT '100 * engagements of the last 30 days / a third of those of the 90 days before, at most 100; null when there were none before.',
  `satisfaction` Nullable(Float64) COMMENT 'Mean of the last answers to nps, csat and ces within 180 days, each rescaled to 0 to 100; null without any.',
  `support` Nullable(Float64) COMMENT '100 - 20 * open cases - 10 * reopenings within 90 days, at least 0; null when no case was opened within 180 days.',
  `payment` Nullable(Float64) COMMENT '100 with a subscription in force, 50 with a cancellation pending, 0 when lost; null for who never paid.',
  `growth` Nullable(Float64) COMMENT '50 + 50 * (MRR now - MRR 90 days ago) / MRR 90 days ago, the quotient between -1 and 1; null when there was none 90 days ago.',
  `band` String COMMENT 'healthy from 70 on, watch from 40 on, else at_risk.'
)
SQL SECURITY DEFINER
AS WITH now64(3, 'UTC') AS present
SELECT customer_id, arraySum((weight, part) -> weight * ifNull(part, 0), [{{HEALTH_WEIGHTS}}], parts) / whole AS health,
  parts[1] AS usage, parts[2] AS satisfaction, parts[3] AS support, parts[4] AS payment, parts[5] AS growth,
  multiIf(health >= 70, 'healthy', health >= 40, 'watch', 'at_risk') AS band
FROM (
  SELECT customer_id, [
      kept_within(rate_of(300 * sum(h_recent), sum(h_before)), 0, 100),
      rate_of(sum(h_percents), sum(h_answers)),
      if(sum(h_cases) > 0, toFloat64(greatest(0, 100 - 20 * sum(h_open) - 10 * sum(h_reopened))), NULL),
      multiIf(max(h_standing) = 'in_force', toFloat64(100), max(h_standing) = 'canceling', 50, max(h_standing) = 'lost', 0, NULL),
      50 + 50 * kept_within(rate_of(sum(h_moved), sum(h_mrr) - sum(h_moved)), -1, 1)
    ] AS parts,
    arraySum((weight, part) -> if(isNull(part), 0, weight), [{{HEALTH_WEIGHTS}}], parts) AS whole
  FROM (
    SELECT customer_id, toInt64(sign) * (at >= present - toIntervalDay(30)) AS h_recent,
      toInt64(sign) * (at < present - toIntervalDay(30)) AS h_before, toFloat64(0) AS h_percents, 0 AS h_answers,
      0 AS h_cases, 0 AS h_reopened, 0 AS h_open, '' AS h_standing, toDecimal128(0, 6) AS h_mrr, toDecimal128(0, 6) AS h_moved
    FROM tidemark_store.engagement
    WHERE at >= present - toIntervalDay(120)
    UNION ALL
    SELECT customer_id, 0, 0, argMax(percent, (at, sequence, event_id)), 1, 0, 0, 0, '', 0, 0
    FROM (
      SELECT customer_id, instrument, at, sequence, event_id, assumeNotNull(a.percent) AS percent
      FROM tidemark_store.survey_answer AS a
      WHERE instrument IN ('nps', 'csat', 'ces') AND at >= present - toIntervalDay(180) AND a.percent IS NOT NULL
      GROUP BY customer_id, instrument, response_id, at, sequence, event_id, percent
      HAVING sum(sign) > 0
    )
    GROUP BY customer_id, instrument
    UNION ALL
    SELECT customer_id, 0, 0, 0, 0, toInt64(sign) * (activity = 'opened'),
      toInt64(sign) * (activity = 'reopened' AND at >= present - toIntervalDay(90)), 0, '', 0, 0
    FROM tidemark_store.contact_activity
    WHERE activity IN ('opened', 'reopened') AND at >= present - toIntervalDay(180)
    UNION ALL
    SELECT customer_id, 0, 0, 0, 0, 0, 0, open, '', 0, 0
    FROM tidemark_store.customer_backlog
    UNION ALL
    SELECT customer_id, 0, 0, 0, 0, 0, 0, 0, standing, 0, 0
    FROM (
      SELECT customer_id, standing FROM tidemark_store.customer_payment FINAL
      WHERE times > 0
      ORDER BY customer_id, before_ms
      LIMIT 1 BY customer_id
    )
    UNION ALL
    SELECT customer_id, 0, 0, 0, 0, 0, 0, 0, '', mrr, 0
    FROM tidemark_store.customer_mrr
    UNION ALL
    SELECT customer_id, 0, 0, 0, 0, 0, 0, 0, '', 0, amount * sign
    FROM tidemark_store.mrr_movement
    WHERE at >= present - toIntervalDay(90)
  )
  WHERE customer_id != ''
  GROUP BY customer_id
)
WHERE whole > 0
COMMENT 'How each customer is doing as of now, 0 to 100, from what is known of it: a missing part is left out and the others reweighted.';
