-- Several currencies in one report: docs/decisions/currencies.md. Rates come as readings named fx:EUR/USD: dollars for a
-- euro. Every money view has a sister here that tells all currencies together in REPORTING_CURRENCY: what happened at the
-- rate of its day, what stands at the rate of the period's last day. Has no tables of its own.
--
-- A SETTINGS at the end of a view holds against what a reader sets: dbt sets join_use_nulls.

-- views

-- An amount at a rate (Decimal, up to 18 decimals), rounded half to even at the 6th decimal; null without a rate, but
-- nothing is nothing in any currency.
CREATE OR REPLACE FUNCTION converted AS (amount, rate) ->
  if(amount = 0, toDecimal128(0, 6), toDecimal128(roundBankers(toDecimal256(amount, 6) * toDecimal256(rate, 18), 6), 6));

-- The sum, null when any of it is: sum() by itself passes over what is missing.
CREATE OR REPLACE FUNCTION sum_known AS (x) -> if(count() = count(x), sum(x), NULL);

CREATE OR REPLACE VIEW tidemark.fx_rates_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of what is converted.',
  `reporting_currency` String COMMENT 'ISO 4217 code of what it is converted to: REPORTING_CURRENCY.',
  `rate` Nullable(Decimal(38, 18)) COMMENT 'Units of the reporting currency for one unit of currency: the last reading of the latest day with one, up to 7 days before.',
  `read_on` Date COMMENT 'The day of that reading.'
)
SQL SECURITY DEFINER
AS SELECT read_on + arrayJoin(range(toUInt64(greatest(0, least(next_on - read_on, 8, toDate(now(), '{{REPORTING_TIMEZONE}}') - read_on + 1))))) AS date,
  currency, '{{REPORTING_CURRENCY}}' AS reporting_currency, last_rate AS rate, read_on
FROM (
  SELECT substring(name, 4, 3) AS currency, read_on, last_rate,
    leadInFrame(read_on, 1, toDate('2149-06-06')) OVER (PARTITION BY name ORDER BY read_on ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_on
  FROM (
    SELECT name, toDate(read_at, '{{REPORTING_TIMEZONE}}') AS read_on,
      -- By way of text, so that 1.1 is 1.1 and not the nearest binary fraction.
      toDecimal128OrNull(toString(argMax(figure, (read_at, sequence, event_id))), 18) AS last_rate
    FROM (
      SELECT name, r.at AS read_at, sequence, event_id, r.value AS figure
      FROM tidemark_store.reading AS r
      WHERE startsWith(name, 'fx:') AND match(name, '^fx:[A-Z]{3}/{{REPORTING_CURRENCY}}$') AND customer_id = '' AND r.value > 0
      GROUP BY name, reading_id, read_at, sequence, event_id, figure
      HAVING sum(sign) > 0
    )
    GROUP BY name, read_on
  )
  WHERE last_rate > 0
)
WHERE currency != '{{REPORTING_CURRENCY}}'
COMMENT 'Exchange rates into the reporting currency by day, from readings named fx:EUR/USD (dollars for a euro). No rate is made up of others: neither of the inverse pair nor by way of a third currency.';

CREATE OR REPLACE VIEW tidemark.fx_missing (
  `date` Date COMMENT 'Day in the reporting zone for which a rate is missing.',
  `currency` String COMMENT 'ISO 4217 code of what could not be converted.',
  `reporting_currency` String COMMENT 'ISO 4217 code of what it was to be converted to: REPORTING_CURRENCY.',
  `reading` String COMMENT 'Name of the reading to publish, of that day or up to 7 days before, e.g. fx:EUR/USD.',
  `needed_for` String COMMENT 'What there is to convert: mrr, sales, carts, cancellations, costs; parted by commas.'
)
SQL SECURITY DEFINER
AS SELECT date, currency, '{{REPORTING_CURRENCY}}' AS reporting_currency, concat('fx:', currency, '/', '{{REPORTING_CURRENCY}}') AS reading,
  arrayStringConcat(arraySort(groupUniqArray(what)), ', ') AS needed_for
FROM (
  SELECT date, currency, 'mrr' AS what FROM tidemark.mrr_daily
  WHERE mrr != 0 OR new != 0 OR expansion != 0 OR contraction != 0 OR churn != 0 OR reactivation != 0
  UNION ALL
  -- Who had MRR when a month began and moved in it in another currency: retention is told at the rates of the start.
  SELECT month - 1 AS date, currency, 'mrr'
  FROM (
    SELECT month, currency, moved_by,
      sum(moved_by) OVER (PARTITION BY customer_id ORDER BY month RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        - sum(moved_by) OVER (PARTITION BY customer_id, month) AS active_before
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, customer_id, currency, sum(amount * sign) AS moved_by
      FROM tidemark_store.mrr_movement
      -- Only of those for whom a rate may be missing.
      WHERE customer_id IN (
        SELECT customer_id FROM tidemark_store.mrr_movement
        WHERE (toStartOfMonth(at, '{{REPORTING_TIMEZONE}}'), currency) IN (
          SELECT month, currency
          FROM (SELECT DISTINCT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, currency FROM tidemark_store.mrr_15m) AS moved
          LEFT ANTI JOIN (SELECT date + 1 AS month, currency FROM tidemark.fx_rates_daily) AS eve USING (month, currency)
          WHERE currency != '{{REPORTING_CURRENCY}}'
        )
      )
      GROUP BY month, customer_id, currency
      HAVING sum(sign) != 0
    )
  )
  WHERE moved_by != 0 AND active_before > 0
  UNION ALL
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, 'sales' FROM tidemark_store.sale_15m AS s
  GROUP BY date, currency, purchase_kind HAVING sum(s.revenue) != 0 OR sum(s.refunds) != 0
  UNION ALL
  SELECT date, currency, 'carts' FROM tidemark.cart_value_daily
  UNION ALL
  SELECT date, currency, 'cancellations' FROM tidemark.cancellations_daily WHERE scheduled_mrr != 0 OR taken_back_mrr != 0
  UNION ALL
  SELECT date, currency, 'costs' FROM tidemark_store.cost_by_day
  WHERE date <= toDate(now(), '{{REPORTING_TIMEZONE}}') GROUP BY date, currency, category, segment HAVING sum(amount) != 0
) AS needed
LEFT ANTI JOIN tidemark.fx_rates_daily AS known USING (date, currency)
WHERE currency != '{{REPORTING_CURRENCY}}'
GROUP BY date, currency
COMMENT 'Rates that are missing: for each row the money columns of the _reporting views are null for that day and the periods that need it. Empty when all can be converted.';

CREATE OR REPLACE VIEW tidemark.mrr_daily_reporting (
  `date` Date COMMENT 'Day in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `new` Nullable(Decimal(38, 6)) COMMENT 'MRR of customers never active before. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `expansion` Nullable(Decimal(38, 6)) COMMENT 'Other rises of MRR. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `contraction` Nullable(Decimal(38, 6)) COMMENT 'Falls of MRR of customers who stay, negative. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `churn` Nullable(Decimal(38, 6)) COMMENT 'MRR that fell with the last of a customer, negative. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `reactivation` Nullable(Decimal(38, 6)) COMMENT 'MRR of customers active again after having been lost. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `net` Nullable(Decimal(38, 6)) COMMENT 'new + expansion + contraction + churn + reactivation. Major unit of REPORTING_CURRENCY a month.',
  `fx` Nullable(Decimal(38, 6)) COMMENT 'What rates alone made of the balance: mrr - mrr of the day before - net. Major unit of REPORTING_CURRENCY a month.',
  `mrr` Nullable(Decimal(38, 6)) COMMENT 'MRR at the end of the day, or now, of all currencies at the rates of that day; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `customers` Int64 COMMENT 'Active customers at the end of the day, or now, each once whatever the currencies.',
  `arpa` Nullable(Decimal(38, 6)) COMMENT 'mrr / customers, rounded half to even; null without customers. Major unit of REPORTING_CURRENCY a month.'
)
SQL SECURITY DEFINER
AS SELECT date, '{{REPORTING_CURRENCY}}' AS currency, r_new AS new, r_expansion AS expansion, r_contraction AS contraction, r_churn AS churn, r_reactivation AS reactivation,
  r_net AS net, r_mrr - opening - r_net AS fx, r_mrr AS mrr, active AS customers, half_even_divide(r_mrr, active) AS arpa
FROM (
  SELECT date, r_new, r_expansion, r_contraction, r_churn, r_reactivation, r_new + r_expansion + r_contraction + r_churn + r_reactivation AS r_net, r_mrr,
    lagInFrame(r_mrr, 1, toDecimal128(0, 6)) OVER (ORDER BY date ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS opening, active
  FROM (
    SELECT date, sum_known(c_new) AS r_new, sum_known(c_expansion) AS r_expansion, sum_known(c_contraction) AS r_contraction, sum_known(c_churn) AS r_churn, sum_known(c_reactivation) AS r_reactivation, sum_known(c_mrr) AS r_mrr
    FROM (
      SELECT date, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate) AS day_rate, converted(d.new, day_rate) AS c_new, converted(d.expansion, day_rate) AS c_expansion, converted(d.contraction, day_rate) AS c_contraction, converted(d.churn, day_rate) AS c_churn, converted(d.reactivation, day_rate) AS c_reactivation,
        converted(d.mrr, day_rate) AS c_mrr
      FROM tidemark.mrr_daily AS d LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    )
    GROUP BY date
  ) AS converted_days
  LEFT JOIN (SELECT date, customers_at_end AS active FROM tidemark.churn_daily) AS c USING (date)
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'The bridge of MRR by day over all currencies in the reporting currency: mrr of the day before + net + fx = mrr. Movements at the rates of their days.';

CREATE OR REPLACE VIEW tidemark.mrr_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `new` Nullable(Decimal(38, 6)) COMMENT 'MRR of customers never active before. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `expansion` Nullable(Decimal(38, 6)) COMMENT 'Other rises of MRR. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `contraction` Nullable(Decimal(38, 6)) COMMENT 'Falls of MRR of customers who stay, negative. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `churn` Nullable(Decimal(38, 6)) COMMENT 'MRR that fell with the last of a customer, negative. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `reactivation` Nullable(Decimal(38, 6)) COMMENT 'MRR of customers active again after having been lost. At the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `net` Nullable(Decimal(38, 6)) COMMENT 'new + expansion + contraction + churn + reactivation. Major unit of REPORTING_CURRENCY a month.',
  `fx` Nullable(Decimal(38, 6)) COMMENT 'What rates alone made of the balance: mrr - mrr of the month before - net. Major unit of REPORTING_CURRENCY a month.',
  `mrr` Nullable(Decimal(38, 6)) COMMENT 'MRR at the end of the month, or now, of all currencies at the rates of that day; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `customers` Int64 COMMENT 'Active customers at the end of the month, or now, each once whatever the currencies.',
  `arpa` Nullable(Decimal(38, 6)) COMMENT 'mrr / customers, rounded half to even; null without customers. Major unit of REPORTING_CURRENCY a month.'
)
SQL SECURITY DEFINER
AS SELECT month, '{{REPORTING_CURRENCY}}' AS currency, r_new AS new, r_expansion AS expansion, r_contraction AS contraction, r_churn AS churn, r_reactivation AS reactivation,
  r_net AS net, r_mrr - opening - r_net AS fx, r_mrr AS mrr, active AS customers, half_even_divide(r_mrr, active) AS arpa
FROM (
  SELECT month, r_new, r_expansion, r_contraction, r_churn, r_reactivation, r_new + r_expansion + r_contraction + r_churn + r_reactivation AS r_net, r_mrr,
    lagInFrame(r_mrr, 1, toDecimal128(0, 6)) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS opening, active
  FROM (
    SELECT toStartOfMonth(date) AS month, sum_known(new) AS r_new, sum_known(expansion) AS r_expansion, sum_known(contraction) AS r_contraction, sum_known(churn) AS r_churn, sum_known(reactivation) AS r_reactivation,
      -- In a tuple, for argMax passes over null, which here says that a rate is missing.
      argMax(tuple(mrr), date).1 AS r_mrr, argMax(customers, date) AS active
    FROM tidemark.mrr_daily_reporting
    GROUP BY month
  )
)
COMMENT 'The bridge of MRR by month over all currencies in the reporting currency: mrr of the month before + net + fx = mrr. Movements at the rates of their days, the balance at that of the last day.';

CREATE OR REPLACE VIEW tidemark.mrr_movements_reporting (
  `occurred_at` DateTime64(3, 'UTC') COMMENT 'The instant, UTC.',
  `customer_id` String COMMENT 'Whose MRR moved.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `movement` String COMMENT 'new, expansion, contraction, churn or reactivation: the transition of the customer.',
  `amount` Nullable(Decimal(38, 6)) COMMENT 'Change of MRR at the rate of its day, contraction and churn negative; null when the rate is missing. Major unit of REPORTING_CURRENCY a month.',
  `original_currency` String COMMENT 'ISO 4217 code of the currency in which it moved.',
  `original_amount` Decimal(38, 6) COMMENT 'Change of MRR in that currency. Major unit of it a month.',
  `plan_id` String COMMENT 'Plan, after the instant, of the subscription that caused it last.',
  `owner` String COMMENT 'Customer''s account manager after the instant; empty when none.',
  `segment` String COMMENT 'Customer''s segment after the instant; empty when unknown.',
  `country` String COMMENT 'Customer''s country after the instant; empty when unknown.',
  `reason` String COMMENT 'voluntary or involuntary where a cancellation caused it and said so; else empty.',
  `event_id` String COMMENT 'The event that caused it last; empty for the passing of time.',
  `recorded_at` DateTime64(3, 'UTC') COMMENT 'When it was counted.'
)
SQL SECURITY DEFINER
AS SELECT occurred_at, customer_id, '{{REPORTING_CURRENCY}}' AS currency, movement,
  converted(original_amount, if(original_currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS amount,
  original_currency, original_amount, plan_id, owner, segment, country, reason, event_id, recorded_at
FROM (
  SELECT occurred_at, toDate(occurred_at, '{{REPORTING_TIMEZONE}}') AS day, customer_id, m.currency AS original_currency, movement,
    m.amount AS original_amount, plan_id, owner, segment, country, reason, event_id, recorded_at
  FROM tidemark.mrr_movements AS m
) AS moved
LEFT JOIN (SELECT date AS day, currency AS original_currency, rate FROM tidemark.fx_rates_daily) AS f USING (day, original_currency)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'Changes of monthly recurring revenue in the reporting currency, each at the rate of its day.';

-- Rule 13.
CREATE OR REPLACE VIEW tidemark.cancellations_daily_reporting (
  `date` Date COMMENT 'Day on which it was said, in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `reason` String COMMENT 'Reason of the cancellation: voluntary, involuntary, or empty.',
  `scheduled` Int64 COMMENT 'Cancellations scheduled of subscriptions in force, at once or for the period''s end.',
  `scheduled_mrr` Nullable(Decimal(38, 6)) COMMENT 'MRR those subscriptions had, at the rates of the day; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `taken_back` Int64 COMMENT 'Pending cancellations taken back on this day.',
  `taken_back_mrr` Nullable(Decimal(38, 6)) COMMENT 'MRR those had, at the rates of the day; null when one is missing. Major unit of REPORTING_CURRENCY a month.'
)
SQL SECURITY DEFINER
AS SELECT date, '{{REPORTING_CURRENCY}}' AS currency, reason, sum(c_scheduled) AS scheduled, sum_known(c_scheduled_mrr) AS scheduled_mrr,
  sum(c_taken_back) AS taken_back, sum_known(c_taken_back_mrr) AS taken_back_mrr
FROM (
  SELECT date, reason, scheduled AS c_scheduled, converted(scheduled_mrr, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS c_scheduled_mrr,
    taken_back AS c_taken_back, converted(taken_back_mrr, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS c_taken_back_mrr
  FROM tidemark.cancellations_daily LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
)
GROUP BY date, reason
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'Cancellations by the day they were said, over all currencies in the reporting currency.';

-- Rule 11.
CREATE OR REPLACE VIEW tidemark.revenue_churn_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `mrr_at_start` Nullable(Decimal(38, 6)) COMMENT 'MRR when the month began, at the rates of the last day of the month before; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `grr` Nullable(Float64) COMMENT 'Gross revenue retention: sum of min(start, end) / sum of start over the customers active at the start, each with all currencies, start and end at the rates of the start; a fraction.',
  `nrr` Nullable(Float64) COMMENT 'Net revenue retention: sum of end / sum of start over the same customers, both at the rates of the start; a fraction.',
  `gross_revenue_churn_rate` Nullable(Float64) COMMENT '1 - grr, a fraction.',
  `net_revenue_churn_rate` Nullable(Float64) COMMENT '1 - nrr, a fraction; negative when those who stayed grew by more than was lost.'
)
SQL SECURITY DEFINER
AS WITH moved AS (
  -- A customer's change over all currencies: who moves from one to another has shrunk by the difference alone.
  SELECT month, sum_known(if(change > 0, toDecimal128(0, 6), change)) AS shrunk,
    sum_known(change) AS of_start
  FROM (
    SELECT month, customer, sum_known(converted(moved_by, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate))) AS change
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, month - 1 AS date, currency, cityHash64(customer_id) AS customer,
        sum(amount * sign) AS moved_by
      FROM tidemark_store.mrr_movement
      GROUP BY month, currency, customer
      HAVING moved_by != 0
    ) AS moves
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    -- Who came within the month had nothing at its start, takes no part, and needs no rate.
    WHERE (month, customer) NOT IN (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, cityHash64(customer_id) AS customer
      FROM tidemark_store.customer_movement
      GROUP BY month, customer
      HAVING sum(if(movement = 'churn', -sign, sign)) > 0
    )
    GROUP BY month, customer
  )
  GROUP BY month
)
SELECT month, '{{REPORTING_CURRENCY}}' AS currency, opening AS mrr_at_start, rate_of(opening + shrunk, opening) AS grr, rate_of(opening + of_start, opening) AS nrr,
  rate_of(-shrunk, opening) AS gross_revenue_churn_rate, rate_of(-of_start, opening) AS net_revenue_churn_rate
FROM (
  SELECT month, sum_known(m_opening) AS opening, sum_known(m_shrunk) AS shrunk, sum_known(m_of_start) AS of_start
  FROM (
    SELECT month, lagInFrame(mrr, 1, toDecimal128(0, 6)) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS m_opening,
      toNullable(toDecimal128(0, 6)) AS m_shrunk, toNullable(toDecimal128(0, 6)) AS m_of_start
    FROM tidemark.mrr_monthly_reporting
    UNION ALL
    SELECT month, toNullable(toDecimal128(0, 6)), moved.shrunk, moved.of_start FROM moved
  )
  GROUP BY month
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'How much of the MRR that was there when the month began is there at its end, or now, over all currencies at the rates of the start: what rates do is in the column fx of mrr_monthly_reporting.';

-- Rule 12.
CREATE OR REPLACE VIEW tidemark.retention_cohorts_monthly_reporting (
  `cohort` Date COMMENT 'Month in which the customers were first active, its first day in the reporting zone.',
  `months_since` Int64 COMMENT 'Calendar months after the cohort; 0 for the month itself.',
  `month` Date COMMENT 'cohort + months_since: at whose end, or now, active and mrr are taken.',
  `customers` Int64 COMMENT 'Customers of the cohort.',
  `active` Int64 COMMENT 'Of those, active at that end.',
  `logo_retention` Nullable(Float64) COMMENT 'active / customers, a fraction.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `mrr` Nullable(Decimal(38, 6)) COMMENT 'The cohort''s MRR at that end, at the rates of that day; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `revenue_retention` Nullable(Float64) COMMENT 'mrr / the cohort''s new movements at the rates of their days, a fraction; what rates do is in it.'
)
SQL SECURITY DEFINER
AS SELECT cohort, months_since, month, c_customers AS customers, c_active AS active, rate_of(c_active, c_customers) AS logo_retention,
  '{{REPORTING_CURRENCY}}' AS currency, c_mrr AS mrr, rate_of(c_mrr, won) AS revenue_retention
FROM (
  SELECT cohort, months_since, month, any(customers) AS c_customers, any(active) AS c_active,
    sum_known(converted(mrr, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate))) AS c_mrr
  FROM (
    SELECT *, least(addMonths(month, 1) - 1, toDate(now(), '{{REPORTING_TIMEZONE}}')) AS date FROM tidemark.retention_cohorts_monthly
  ) AS c
  LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
  GROUP BY cohort, months_since, month
) AS standing
LEFT JOIN (SELECT month AS cohort, new AS won FROM tidemark.mrr_monthly_reporting) AS firsts USING (cohort)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'Who of the customers first active in one month is still active, and with how much MRR, over all currencies in the reporting currency.';

CREATE OR REPLACE VIEW tidemark.sales_daily_reporting (
  `date` Date COMMENT 'Day in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `purchases` Int64 COMMENT 'Purchases made, refunded ones included.',
  `revenue` Nullable(Decimal(38, 6)) COMMENT 'Sum of the purchases, gross, at the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `refunds` Nullable(Decimal(38, 6)) COMMENT 'Given back, at the rates of the days it was; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `net_revenue` Nullable(Decimal(38, 6)) COMMENT 'revenue - refunds. Major unit of REPORTING_CURRENCY.',
  `buyers` Int64 COMMENT 'Distinct customers who purchased, each once whatever the currencies.',
  `first_time_buyers` Int64 COMMENT 'Customers whose first purchase ever is among these.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'revenue / purchases, rounded half to even; null without purchases. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT date, '{{REPORTING_CURRENCY}}' AS currency, p_purchases AS purchases, p_revenue AS revenue, p_refunds AS refunds,
  p_revenue - p_refunds AS net_revenue, p_buyers AS buyers, p_first AS first_time_buyers,
  half_even_divide(p_revenue, p_purchases) AS average_purchase_value
FROM (
  SELECT date, sum(n_purchases) AS p_purchases, sum_known(c_revenue) AS p_revenue, sum_known(c_refunds) AS p_refunds, sum(n_first) AS p_first
  FROM (
    SELECT date AS date, n_purchases, n_first, c_revenue, c_refunds
    FROM (
    SELECT date, purchase_kind, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate) AS day_rate, s_purchases AS n_purchases, s_first AS n_first,
      converted(s_revenue, day_rate) AS c_revenue, converted(s_refunds, day_rate) AS c_refunds
    FROM (
      SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, purchase_kind, sum(s.purchases) AS s_purchases, sum(s.revenue) AS s_revenue,
        sum(s.refunds) AS s_refunds, sum(s.first_time_buyers) AS s_first
      FROM tidemark_store.sale_15m AS s
      GROUP BY date, currency, purchase_kind
      HAVING s_purchases != 0 OR s_refunds != 0
    ) AS sold
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    )
  )
  GROUP BY date
) AS sold
LEFT JOIN (
  SELECT date, toInt64(count()) AS p_buyers
  FROM (
    SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, customer_id
    FROM tidemark_store.sale
    GROUP BY date, customer_id
    HAVING sum(sign) > 0
  )
  GROUP BY date
) AS bought USING (date)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'One-off sales by day over all currencies in the reporting currency.';

CREATE OR REPLACE VIEW tidemark.sales_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `purchases` Int64 COMMENT 'Purchases made, refunded ones included.',
  `revenue` Nullable(Decimal(38, 6)) COMMENT 'Sum of the purchases, gross, at the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `refunds` Nullable(Decimal(38, 6)) COMMENT 'Given back, at the rates of the days it was; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `net_revenue` Nullable(Decimal(38, 6)) COMMENT 'revenue - refunds. Major unit of REPORTING_CURRENCY.',
  `buyers` Int64 COMMENT 'Distinct customers who purchased, each once whatever the currencies.',
  `first_time_buyers` Int64 COMMENT 'Customers whose first purchase ever is among these.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'revenue / purchases, rounded half to even; null without purchases. Major unit of REPORTING_CURRENCY.',
  `purchases_growth` Nullable(Float64) COMMENT 'purchases / those of the calendar month before - 1, a fraction; null when that had none.',
  `revenue_growth` Nullable(Float64) COMMENT 'revenue / that of the calendar month before - 1, a fraction, rates and all; null when that had none.'
)
SQL SECURITY DEFINER
AS WITH sold AS (
  SELECT month, sum(n_purchases) AS p_purchases, sum_known(c_revenue) AS p_revenue, sum_known(c_refunds) AS p_refunds, sum(n_first) AS p_first
  FROM (
    SELECT toStartOfMonth(date) AS month, n_purchases, n_first, c_revenue, c_refunds
    FROM (
    SELECT date, purchase_kind, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate) AS day_rate, s_purchases AS n_purchases, s_first AS n_first,
      converted(s_revenue, day_rate) AS c_revenue, converted(s_refunds, day_rate) AS c_refunds
    FROM (
      SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, purchase_kind, sum(s.purchases) AS s_purchases, sum(s.revenue) AS s_revenue,
        sum(s.refunds) AS s_refunds, sum(s.first_time_buyers) AS s_first
      FROM tidemark_store.sale_15m AS s
      GROUP BY date, currency, purchase_kind
      HAVING s_purchases != 0 OR s_refunds != 0
    ) AS sold
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    )
  )
  GROUP BY month
), before AS (SELECT addMonths(month, 1) AS month, p_purchases AS before_purchases, p_revenue AS before_revenue FROM sold)
SELECT month, '{{REPORTING_CURRENCY}}' AS currency, p_purchases AS purchases, p_revenue AS revenue, p_refunds AS refunds,
  p_revenue - p_refunds AS net_revenue, p_buyers AS buyers, p_first AS first_time_buyers,
  half_even_divide(p_revenue, p_purchases) AS average_purchase_value,
  rate_of(p_purchases - before_purchases, before_purchases) AS purchases_growth,
  if(before_purchases = 0, NULL, rate_of(p_revenue - before_revenue, before_revenue)) AS revenue_growth
FROM sold
LEFT JOIN (
  SELECT month, toInt64(count()) AS p_buyers
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, customer_id
    FROM tidemark_store.sale
    GROUP BY month, customer_id
    HAVING sum(sign) > 0
  )
  GROUP BY month
) AS bought USING (month)
LEFT JOIN before USING (month)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'One-off sales by month over all currencies in the reporting currency, each sale at the rate of its day, with their growth against the month before.';

CREATE OR REPLACE VIEW tidemark.sales_by_kind_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `kind` String COMMENT 'Kind of the purchase: product, service, upsell, cross_sell, add_on or loyalty.',
  `purchases` Int64 COMMENT 'Purchases made, refunded ones included.',
  `revenue` Nullable(Decimal(38, 6)) COMMENT 'Sum of the purchases, gross, at the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `refunds` Nullable(Decimal(38, 6)) COMMENT 'Given back, at the rates of the days it was; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `net_revenue` Nullable(Decimal(38, 6)) COMMENT 'revenue - refunds. Major unit of REPORTING_CURRENCY.',
  `buyers` Int64 COMMENT 'Distinct customers who purchased, each once whatever the currencies.',
  `first_time_buyers` Int64 COMMENT 'Customers whose first purchase ever is among these.',
  `average_purchase_value` Nullable(Decimal(38, 6)) COMMENT 'revenue / purchases, rounded half to even; null without purchases. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT month, '{{REPORTING_CURRENCY}}' AS currency, kind, p_purchases AS purchases, p_revenue AS revenue, p_refunds AS refunds,
  p_revenue - p_refunds AS net_revenue, p_buyers AS buyers, p_first AS first_time_buyers,
  half_even_divide(p_revenue, p_purchases) AS average_purchase_value
FROM (
  SELECT month, kind, sum(n_purchases) AS p_purchases, sum_known(c_revenue) AS p_revenue, sum_known(c_refunds) AS p_refunds, sum(n_first) AS p_first
  FROM (
    SELECT toStartOfMonth(date) AS month, purchase_kind AS kind, n_purchases, n_first, c_revenue, c_refunds
    FROM (
    SELECT date, purchase_kind, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate) AS day_rate, s_purchases AS n_purchases, s_first AS n_first,
      converted(s_revenue, day_rate) AS c_revenue, converted(s_refunds, day_rate) AS c_refunds
    FROM (
      SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, purchase_kind, sum(s.purchases) AS s_purchases, sum(s.revenue) AS s_revenue,
        sum(s.refunds) AS s_refunds, sum(s.first_time_buyers) AS s_first
      FROM tidemark_store.sale_15m AS s
      GROUP BY date, currency, purchase_kind
      HAVING s_purchases != 0 OR s_refunds != 0
    ) AS sold
    LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
    )
  )
  GROUP BY month, kind
) AS sold
LEFT JOIN (
  SELECT month, kind, toInt64(count()) AS p_buyers
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, purchase_kind AS kind, customer_id
    FROM tidemark_store.sale
    GROUP BY month, kind, customer_id
    HAVING sum(sign) > 0
  )
  GROUP BY month, kind
) AS bought USING (month, kind)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'One-off sales by month and kind over all currencies in the reporting currency, each sale at the rate of its day.';

CREATE OR REPLACE VIEW tidemark.mrr_with_non_recurring_monthly_reporting (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `mrr` Nullable(Decimal(38, 6)) COMMENT 'MRR at the end of the month, or now, at the rates of that day; null when one is missing. Major unit of REPORTING_CURRENCY a month.',
  `non_recurring_revenue` Nullable(Decimal(38, 6)) COMMENT 'Purchases of the month, refunds of the month taken off, at the rates of their days; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `total` Nullable(Decimal(38, 6)) COMMENT 'mrr + non_recurring_revenue. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT month, '{{REPORTING_CURRENCY}}' AS currency, p_mrr AS mrr, p_sold AS non_recurring_revenue, p_mrr + p_sold AS total
FROM (
  SELECT month, sum_known(m_mrr) AS p_mrr, sum_known(m_sold) AS p_sold
  FROM (
    SELECT month, mrr AS m_mrr, toNullable(toDecimal128(0, 6)) AS m_sold FROM tidemark.mrr_monthly_reporting
    UNION ALL
    SELECT month, toNullable(toDecimal128(0, 6)), net_revenue FROM tidemark.sales_monthly_reporting
    UNION ALL
    -- Quiet months, for there are rows for every one.
    SELECT DISTINCT month, toNullable(toDecimal128(0, 6)), toNullable(toDecimal128(0, 6)) FROM tidemark.mrr_with_non_recurring_monthly
  )
  GROUP BY month
)
COMMENT 'MRR at the month''s end and what was sold once in the month, over all currencies in the reporting currency.';

CREATE OR REPLACE VIEW tidemark.cart_value_daily_reporting (
  `date` Date COMMENT 'Day in the reporting zone on which the carts were created.',
  `currency` String COMMENT 'The reporting currency, REPORTING_CURRENCY: ISO 4217 code of the money columns.',
  `abandoned_value` Nullable(Decimal(38, 6)) COMMENT 'Last known value of the carts that stand abandoned, at the rates of the day; null when one is missing. Major unit of REPORTING_CURRENCY.',
  `recovered_value` Nullable(Decimal(38, 6)) COMMENT 'Value at checkout of the carts recovered, at the rates of the day; part of converted_value. Major unit of REPORTING_CURRENCY.',
  `converted_value` Nullable(Decimal(38, 6)) COMMENT 'Value at checkout of the carts checked out, at the rates of the day; null when one is missing. Major unit of REPORTING_CURRENCY.'
)
SQL SECURITY DEFINER
AS SELECT date, '{{REPORTING_CURRENCY}}' AS currency, sum_known(c_abandoned) AS abandoned_value, sum_known(c_recovered) AS recovered_value,
  sum_known(c_converted) AS converted_value
FROM (
  SELECT date, converted(abandoned_value, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS c_abandoned, converted(recovered_value, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS c_recovered,
    converted(converted_value, if(currency = '{{REPORTING_CURRENCY}}', toDecimal128(1, 18), rate)) AS c_converted
  FROM tidemark.cart_value_daily LEFT JOIN tidemark.fx_rates_daily AS f USING (date, currency)
)
GROUP BY date
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'What the carts created on a day are worth over all currencies in the reporting currency, by what became of them until now.';
