-- What customers cost and are worth, over all currencies in the reporting currency: docs/decisions/currencies.md. Sisters of
-- views of 0060_customer_value.sql, 0083_cost.sql and 0090_value.sql; has no tables of its own.

-- views

-- Rule 40.
CREATE OR REPLACE VIEW tidemark.acquisition_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `segment` String COMMENT 'Segment the money was spent on and the customers are of; empty when not said.',
  `acquisition_cost` Nullable(Decimal(38, 6)) COMMENT 'Marketing and sales costs of the days of the month that have begun, at the rates of those days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `customers_acquired` Int64 COMMENT 'New subscribers and first-time buyers, each customer once, at the earlier.',
  `cac` Nullable(Decimal(38, 6)) COMMENT 'Cost to acquire a customer: acquisition_cost / customers_acquired, rounded half to even; null when none was acquired. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT month, '{{REPORTING_CURRENCY}}' AS currency, segment, p_cost AS acquisition_cost, p_acquired AS customers_acquired,
  half_even_divide(p_cost, p_acquired) AS cac
FROM (
  SELECT month, segment, sum_known(m_cost) AS p_cost, sum(m_acquired) AS p_acquired
  FROM (
    SELECT toStartOfMonth(date) AS month, segment, converted(cost, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS m_cost, 0 AS m_acquired
    FROM (
      SELECT date, currency, segment, sum(amount) AS cost FROM tidemark_store.cost_by_day
      WHERE category IN ('marketing', 'sales') AND date <= toDate(now(), '{{REPORTING_TIMEZONE}}')
      GROUP BY date, currency, segment
      HAVING cost != 0
    ) AS spent
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    UNION ALL
    SELECT month, segment, toNullable(toDecimal128(0, 6)), sum(customers_acquired) FROM tidemark.acquisition_monthly
    GROUP BY month, segment
  )
  GROUP BY month, segment
)
WHERE isNull(p_cost) OR p_cost != 0 OR p_acquired != 0
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'What it cost to win customers, by month and segment, over all currencies in the reporting currency.';

-- Rule 40.
CREATE OR REPLACE VIEW tidemark.retention_cost_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `retention_cost` Nullable(Decimal(38, 6)) COMMENT 'Retention and service costs of the days of the month that have begun, at the rates of those days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `customers` Int64 COMMENT 'Active customers at the end of the month, or now; where there is none, the buyers of the month.',
  `crc` Nullable(Decimal(38, 6)) COMMENT 'Cost to retain and serve a customer in the month: retention_cost / customers, rounded half to even; null without customers. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT month, '{{REPORTING_CURRENCY}}' AS currency, p_cost AS retention_cost, if(p_subscribers != 0, p_subscribers, p_buyers) AS customers,
  half_even_divide(p_cost, if(p_subscribers != 0, p_subscribers, p_buyers)) AS crc
FROM (
  SELECT month, sum_known(m_cost) AS p_cost, sum(m_subscribers) AS p_subscribers, sum(m_buyers) AS p_buyers
  FROM (
    SELECT toStartOfMonth(date) AS month, converted(cost, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS m_cost, 0 AS m_subscribers, 0 AS m_buyers
    FROM (
      SELECT date, currency, sum(amount) AS cost FROM tidemark_store.cost_by_day
      WHERE category IN ('retention', 'service') AND date <= toDate(now(), '{{REPORTING_TIMEZONE}}')
      GROUP BY date, currency
      HAVING cost != 0
    ) AS spent
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    UNION ALL
    SELECT toStartOfMonth(date) AS month, toNullable(toDecimal128(0, 6)), argMax(customers_at_end, date), 0 FROM tidemark.churn_daily
    GROUP BY month
    UNION ALL
    SELECT month, toNullable(toDecimal128(0, 6)), 0, buyers FROM tidemark.sales_monthly_reporting
  )
  GROUP BY month
)
WHERE isNull(p_cost) OR p_cost != 0 OR p_subscribers != 0 OR p_buyers != 0
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'What it cost to keep and serve customers, by month, over all currencies in the reporting currency.';

-- Rule 17.
CREATE OR REPLACE VIEW tidemark.customer_value_reporting (
  `customer_id` String COMMENT 'The customer.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `purchases` Int64 COMMENT 'Purchases ever made, in whatever currency, refunded ones included.',
  `revenue` Nullable(Decimal(38, 6)) COMMENT 'Sum of those purchases, gross, at the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `first_purchase_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'First of those purchases; null without any.',
  `last_purchase_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Last of those purchases; null without any.',
  `mrr` Nullable(Decimal(38, 6)) COMMENT 'MRR as of now at the rates of today; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `recurring_revenue_to_date` Nullable(Decimal(38, 6)) COMMENT 'MRR summed over time up to now, each day at its rate, a month being 365/12 days, rounded half to even; null when a rate is missing while there was MRR. Major unit of REPORTING_CURRENCY.',
  `value_to_date` Nullable(Decimal(38, 6)) COMMENT 'revenue - refunds + recurring_revenue_to_date. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS WITH toUnixTimestamp64Milli(now64(3)) AS now_ms, calendar AS (
  -- What one unit of a currency was worth, summed over the milliseconds up to the start of each day.
  SELECT currency, day, day_rate, start_ms, row_number() OVER (PARTITION BY currency ORDER BY day) AS nth,
    sum(toDecimal256(day_rate, 18) * (next_ms - start_ms)) OVER (PARTITION BY currency ORDER BY day) - toDecimal256(day_rate, 18) * (next_ms - start_ms) AS worth
  FROM (
    SELECT currency, date AS day, assumeNotNull(rate) AS day_rate,
      toUnixTimestamp64Milli(toDateTime64(date, 3, '{{REPORTING_TIMEZONE}}')) AS start_ms,
      toUnixTimestamp64Milli(toDateTime64(date + 1, 3, '{{REPORTING_TIMEZONE}}')) AS next_ms
    FROM tidemark.fx_rates_daily
  )
), balances AS (
  SELECT customer_id, currency, balance, from_ms, to_ms,
    toDate(fromUnixTimestamp64Milli(from_ms), '{{REPORTING_TIMEZONE}}') AS from_day, toDate(fromUnixTimestamp64Milli(to_ms - 1), '{{REPORTING_TIMEZONE}}') AS to_day
  FROM (
    SELECT customer_id, currency, sum(moved) OVER (PARTITION BY customer_id, currency ORDER BY moved_ms) AS balance,
      moved_ms AS from_ms,
      leadInFrame(moved_ms, 1, now_ms) OVER (PARTITION BY customer_id, currency ORDER BY moved_ms ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS to_ms
    FROM (
      SELECT customer_id, currency, toUnixTimestamp64Milli(at) AS moved_ms, sum(m.amount * sign) AS moved
      FROM tidemark_store.mrr_movement AS m
      GROUP BY customer_id, currency, moved_ms
      HAVING sum(sign) != 0
    )
  )
  WHERE balance != 0
)
SELECT customer_id, '{{REPORTING_CURRENCY}}' AS currency, v_purchases AS purchases, v_revenue AS revenue, v_first AS first_purchase_at,
  v_last AS last_purchase_at, v_mrr AS mrr, v_recurring AS recurring_revenue_to_date, v_revenue - v_refunds + v_recurring AS value_to_date
FROM (
  SELECT customer_id, sum(c_purchases) AS v_purchases, sum_known(c_revenue) AS v_revenue, sum_known(c_refunds) AS v_refunds,
    min(c_first) AS v_first, max(c_last) AS v_last, sum_known(c_mrr) AS v_mrr,
    -- 365/12 days are 2,628,000,000 ms.
    toDecimal128(roundBankers(sum_known(c_worth) / 2628000000, 6), 6) AS v_recurring
  FROM (
    SELECT customer_id, n AS c_purchases, converted(value, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS c_revenue, toNullable(toDecimal128(0, 6)) AS c_refunds,
      toNullable(first_at) AS c_first, toNullable(last_at) AS c_last, toNullable(toDecimal128(0, 6)) AS c_mrr, toNullable(toDecimal256(0, 24)) AS c_worth
    FROM (
      SELECT customer_id, currency, toDate(bought_at, '{{REPORTING_TIMEZONE}}') AS date, sum(bought) AS n, sum(paid) AS value,
        min(bought_at) AS first_at, max(bought_at) AS last_at
      FROM (
        SELECT customer_id, currency, s.at AS bought_at, sum(toInt64(sign)) AS bought, sum(s.amount * sign) AS paid
        FROM tidemark_store.sale AS s
        GROUP BY customer_id, currency, bought_at
        HAVING bought > 0
      )
      GROUP BY customer_id, currency, date
    ) AS sold
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    UNION ALL
    SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), converted(value, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)), NULL, NULL, toNullable(toDecimal128(0, 6)), toNullable(toDecimal256(0, 24))
    FROM (
      SELECT customer_id, currency, toDate(at, '{{REPORTING_TIMEZONE}}') AS date, sum(r.amount * sign) AS value
      FROM tidemark_store.refund AS r
      GROUP BY customer_id, currency, date
      HAVING value != 0
    ) AS refunded
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    UNION ALL
    SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)), NULL, NULL, converted(standing, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)), toNullable(toDecimal256(0, 24))
    FROM (
      SELECT customer_id, currency, toDate(now(), '{{REPORTING_TIMEZONE}}') AS date, sum(mrr) AS standing
      FROM tidemark_store.customer_mrr
      GROUP BY customer_id, currency
      -- Who stands at nothing may be somebody whose every event was taken back.
      HAVING standing != 0
    ) AS paying
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    UNION ALL
    SELECT customer_id, 0, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)), NULL, NULL, toNullable(toDecimal128(0, 6)),
      toDecimal256(balance, 6) * multiIf(
        currency = '{{REPORTING_CURRENCY}}', toDecimal256(to_ms - from_ms, 18),
        -- Every day from the first to the last has a rate.
        from_nth > 0 AND to_nth > 0 AND to_nth - from_nth = to_day - from_day,
        to_worth + to_rate * (to_ms - to_start) - from_worth - from_rate * (from_ms - from_start),
        NULL)
    FROM balances
    LEFT JOIN (
      SELECT currency, day AS from_day, toDecimal256(day_rate, 18) AS from_rate, start_ms AS from_start, nth AS from_nth, worth AS from_worth FROM calendar
    ) AS c1 USING (currency, from_day)
    LEFT JOIN (
      SELECT currency, day AS to_day, toDecimal256(day_rate, 18) AS to_rate, start_ms AS to_start, nth AS to_nth, worth AS to_worth FROM calendar
    ) AS c2 USING (currency, to_day)
  )
  GROUP BY customer_id
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'What each customer has been worth until now, over all currencies in the reporting currency. Counted from the single purchases and movements.';

-- Rule 41.
CREATE OR REPLACE VIEW tidemark.clv_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone; every month from the first movement, purchase or cost to the one under way.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'Revenue / purchases of the 12 months that end with this one, gross, at the rates of the days, rounded half to even; null without purchases. Major unit of REPORTING_CURRENCY.',
  `purchase_frequency` Nullable(Float64) COMMENT 'Purchases / buyers / months, over those 12 months or as many as there are since the first purchase; purchases a month.',
  `lifespan_months` Nullable(Float64) COMMENT '1 / churn rate of those 12 months; without churn the mean time from first to last purchase of all buyers so far. Months of 365/12 days.',
  `clv_purchase` Nullable(Decimal(38, 6)) COMMENT 'average_purchase_value * purchase_frequency * lifespan_months, rounded once. Major unit of REPORTING_CURRENCY.',
  `contribution_per_period` Nullable(Decimal(38, 6)) COMMENT '(closing MRR - retention and service cost of the month) / active customers; null without. Major unit of REPORTING_CURRENCY a month.',
  `clv_contribution` Nullable(Decimal(38, 6)) COMMENT 'contribution_per_period * lifespan_months, rounded once. Major unit of REPORTING_CURRENCY.',
  `clv_discounted` Nullable(Decimal(38, 6)) COMMENT 'contribution_per_period * (1 - (1 + i)^-lifespan_months) / i, i = (1 + DISCOUNT_RATE)^(1/12) - 1. Major unit of REPORTING_CURRENCY.',
  `clv_net` Nullable(Decimal(38, 6)) COMMENT '(revenue - refunds + recurring revenue - costs of every category, all up to the end of the month or now, each at the rates of its day) / customers who ever bought or paid. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS WITH toUnixTimestamp64Milli(now64(3)) AS now_ms, toDate(now(), '{{REPORTING_TIMEZONE}}') AS today, days AS (
  -- What is to be converted, by day and currency.
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, sum(s.purchases) AS purchases, sum(s.first_time_buyers) AS began, sum(s.revenue) AS revenue,
    sum(s.refunds) AS refunds, toDecimal128(0, 6) AS cost, toDecimal128(0, 6) AS service, toDecimal128(0, 6) AS closing,
    toDecimal256(0, 6) AS mrr_ms
  FROM tidemark_store.sale_15m AS s
  GROUP BY date, currency, purchase_kind
  HAVING purchases != 0 OR refunds != 0
  UNION ALL
  SELECT date, currency, 0, 0, 0, 0, sum(amount), sum(amount * (category IN ('retention', 'service'))), 0, 0
  FROM tidemark_store.cost_by_day
  WHERE date <= today
  GROUP BY date, currency
  HAVING sum(amount) != 0
  UNION ALL
  SELECT date, currency, 0, 0, 0, 0, 0, 0, if(date = today OR toStartOfMonth(date + 1) = date + 1, standing, 0),
    toDecimal256(standing, 6) * end_ms - toDecimal256(standing - net, 6) * toUnixTimestamp64Milli(toDateTime64(date, 3, '{{REPORTING_TIMEZONE}}')) - at_ms
  FROM (
    SELECT date, currency, net, at_ms, sum(net) OVER (PARTITION BY currency ORDER BY date) AS standing,
      least(now_ms, toUnixTimestamp64Milli(toDateTime64(date + 1, 3, '{{REPORTING_TIMEZONE}}'))) AS end_ms
    FROM (
      SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, sum(new + expansion + contraction + churn + reactivation AS by) AS net,
        sum(toDecimal256(by, 6) * toUnixTimestamp(bucket) * 1000 + amount_ms) AS at_ms
      FROM tidemark_store.mrr_15m
      GROUP BY date, currency
      HAVING sum(movements) != 0
      ORDER BY currency, date WITH FILL TO toDate(now(), '{{REPORTING_TIMEZONE}}') + 1
    )
  )
), months AS (
  -- What is not known is counted, so that a quiet month is one without anything rather than one of which nothing is known.
  SELECT month, sum(m_purchases) AS purchases, sum(m_began) AS began, ifNull(sum(m_revenue), 0) AS revenue,
    sum(isNull(m_revenue)) AS revenue_unknown, ifNull(sum(m_net), 0) AS net, sum(isNull(m_net)) AS net_unknown,
    ifNull(sum(m_mrr - m_service), 0) AS margin, sum(isNull(m_mrr - m_service)) AS margin_unknown,
    ifNull(sum(m_worth), 0) AS worth, sum(isNull(m_worth)) AS worth_unknown, sum(m_payers) AS payers,
    sum(m_arrived) AS arrived, sum(m_within) AS pairs_within, sum(m_span_ms) AS span_ms
  FROM (
    SELECT toStartOfMonth(date) AS month, purchases AS m_purchases, began AS m_began, converted(revenue, day_rate) AS m_revenue,
      m_revenue - converted(refunds, day_rate) - converted(cost, day_rate) AS m_net, converted(service, day_rate) AS m_service,
      converted(closing, day_rate) AS m_mrr,
      if(mrr_ms = 0, toNullable(toDecimal256(0, 24)), toDecimal256(mrr_ms, 6) * toDecimal256(day_rate, 18)) AS m_worth,
      0 AS m_payers, 0 AS m_arrived, 0 AS m_within, 0 AS m_span_ms
    FROM (
      SELECT days.*, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate) AS day_rate
      FROM days LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    )
    UNION ALL
    SELECT toStartOfMonth(date) AS month, 0, 0, 0, 0, 0, 0, 0, argMax(customers_at_end, date), 0, 0, 0
    FROM tidemark.churn_daily
    GROUP BY month
    UNION ALL
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, 0, 0, 0, 0, 0, 0, 0, 0, toInt64(count()), 0, 0
    FROM (
      SELECT at FROM tidemark_store.acquisition FINAL
      WHERE firsts > 0
      ORDER BY customer, at
      LIMIT 1 BY customer
    )
    GROUP BY month
    UNION ALL
    -- Purchases less pairs of consecutive ones are buyers: see clv_monthly.
    SELECT change.1 AS month, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(change.2), sum(change.3)
    FROM (
      SELECT arrayJoin([(bought, within, ms), (addMonths(bought_before, 12), -within, toInt64(0))]) AS change
      FROM (
        SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS bought, toStartOfMonth(previous_at, '{{REPORTING_TIMEZONE}}') AS bought_before,
          sum(toInt64(sign) * (bought < addMonths(bought_before, 12))) AS within,
          sum((toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(previous_at)) * sign) AS ms
        FROM tidemark_store.repeat_purchase
        GROUP BY bought, bought_before
        HAVING sum(sign) != 0
      )
    )
    GROUP BY month
  )
  WHERE month <= toStartOfMonth(today)
  GROUP BY month
  ORDER BY month WITH FILL TO addMonths(toStartOfMonth(now('{{REPORTING_TIMEZONE}}')), 1) STEP toIntervalMonth(1)
), standing AS (
  SELECT month, payers, if(margin_unknown > 0, NULL, margin) AS margin, sum(purchases) OVER year AS y_purchases,
    if(sum(revenue_unknown) OVER year > 0, NULL, sum(revenue) OVER year) AS y_revenue,
    y_purchases - sum(pairs_within) OVER so_far AS y_buyers,
    least(12, dateDiff('month', min(if(purchases > 0, month, NULL)) OVER so_far, month) + 1) AS y_months,
    sum(arrived) OVER so_far AS s_customers, sum(began) OVER so_far AS s_buyers, sum(span_ms) OVER so_far AS s_span_ms,
    if(sum(net_unknown) OVER so_far > 0, NULL, sum(net) OVER so_far) AS s_net,
    if(sum(worth_unknown) OVER so_far > 0, NULL, sum(worth) OVER so_far) AS s_worth
  FROM months
  WINDOW so_far AS (ORDER BY month), year AS (ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
), churned AS (
  SELECT toStartOfMonth(date) AS month, sum(sum(customers_lost)) OVER year AS y_lost,
    sum(argMin(customers_at_start, date)) OVER year AS y_starts
  FROM tidemark.churn_daily
  GROUP BY month
  WINDOW year AS (ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
)
SELECT month, '{{REPORTING_CURRENCY}}' AS currency, half_even_divide(y_revenue, y_purchases) AS average_purchase_value,
  rate_of(y_purchases, y_buyers * y_months) AS purchase_frequency, rate_of(life, life_over) AS lifespan_months,
  half_even_divide(toDecimal256(y_revenue, 6) * life, toInt256(y_buyers) * y_months * life_over) AS clv_purchase,
  half_even_divide(margin, payers) AS contribution_per_period,
  half_even_divide(toDecimal256(margin, 6) * life, toInt256(payers) * life_over) AS clv_contribution,
  money_of(rate_of(margin, payers)
    * if((pow(1 + {{DISCOUNT_RATE}}, 1 / 12) - 1) = 0, lifespan_months, (1 - pow(1 + (pow(1 + {{DISCOUNT_RATE}}, 1 / 12) - 1), -lifespan_months)) / (pow(1 + {{DISCOUNT_RATE}}, 1 / 12) - 1))) AS clv_discounted,
  -- 365/12 days are 2,628,000,000 ms.
  half_even_divide(toDecimal128(roundBankers(s_net + s_worth / 2628000000, 6), 6), s_customers) AS clv_net
FROM (
  SELECT standing.*, y_lost > 0 AND y_starts > 0 AS has_churn,
    toInt256(if(has_churn, y_starts, s_span_ms)) AS life,
    if(has_churn, toInt256(y_lost), toInt256(s_buyers) * 2628000000) AS life_over
  FROM standing LEFT JOIN churned USING (month)
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customer lifetime value by month over all currencies in the reporting currency, in its four forms: by purchases, by contribution, discounted, and net to date.';

-- Rule 41.
CREATE OR REPLACE VIEW tidemark.unit_economics_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `clv` Nullable(Decimal(38, 6)) COMMENT 'Lifetime value of a customer: clv_contribution of clv_monthly_reporting where there are active customers, else clv_purchase; null when a rate is missing. Major unit of REPORTING_CURRENCY.',
  `cac` Nullable(Decimal(38, 6)) COMMENT 'Cost to acquire a customer over all segments: marketing and sales costs of the month / customers acquired in it; null when none was, or a rate is missing. Major unit of REPORTING_CURRENCY.',
  `clv_cac` Nullable(Float64) COMMENT 'clv / cac; null without either, or when it cost nothing.',
  `verdict` String COMMENT 'healthy when clv_cac is at least 3, thin above 1, losing up to 1; empty when it is null.',
  `profit_per_customer` Nullable(Decimal(38, 6)) COMMENT 'clv - cac. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT month, '{{REPORTING_CURRENCY}}' AS currency, if(active > 0, clv_contribution, clv_purchase) AS clv,
  half_even_divide(cost, won) AS cac, rate_of(clv, cac) AS clv_cac,
  multiIf(isNull(clv_cac), '', clv_cac >= 3, 'healthy', clv_cac > 1, 'thin', 'losing') AS verdict,
  clv - cac AS profit_per_customer
FROM tidemark.clv_monthly_reporting AS worth
LEFT JOIN (
  SELECT month, sum_known(acquisition_cost) AS cost, sum(customers_acquired) AS won
  FROM tidemark.acquisition_monthly_reporting
  GROUP BY month
) AS acquired USING (month)
LEFT JOIN (
  SELECT toStartOfMonth(date) AS month, argMax(customers_at_end, date) AS active FROM tidemark.churn_daily GROUP BY month
) AS standing USING (month)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'Whether a customer is worth more than winning it costs, by month over all currencies in the reporting currency.';
