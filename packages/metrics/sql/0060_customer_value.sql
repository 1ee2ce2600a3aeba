-- Subscriptions and purchases together. Reads the tables of 0010_subscription.sql and
-- 0020_purchase.sql; has none of its own.

-- views

-- Rule 17.
CREATE OR REPLACE VIEW tidemark.customer_value (
  `customer_id` String COMMENT 'The customer.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `purchases` Int64 COMMENT 'Purchases ever made in this currency, refunded ones included.',
  `revenue` Decimal(38, 6) COMMENT 'Sum of those purchases, gross. Major unit of the currency.',
  `first_purchase_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'First of those purchases; null without any.',
  `last_purchase_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Last of those purchases; null without any.',
  `mrr` Decimal(38, 6) COMMENT 'MRR as of now. Major unit of the currency, per month.',
  `recurring_revenue_to_date` Decimal(38, 6) COMMENT 'MRR summed over time up to now, a month being 365/12 days, rounded half to even. Major unit of the currency.',
  `value_to_date` Decimal(38, 6) COMMENT 'revenue - refunds + recurring_revenue_to_date. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT customer_id, currency, sum(v_purchases) AS purchases, sum(v_revenue) AS revenue,
  min(v_at) AS first_purchase_at, max(v_at) AS last_purchase_at, sum(v_mrr) AS mrr,
  -- 365/12 days are 2,628,000,000 ms.
  assumeNotNull(half_even_divide(sum(v_mrr_milliseconds), 2628000000)) AS recurring_revenue_to_date,
  sum(v_revenue) - sum(v_refunds) + recurring_revenue_to_date AS value_to_date
FROM (
  SELECT customer_id, currency, purchases AS v_purchases, revenue AS v_revenue, refunds AS v_refunds,
    if(purchases > 0, at, NULL) AS v_at, 0 AS v_movements, toDecimal128(0, 6) AS v_mrr, toDecimal256(0, 6) AS v_mrr_milliseconds
  FROM tidemark_store.customer_sale FINAL
  UNION ALL
  SELECT customer_id, currency, 0, 0, 0, NULL, movements, mrr,
    toDecimal256(mrr, 6) * toUnixTimestamp64Milli(now64(3)) - amount_ms
  FROM tidemark_store.customer_mrr
)
GROUP BY customer_id, currency
HAVING purchases != 0 OR sum(v_movements) != 0
COMMENT 'What each customer has been worth until now, by currency: purchases and recurring revenue. Counted from the single purchases and movements.';

-- Rule 26.
CREATE OR REPLACE VIEW tidemark.mrr_with_non_recurring_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `mrr` Decimal(38, 6) COMMENT 'MRR at the end of the month, or now: active customers x ARPA. Major unit of the currency a month.',
  `non_recurring_revenue` Decimal(38, 6) COMMENT 'Purchases of the month, refunds of the month taken off. Major unit of the currency.',
  `total` Decimal(38, 6) COMMENT 'mrr + non_recurring_revenue. Major unit of the currency.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, sum(p_net) OVER (PARTITION BY currency ORDER BY month) AS mrr, p_sold AS non_recurring_revenue,
  mrr + p_sold AS total
FROM (
  -- From the first movement or sale, so that what was sold before anybody subscribed is not left out.
  SELECT month, currency, sum(m_net) AS p_net, sum(m_sold) AS p_sold
  FROM (
    SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, currency, sum(new + expansion + contraction + churn + reactivation) AS m_net,
      toDecimal128(0, 6) AS m_sold
    FROM tidemark_store.mrr_15m
    GROUP BY month, currency
    HAVING sum(movements) != 0
    UNION ALL
    SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, currency, 0, sum(revenue) - sum(refunds)
    FROM tidemark_store.sale_15m AS s
    GROUP BY month, currency
    HAVING sum(s.purchases) != 0 OR sum(s.refunds) != 0
  )
  GROUP BY month, currency
  ORDER BY currency, month WITH FILL TO addMonths(toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}'), 1) STEP toIntervalMonth(1)
)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'The expansion MRR of customer-success writing: MRR at the month''s end and what was sold once in the month, by currency; a row for every month from the first movement or sale to now.';
