-- Subscriptions and purchases of a customer together. Rule 17. Reads the tables of 0010_subscription.sql and
-- 0020_purchase.sql; has none of its own.

-- views

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
  min(v_first_at) AS first_purchase_at, max(v_last_at) AS last_purchase_at, sum(v_mrr) AS mrr,
  -- 365/12 days are 2,628,000,000 ms.
  assumeNotNull(half_even_divide(sum(v_mrr_milliseconds), 2628000000)) AS recurring_revenue_to_date,
  sum(v_revenue) - sum(v_refunds) + recurring_revenue_to_date AS value_to_date
FROM (
  SELECT customer_id, currency, count() AS v_purchases, sum(amount) AS v_revenue, toDecimal128(0, 6) AS v_refunds,
    toNullable(min(bought_at)) AS v_first_at, toNullable(max(bought_at)) AS v_last_at, 0 AS v_movements,
    toDecimal128(0, 6) AS v_mrr, toDecimal256(0, 6) AS v_mrr_milliseconds
  FROM (
    SELECT customer_id, currency, purchase_id, f.at AS bought_at, f.amount AS amount
    FROM tidemark_store.sale AS f
    GROUP BY customer_id, currency, purchase_id, bought_at, amount
    HAVING sum(sign) > 0
  )
  GROUP BY customer_id, currency
  UNION ALL
  SELECT customer_id, currency, 0, 0, sum(f.amount * sign), NULL, NULL, 0, 0, 0
  FROM tidemark_store.refund AS f
  GROUP BY customer_id, currency
  UNION ALL
  SELECT customer_id, currency, 0, 0, 0, NULL, NULL, sum(toInt64(sign)), sum(f.amount * sign),
    sum(toDecimal256(f.amount, 6) * sign * (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(f.at)))
  FROM tidemark_store.mrr_movement AS f
  GROUP BY customer_id, currency
)
GROUP BY customer_id, currency
HAVING purchases != 0 OR sum(v_movements) != 0
COMMENT 'What each customer has been worth until now, by currency: purchases and recurring revenue. Counted from the single purchases and movements.';
