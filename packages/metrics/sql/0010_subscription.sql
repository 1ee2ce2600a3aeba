-- Recurring revenue. Facts: packages/metrics/subscription.

-- Net changes of a customer's MRR in a currency at an instant; `customers` is +1 when it rises from 0, -1 when it falls to 0.
CREATE TABLE IF NOT EXISTS tidemark_store.mrr_movement (
  at DateTime64(3, 'UTC'), customer_id String, currency String, movement String,
  amount Decimal(38, 6), customers Int64, plan_id String, owner String, segment String, country String,
  reason String, event_id String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (at, customer_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Customers who come, come back and are lost, once an instant whatever the currencies.
CREATE TABLE IF NOT EXISTS tidemark_store.customer_movement (
  at DateTime64(3, 'UTC'), customer_id String, movement String, plan_id String, owner String,
  segment String, country String, reason String, event_id String,
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (at, customer_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Where active customers are counted: +1 under an owner, segment and country, -1 when no longer; a hand-over is both.
CREATE TABLE IF NOT EXISTS tidemark_store.customer_placement (
  at DateTime64(3, 'UTC'), customer_id String, delta Int64, owner String, segment String, country String,
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (at, customer_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Cancellations scheduled and taken back, at the time of saying.
CREATE TABLE IF NOT EXISTS tidemark_store.cancellation (
  at DateTime64(3, 'UTC'), customer_id String, subscription_id String, currency String,
  action String, amount Decimal(38, 6), plan_id String, owner String, segment String, country String,
  reason String, event_id String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (at, customer_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Rollups hold what adds up, for the views that live dashboards read (rule 45). `movements` tells an empty bucket, all of whose
-- facts were taken back, from one whose amounts cancel out.
CREATE TABLE IF NOT EXISTS tidemark_store.mrr_15m (
  bucket DateTime('UTC'), currency String, new Decimal(38, 6), expansion Decimal(38, 6),
  contraction Decimal(38, 6), churn Decimal(38, 6), reactivation Decimal(38, 6), customers Int64, movements Int64,
  -- Amounts times the milliseconds from the start of the bucket: what MRR summed over time needs to know of when.
  amount_ms Decimal(76, 6)
) ENGINE = SummingMergeTree ORDER BY (currency, bucket)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.mrr_15m_of_mrr_movement TO tidemark_store.mrr_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, currency,
  sumIf(amount * sign, movement = 'new') AS new,
  sumIf(amount * sign, movement = 'expansion') AS expansion,
  sumIf(amount * sign, movement = 'contraction') AS contraction,
  sumIf(amount * sign, movement = 'churn') AS churn,
  sumIf(amount * sign, movement = 'reactivation') AS reactivation,
  sum(mrr_movement.customers * sign) AS customers,
  sum(toInt64(sign)) AS movements,
  sum(toDecimal256(amount, 6) * sign * (toUnixTimestamp64Milli(at) % 900000)) AS amount_ms
FROM tidemark_store.mrr_movement
GROUP BY bucket, currency;

CREATE TABLE IF NOT EXISTS tidemark_store.customer_15m (
  bucket DateTime('UTC'), new Int64, reactivated Int64, lost Int64, lost_voluntary Int64, lost_involuntary Int64,
  movements Int64
) ENGINE = SummingMergeTree ORDER BY bucket
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.customer_15m_of_customer_movement
TO tidemark_store.customer_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket,
  sumIf(toInt64(sign), movement = 'new') AS new,
  sumIf(toInt64(sign), movement = 'reactivation') AS reactivated,
  sumIf(toInt64(sign), movement = 'churn') AS lost,
  sumIf(toInt64(sign), movement = 'churn' AND reason = 'voluntary') AS lost_voluntary,
  sumIf(toInt64(sign), movement = 'churn' AND reason = 'involuntary') AS lost_involuntary,
  sum(toInt64(sign)) AS movements
FROM tidemark_store.customer_movement
GROUP BY bucket;

CREATE TABLE IF NOT EXISTS tidemark_store.cancellation_15m (
  bucket DateTime('UTC'), currency String, reason String, scheduled Int64,
  scheduled_mrr Decimal(38, 6), taken_back Int64, taken_back_mrr Decimal(38, 6)
) ENGINE = SummingMergeTree ORDER BY (bucket, currency, reason)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.cancellation_15m_of_cancellation
TO tidemark_store.cancellation_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, currency, reason,
  sumIf(toInt64(sign), action = 'scheduled') AS scheduled,
  sumIf(amount * sign, action = 'scheduled') AS scheduled_mrr,
  sumIf(toInt64(sign), action = 'taken_back') AS taken_back,
  sumIf(amount * sign, action = 'taken_back') AS taken_back_mrr
FROM tidemark_store.cancellation
GROUP BY bucket, currency, reason;

-- Customers by owner and segment, of which there are many: whole months of UTC, but by the quarter of an hour near their
-- ends, for no zone is further from UTC than 12 hours behind and 14 ahead. `placed` are those counted less those no longer.
CREATE TABLE IF NOT EXISTS tidemark_store.placement_month (
  bucket DateTime('UTC'), owner String, segment String, new Int64, reactivated Int64, lost Int64, lost_voluntary Int64,
  lost_involuntary Int64, placed Int64, facts Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, owner, segment)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.placement_month_of_customer_movement
TO tidemark_store.placement_month AS
SELECT if(toStartOfMonth(at - toIntervalHour(12)) = toStartOfMonth(at + toIntervalHour(14)),
    toDateTime(toStartOfMonth(at), 'UTC') + toIntervalDay(14), toStartOfFifteenMinutes(at)) AS bucket,
  owner, segment,
  sumIf(toInt64(sign), movement = 'new') AS new,
  sumIf(toInt64(sign), movement = 'reactivation') AS reactivated,
  sumIf(toInt64(sign), movement = 'churn') AS lost,
  sumIf(toInt64(sign), movement = 'churn' AND reason = 'voluntary') AS lost_voluntary,
  sumIf(toInt64(sign), movement = 'churn' AND reason = 'involuntary') AS lost_involuntary,
  sum(toInt64(sign)) AS facts
FROM tidemark_store.customer_movement
GROUP BY bucket, owner, segment;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.placement_month_of_customer_placement
TO tidemark_store.placement_month AS
SELECT if(toStartOfMonth(at - toIntervalHour(12)) = toStartOfMonth(at + toIntervalHour(14)),
    toDateTime(toStartOfMonth(at), 'UTC') + toIntervalDay(14), toStartOfFifteenMinutes(at)) AS bucket,
  owner, segment, sum(delta * sign) AS placed, sum(toInt64(sign)) AS facts
FROM tidemark_store.customer_placement
GROUP BY bucket, owner, segment;

-- views

-- Rule 9.
CREATE OR REPLACE VIEW tidemark.mrr_movements (
  `occurred_at` DateTime64(3, 'UTC') COMMENT 'The instant, UTC.',
  `customer_id` String COMMENT 'Whose MRR moved.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `movement` String COMMENT 'new, expansion, contraction, churn or reactivation: the transition of the customer.',
  `amount` Decimal(38, 6) COMMENT 'Change of MRR, contraction and churn negative. Major unit of the currency a month.',
  `plan_id` String COMMENT 'Plan, after the instant, of the subscription that caused it last.',
  `owner` String COMMENT 'Customer''s account manager after the instant; empty when none.',
  `segment` String COMMENT 'Customer''s segment after the instant; empty when unknown.',
  `country` String COMMENT 'Customer''s country after the instant; empty when unknown.',
  `reason` String COMMENT 'voluntary or involuntary where a cancellation caused it and said so; else empty.',
  `event_id` String COMMENT 'The event that caused it last; empty for the passing of time.',
  `recorded_at` DateTime64(3, 'UTC') COMMENT 'When it was counted.'
)
SQL SECURITY DEFINER
AS SELECT at AS occurred_at, customer_id, currency, movement, amount, plan_id, owner, segment, country, reason, event_id,
  maxIf(fact.recorded_at, sign > 0) AS recorded_at
FROM tidemark_store.mrr_movement AS fact
GROUP BY at, customer_id, currency, movement, amount, plan_id, owner, segment, country, reason, event_id
HAVING sum(sign) > 0
COMMENT 'Changes of monthly recurring revenue, net per customer, currency and instant. Amounts add up to the MRR.';

-- Rule 26.
CREATE OR REPLACE VIEW tidemark.mrr_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `new` Decimal(38, 6) COMMENT 'MRR of customers never active before, from their first instant. Major unit of the currency a month.',
  `expansion` Decimal(38, 6) COMMENT 'Other rises of MRR. Major unit of the currency a month.',
  `contraction` Decimal(38, 6) COMMENT 'Falls of MRR of customers who stay, negative. Major unit of the currency a month.',
  `churn` Decimal(38, 6) COMMENT 'MRR that fell with the last of a customer, negative. Major unit of the currency a month.',
  `reactivation` Decimal(38, 6) COMMENT 'MRR of customers active again after having been lost. Major unit of the currency a month.',
  `net` Decimal(38, 6) COMMENT 'new + expansion + contraction + churn + reactivation. Major unit of the currency a month.',
  `mrr` Decimal(38, 6) COMMENT 'MRR at the end of the day, or now: the sum of net up to it. Major unit of the currency a month.',
  `customers` Int64 COMMENT 'Customers with an MRR above 0 in this currency at the end of the day, or now.',
  `arpa` Nullable(Decimal(38, 6)) COMMENT 'mrr / customers, rounded half to even; null without customers. Major unit of the currency a month.'
)
SQL SECURITY DEFINER
AS SELECT date, currency, m_new AS new, m_expansion AS expansion, m_contraction AS contraction, m_churn AS churn,
  m_reactivation AS reactivation, m_new + m_expansion + m_contraction + m_churn + m_reactivation AS net,
  sum(net) OVER up_to AS mrr, sum(m_customers) OVER up_to AS customers, half_even_divide(mrr, customers) AS arpa
FROM (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, sum(r.new) AS m_new, sum(r.expansion) AS m_expansion,
    sum(r.contraction) AS m_contraction, sum(r.churn) AS m_churn, sum(r.reactivation) AS m_reactivation,
    sum(r.customers) AS m_customers
  FROM tidemark_store.mrr_15m AS r
  GROUP BY date, currency
  HAVING sum(movements) != 0
  ORDER BY currency, date WITH FILL TO toDate(now(), '{{REPORTING_TIMEZONE}}') + 1
)
WINDOW up_to AS (PARTITION BY currency ORDER BY date)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Monthly recurring revenue by day and currency: what moved it and where it stood; a row for every day from the first movement to now.';

-- Rule 26.
CREATE OR REPLACE VIEW tidemark.mrr_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `new` Decimal(38, 6) COMMENT 'MRR of customers never active before, from their first instant. Major unit of the currency a month.',
  `expansion` Decimal(38, 6) COMMENT 'Other rises of MRR. Major unit of the currency a month.',
  `contraction` Decimal(38, 6) COMMENT 'Falls of MRR of customers who stay, negative. Major unit of the currency a month.',
  `churn` Decimal(38, 6) COMMENT 'MRR that fell with the last of a customer, negative. Major unit of the currency a month.',
  `reactivation` Decimal(38, 6) COMMENT 'MRR of customers active again after having been lost. Major unit of the currency a month.',
  `net` Decimal(38, 6) COMMENT 'new + expansion + contraction + churn + reactivation. Major unit of the currency a month.',
  `mrr` Decimal(38, 6) COMMENT 'MRR at the end of the month, or now: the sum of net up to it. Major unit of the currency a month.',
  `customers` Int64 COMMENT 'Customers with an MRR above 0 in this currency at the end of the month, or now.',
  `arpa` Nullable(Decimal(38, 6)) COMMENT 'mrr / customers, rounded half to even; null without customers. Major unit of the currency a month.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, m_new AS new, m_expansion AS expansion, m_contraction AS contraction, m_churn AS churn,
  m_reactivation AS reactivation, m_new + m_expansion + m_contraction + m_churn + m_reactivation AS net,
  sum(net) OVER up_to AS mrr, sum(m_customers) OVER up_to AS customers, half_even_divide(mrr, customers) AS arpa
FROM (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, currency, sum(r.new) AS m_new, sum(r.expansion) AS m_expansion,
    sum(r.contraction) AS m_contraction, sum(r.churn) AS m_churn, sum(r.reactivation) AS m_reactivation,
    sum(r.customers) AS m_customers
  FROM tidemark_store.mrr_15m AS r
  GROUP BY month, currency
  HAVING sum(movements) != 0
  ORDER BY currency, month WITH FILL TO addMonths(toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}'), 1) STEP toIntervalMonth(1)
)
WINDOW up_to AS (PARTITION BY currency ORDER BY month)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Monthly recurring revenue by month and currency: what moved it and where it stood; a row for every month from the first movement to now.';

-- Rule 4, rule 26.
CREATE OR REPLACE VIEW tidemark.churn_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `customers_at_start` Int64 COMMENT 'Active customers when the day began.',
  `customers_new` Int64 COMMENT 'Customers who became active for the first time.',
  `customers_reactivated` Int64 COMMENT 'Customers active again after having been lost, each time counted.',
  `customers_lost` Int64 COMMENT 'Customers whose last MRR fell to 0, each time counted, those who came within the day included.',
  `customers_at_end` Int64 COMMENT 'Active customers at the end of the day, or now. Start + new + reactivated - lost.',
  `churn_rate` Nullable(Float64) COMMENT 'customers_lost / customers_at_start, a fraction; null when that is 0.',
  `retention_rate` Nullable(Float64) COMMENT '(customers_at_end - customers_new) / customers_at_start, a fraction; null when that is 0.',
  `lost_voluntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be voluntary.',
  `lost_involuntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be involuntary, a failed payment.'
)
SQL SECURITY DEFINER
AS SELECT date, at_end - m_new - m_reactivated + m_lost AS at_start, at_start AS customers_at_start,
  m_new AS customers_new, m_reactivated AS customers_reactivated, m_lost AS customers_lost,
  sum(m_new + m_reactivated - m_lost) OVER (ORDER BY date) AS at_end, at_end AS customers_at_end,
  rate_of(m_lost, at_start) AS churn_rate, rate_of(at_end - m_new, at_start) AS retention_rate,
  m_voluntary AS lost_voluntary, m_involuntary AS lost_involuntary
FROM (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, sum(new) AS m_new, sum(reactivated) AS m_reactivated, sum(lost) AS m_lost,
    sum(r.lost_voluntary) AS m_voluntary, sum(r.lost_involuntary) AS m_involuntary
  FROM tidemark_store.customer_15m AS r
  GROUP BY date
  HAVING sum(movements) != 0
  ORDER BY date WITH FILL TO toDate(now(), '{{REPORTING_TIMEZONE}}') + 1
)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customers who came, came back and were lost by day: a customer is active while any MRR is above 0. A row for every day from the first movement to now.';

-- Rule 26, rule 27.
CREATE OR REPLACE VIEW tidemark.churn_weekly (
  `week` Date COMMENT 'Monday of the week in the reporting zone.',
  `customers_at_start` Int64 COMMENT 'Active customers when the week began.',
  `customers_new` Int64 COMMENT 'Customers who became active for the first time.',
  `customers_reactivated` Int64 COMMENT 'Customers active again after having been lost, each time counted.',
  `customers_lost` Int64 COMMENT 'Customers whose last MRR fell to 0, each time counted, those who came within the week included.',
  `customers_at_end` Int64 COMMENT 'Active customers at the end of the week, or now. Start + new + reactivated - lost.',
  `churn_rate` Nullable(Float64) COMMENT 'customers_lost / customers_at_start, a fraction; null when that is 0.',
  `retention_rate` Nullable(Float64) COMMENT '(customers_at_end - customers_new) / customers_at_start, a fraction; null when that is 0.',
  `lost_voluntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be voluntary.',
  `lost_involuntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be involuntary, a failed payment.'
)
SQL SECURITY DEFINER
AS SELECT week, at_end - m_new - m_reactivated + m_lost AS at_start, at_start AS customers_at_start,
  m_new AS customers_new, m_reactivated AS customers_reactivated, m_lost AS customers_lost,
  sum(m_new + m_reactivated - m_lost) OVER (ORDER BY week) AS at_end, at_end AS customers_at_end,
  rate_of(m_lost, at_start) AS churn_rate, rate_of(at_end - m_new, at_start) AS retention_rate,
  m_voluntary AS lost_voluntary, m_involuntary AS lost_involuntary
FROM (
  SELECT toStartOfWeek(bucket, 1, '{{REPORTING_TIMEZONE}}') AS week, sum(new) AS m_new, sum(reactivated) AS m_reactivated, sum(lost) AS m_lost,
    sum(r.lost_voluntary) AS m_voluntary, sum(r.lost_involuntary) AS m_involuntary
  FROM tidemark_store.customer_15m AS r
  GROUP BY week
  HAVING sum(movements) != 0
  ORDER BY week WITH FILL TO toStartOfWeek(now(), 1, '{{REPORTING_TIMEZONE}}') + 7 STEP 7
)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customers who came, came back and were lost by week: a customer is active while any MRR is above 0. A row for every week from the first movement to now.';

-- Rule 8, rule 26.
CREATE OR REPLACE VIEW tidemark.churn_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `customers_at_start` Int64 COMMENT 'Active customers when the month began.',
  `customers_new` Int64 COMMENT 'Customers who became active for the first time.',
  `customers_reactivated` Int64 COMMENT 'Customers active again after having been lost, each time counted.',
  `customers_lost` Int64 COMMENT 'Customers whose last MRR fell to 0, each time counted, those who came within the month included.',
  `customers_at_end` Int64 COMMENT 'Active customers at the end of the month, or now. Start + new + reactivated - lost.',
  `churn_rate` Nullable(Float64) COMMENT 'customers_lost / customers_at_start, a fraction; null when that is 0.',
  `retention_rate` Nullable(Float64) COMMENT '(customers_at_end - customers_new) / customers_at_start, a fraction; null when that is 0.',
  `lost_voluntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be voluntary.',
  `lost_involuntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be involuntary, a failed payment.',
  `lost_of_start` Int64 COMMENT 'Customers active when the month began and not at its end, or now.',
  `churn_rate_of_start` Nullable(Float64) COMMENT 'lost_of_start / customers_at_start, a fraction never above 1; null when that is 0.'
)
SQL SECURITY DEFINER
AS SELECT month, at_end - p_new - p_reactivated + p_lost AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost,
  sum(p_new + p_reactivated - p_lost) OVER (ORDER BY month) AS at_end, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary,
  p_gone AS lost_of_start, rate_of(p_gone, at_start) AS churn_rate_of_start
FROM (
  SELECT month, sum(m_new) AS p_new, sum(m_reactivated) AS p_reactivated, sum(m_lost) AS p_lost,
    sum(m_voluntary) AS p_voluntary, sum(m_involuntary) AS p_involuntary, sum(m_gone) AS p_gone
  FROM (
    SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, sum(new) AS m_new, sum(reactivated) AS m_reactivated, sum(lost) AS m_lost,
      sum(r.lost_voluntary) AS m_voluntary, sum(r.lost_involuntary) AS m_involuntary, 0 AS m_gone
    FROM tidemark_store.customer_15m AS r
    GROUP BY month
    HAVING sum(movements) != 0
    UNION ALL
    SELECT month, 0, 0, 0, 0, 0, toInt64(count())
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, cityHash64(customer_id) AS customer
      FROM tidemark_store.customer_movement
      GROUP BY month, customer
      HAVING sum(if(movement = 'churn', -1, 1) * sign) = -1
    )
    GROUP BY month
  )
  GROUP BY month
  ORDER BY month WITH FILL TO addMonths(toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}'), 1) STEP toIntervalMonth(1)
)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customers who came, came back and were lost by month: a customer is active while any MRR is above 0. A row for every month from the first movement to now.';

-- Rule 13.
CREATE OR REPLACE VIEW tidemark.cancellations_daily (
  `date` Date COMMENT 'Day on which it was said, in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `reason` String COMMENT 'Reason of the cancellation: voluntary, involuntary, or empty.',
  `scheduled` Int64 COMMENT 'Cancellations scheduled of subscriptions in force, at once or for the period''s end; another date for the same one counts once.',
  `scheduled_mrr` Decimal(38, 6) COMMENT 'MRR those subscriptions had when it was said. Major unit of the currency a month.',
  `taken_back` Int64 COMMENT 'Pending cancellations taken back on this day.',
  `taken_back_mrr` Decimal(38, 6) COMMENT 'MRR those had when they were said. Major unit of the currency a month.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, currency, reason, sum(cancellation_15m.scheduled) AS scheduled,
  sum(cancellation_15m.scheduled_mrr) AS scheduled_mrr, sum(cancellation_15m.taken_back) AS taken_back,
  sum(cancellation_15m.taken_back_mrr) AS taken_back_mrr
FROM tidemark_store.cancellation_15m
GROUP BY date, currency, reason
HAVING scheduled != 0 OR taken_back != 0
COMMENT 'Cancellations by the day they were said: the leading sign of churn, which itself comes when they take effect.';

-- Rule 7, rule 26.
CREATE OR REPLACE VIEW tidemark.churn_by_owner_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `owner` String COMMENT 'Account manager; empty for none.',
  `customers_at_start` Int64 COMMENT 'Active customers of this owner when the month began.',
  `customers_new` Int64 COMMENT 'Customers of this owner who became active for the first time.',
  `customers_reactivated` Int64 COMMENT 'Customers of this owner active again after having been lost, each time counted.',
  `customers_lost` Int64 COMMENT 'Customers of this owner whose last MRR fell to 0, each time counted, those who came within the month included.',
  `customers_at_end` Int64 COMMENT 'Active customers of this owner at the end of the month, or now. A hand-over moves them without loss or gain.',
  `churn_rate` Nullable(Float64) COMMENT 'customers_lost / customers_at_start, a fraction; null when that is 0.',
  `retention_rate` Nullable(Float64) COMMENT '(customers_at_end - customers_new) / customers_at_start, a fraction; null when that is 0.',
  `lost_voluntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be voluntary.',
  `lost_involuntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be involuntary, a failed payment.',
  `lost_of_start` Int64 COMMENT 'Customers of this owner when the month began who are not active at its end, or now.',
  `churn_rate_of_start` Nullable(Float64) COMMENT 'lost_of_start / customers_at_start, a fraction never above 1; null when that is 0.'
)
SQL SECURITY DEFINER
AS SELECT month, owner, at_end - p_placed AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost,
  sum(p_placed) OVER (PARTITION BY owner ORDER BY month) AS at_end, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary,
  p_gone AS lost_of_start, rate_of(p_gone, at_start) AS churn_rate_of_start
FROM (
  SELECT month, owner, m_new AS p_new, m_reactivated AS p_reactivated, m_lost AS p_lost, m_voluntary AS p_voluntary,
    m_involuntary AS p_involuntary, m_placed AS p_placed, m_gone AS p_gone
  FROM (
    SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, owner, cityHash64(owner) AS owner_key, sum(new) AS m_new,
      sum(reactivated) AS m_reactivated, sum(lost) AS m_lost, sum(r.lost_voluntary) AS m_voluntary,
      sum(r.lost_involuntary) AS m_involuntary, sum(placed) AS m_placed
    FROM tidemark_store.placement_month AS r
    GROUP BY month, owner
    HAVING sum(facts) != 0
  ) AS moved
  LEFT JOIN (
    SELECT month, owner_key, toInt64(count()) AS m_gone
    FROM (
      -- Of who was active at the start and is not at the end, hand-overs within the month cancel out in the sum, and what
      -- is left of it is the key of the owner at the start.
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, cityHash64(customer_id) AS customer,
        sum(cityHash64(owner) * toUInt64(-delta * sign)) AS owner_key
      FROM tidemark_store.customer_placement
      GROUP BY month, customer
      HAVING sum(delta * sign) = -1
    )
    GROUP BY month, owner_key
  ) AS gone USING (month, owner_key)
  ORDER BY owner, month WITH FILL TO addMonths(toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}'), 1) STEP toIntervalMonth(1)
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customers who came, came back and were lost by month and owner: start and end by the owner at that moment, movements by the owner after their instant. A row for every month from the first of the owner to now.';

-- Rule 7, rule 26.
CREATE OR REPLACE VIEW tidemark.churn_by_segment_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `segment` String COMMENT 'Customer''s segment; empty when unknown.',
  `customers_at_start` Int64 COMMENT 'Active customers of this segment when the month began.',
  `customers_new` Int64 COMMENT 'Customers of this segment who became active for the first time.',
  `customers_reactivated` Int64 COMMENT 'Customers of this segment active again after having been lost, each time counted.',
  `customers_lost` Int64 COMMENT 'Customers of this segment whose last MRR fell to 0, each time counted, those who came within the month included.',
  `customers_at_end` Int64 COMMENT 'Active customers of this segment at the end of the month, or now. A hand-over moves them without loss or gain.',
  `churn_rate` Nullable(Float64) COMMENT 'customers_lost / customers_at_start, a fraction; null when that is 0.',
  `retention_rate` Nullable(Float64) COMMENT '(customers_at_end - customers_new) / customers_at_start, a fraction; null when that is 0.',
  `lost_voluntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be voluntary.',
  `lost_involuntary` Int64 COMMENT 'Of customers_lost, those whose cancellation was said to be involuntary, a failed payment.',
  `lost_of_start` Int64 COMMENT 'Customers of this segment when the month began who are not active at its end, or now.',
  `churn_rate_of_start` Nullable(Float64) COMMENT 'lost_of_start / customers_at_start, a fraction never above 1; null when that is 0.'
)
SQL SECURITY DEFINER
AS SELECT month, segment, at_end - p_placed AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost,
  sum(p_placed) OVER (PARTITION BY segment ORDER BY month) AS at_end, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary,
  p_gone AS lost_of_start, rate_of(p_gone, at_start) AS churn_rate_of_start
FROM (
  SELECT month, segment, m_new AS p_new, m_reactivated AS p_reactivated, m_lost AS p_lost, m_voluntary AS p_voluntary,
    m_involuntary AS p_involuntary, m_placed AS p_placed, m_gone AS p_gone
  FROM (
    SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, segment, cityHash64(segment) AS segment_key, sum(new) AS m_new,
      sum(reactivated) AS m_reactivated, sum(lost) AS m_lost, sum(r.lost_voluntary) AS m_voluntary,
      sum(r.lost_involuntary) AS m_involuntary, sum(placed) AS m_placed
    FROM tidemark_store.placement_month AS r
    GROUP BY month, segment
    HAVING sum(facts) != 0
  ) AS moved
  LEFT JOIN (
    SELECT month, segment_key, toInt64(count()) AS m_gone
    FROM (
      -- Of who was active at the start and is not at the end, hand-overs within the month cancel out in the sum, and what
      -- is left of it is the key of the segment at the start.
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, cityHash64(customer_id) AS customer,
        sum(cityHash64(segment) * toUInt64(-delta * sign)) AS segment_key
      FROM tidemark_store.customer_placement
      GROUP BY month, customer
      HAVING sum(delta * sign) = -1
    )
    GROUP BY month, segment_key
  ) AS gone USING (month, segment_key)
  ORDER BY segment, month WITH FILL TO addMonths(toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}'), 1) STEP toIntervalMonth(1)
)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Customers who came, came back and were lost by month and segment: start and end by the segment at that moment, movements by the segment after their instant. A row for every month from the first of the segment to now.';

-- Rule 11.
CREATE OR REPLACE VIEW tidemark.revenue_churn_monthly (
  `month` Date COMMENT 'First day of the month in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `mrr_at_start` Decimal(38, 6) COMMENT 'MRR when the month began. Major unit of the currency a month.',
  `grr` Nullable(Float64) COMMENT 'Gross revenue retention: sum of min(start, end) / sum of start over the customers with MRR in this currency at the start, a fraction; null when that is 0.',
  `nrr` Nullable(Float64) COMMENT 'Net revenue retention: sum of end / sum of start over the same customers, a fraction; null when that is 0.',
  `gross_revenue_churn_rate` Nullable(Float64) COMMENT '1 - grr, a fraction.',
  `net_revenue_churn_rate` Nullable(Float64) COMMENT '1 - nrr, a fraction; negative when those who stayed grew by more than was lost.'
)
SQL SECURITY DEFINER
AS SELECT month, currency, opening AS mrr_at_start, rate_of(opening + shrunk, opening) AS grr,
  rate_of(opening + of_start, opening) AS nrr, rate_of(-shrunk, opening) AS gross_revenue_churn_rate,
  rate_of(-of_start, opening) AS net_revenue_churn_rate
FROM (SELECT month, currency, mrr - net AS opening FROM tidemark.mrr_monthly) AS standing
LEFT JOIN (
  -- Who did not move keeps start = end: what the rates need is the change of those who moved and were there at the start,
  -- which is who did not come within the month.
  SELECT month, currency, sum(least(change, 0)) AS shrunk, sum(change * (entered <= 0)) AS of_start
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, currency, cityHash64(customer_id) AS customer,
      sum(m.amount * sign) AS change, sum(m.customers * sign) AS entered
    FROM tidemark_store.mrr_movement AS m
    GROUP BY month, currency, customer
  )
  GROUP BY month, currency
) AS moved USING (month, currency)
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'How much of the MRR that was there when the month began is there at its end, or now. Leaving and coming back within the month is not seen. A row for every month from the first movement to now.';

-- Rule 12.
CREATE OR REPLACE VIEW tidemark.retention_cohorts_monthly (
  `cohort` Date COMMENT 'Month in which the customers were first active, its first day in the reporting zone.',
  `months_since` Int64 COMMENT 'Calendar months after the cohort; 0 for the month itself.',
  `month` Date COMMENT 'cohort + months_since: at whose end, or now, active and mrr are taken.',
  `customers` Int64 COMMENT 'Customers of the cohort, in whatever currency.',
  `active` Int64 COMMENT 'Of those, active at that end, in whatever currency.',
  `logo_retention` Nullable(Float64) COMMENT 'active / customers, a fraction.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `mrr` Decimal(38, 6) COMMENT 'The cohort''s MRR in this currency at that end. Major unit of the currency a month.',
  `revenue_retention` Nullable(Float64) COMMENT 'mrr / the cohort''s new movements in this currency, a fraction; null when it had none.'
)
SQL SECURITY DEFINER
AS SELECT cohort, dateDiff('month', cohort, period) AS months_since, period AS month, size AS customers,
  standing_active AS active, rate_of(standing_active, size) AS logo_retention, currency, standing_mrr AS mrr,
  rate_of(standing_mrr, first_mrr) AS revenue_retention
FROM (
  -- Customers are in the rows without a currency, so that they count once, and show in those with one.
  SELECT cohort, currency, period, sum(sum(move.2)) OVER (PARTITION BY cohort) AS size,
    sum(sum(move.3)) OVER (PARTITION BY cohort ORDER BY period) AS standing_active,
    sum(sum(move.4)) OVER (PARTITION BY cohort, currency ORDER BY period) AS standing_mrr,
    sum(sum(move.5)) OVER (PARTITION BY cohort, currency) AS first_mrr
  FROM (
    -- What moved, and every month up to now, so that quiet ones have their row.
    SELECT cohort, currency, arrayJoin(arrayConcat(groupArray((period, m_came, m_active, m_mrr, m_new)),
      arrayMap(n -> (addMonths(cohort, n), toInt64(0), toInt64(0), toDecimal128(0, 6), toDecimal128(0, 6)),
        range(toUInt32(dateDiff('month', cohort, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}'))) + 1))))) AS move
    FROM (
      SELECT cohort, currency, period, sum(came) AS m_came, sum(entered) AS m_active, sum(moved) AS m_mrr,
        sum(moved * (movement = 'new')) AS m_new, sum(toInt64(sign)) AS facts
      FROM (
        SELECT cityHash64(customer_id) AS customer, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, '' AS currency, movement, sign,
          sign * (movement = 'new') AS came, if(movement = 'churn', -sign, sign) AS entered, toDecimal128(0, 6) AS moved
        FROM tidemark_store.customer_movement
        UNION ALL
        SELECT cityHash64(customer_id) AS customer, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, currency, movement, sign, 0, 0, amount * sign
        FROM tidemark_store.mrr_movement
      ) AS movements
      INNER JOIN (
        SELECT cityHash64(customer_id) AS customer, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS cohort
        FROM tidemark_store.customer_movement
        WHERE movement = 'new'
        GROUP BY customer, cohort
        HAVING sum(sign) > 0
      ) AS members USING (customer)
      GROUP BY cohort, currency, period
    )
    GROUP BY cohort, currency
    HAVING sum(facts) > 0
  )
  GROUP BY cohort, currency, move.1 AS period
)
-- What was taken back may have been before.
WHERE currency != '' AND period >= cohort
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'Who of the customers first active in one month is still active, and with how much MRR, month by month up to now.';

-- Rule 28.
CREATE OR REPLACE VIEW tidemark.mrr_movements_as_of (
  `occurred_at` DateTime64(3, 'UTC') COMMENT 'The instant, UTC.',
  `customer_id` String COMMENT 'Whose MRR moved.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `movement` String COMMENT 'new, expansion, contraction, churn or reactivation: the transition of the customer.',
  `amount` Decimal(38, 6) COMMENT 'Change of MRR, contraction and churn negative. Major unit of the currency a month.',
  `plan_id` String COMMENT 'Plan, after the instant, of the subscription that caused it last.',
  `owner` String COMMENT 'Customer''s account manager after the instant; empty when none.',
  `segment` String COMMENT 'Customer''s segment after the instant; empty when unknown.',
  `country` String COMMENT 'Customer''s country after the instant; empty when unknown.',
  `reason` String COMMENT 'voluntary or involuntary where a cancellation caused it and said so; else empty.',
  `event_id` String COMMENT 'The event that caused it last; empty for the passing of time.',
  `recorded_at` DateTime64(3, 'UTC') COMMENT 'When it was counted.'
)
SQL SECURITY DEFINER
AS SELECT at AS occurred_at, customer_id, currency, movement, amount, plan_id, owner, segment, country, reason, event_id,
  maxIf(fact.recorded_at, sign > 0) AS recorded_at
FROM tidemark_store.mrr_movement AS fact
WHERE fact.recorded_at <= {known_at:DateTime64(3, 'UTC')}
GROUP BY at, customer_id, currency, movement, amount, plan_id, owner, segment, country, reason, event_id
HAVING sum(sign) > 0
COMMENT 'Changes of monthly recurring revenue, net per customer, currency and instant, as they were known at known_at (a parameter, UTC).';

-- Rule 28.
CREATE OR REPLACE VIEW tidemark.mrr_daily_as_of (
  `date` Date COMMENT 'Day in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `new` Decimal(38, 6) COMMENT 'MRR of customers never active before, from their first instant. Major unit of the currency a month.',
  `expansion` Decimal(38, 6) COMMENT 'Other rises of MRR. Major unit of the currency a month.',
  `contraction` Decimal(38, 6) COMMENT 'Falls of MRR of customers who stay, negative. Major unit of the currency a month.',
  `churn` Decimal(38, 6) COMMENT 'MRR that fell with the last of a customer, negative. Major unit of the currency a month.',
  `reactivation` Decimal(38, 6) COMMENT 'MRR of customers active again after having been lost. Major unit of the currency a month.',
  `net` Decimal(38, 6) COMMENT 'new + expansion + contraction + churn + reactivation. Major unit of the currency a month.',
  `mrr` Decimal(38, 6) COMMENT 'MRR at the end of the day, or now: the sum of net up to it. Major unit of the currency a month.',
  `customers` Int64 COMMENT 'Customers with an MRR above 0 in this currency at the end of the day, or now.',
  `arpa` Nullable(Decimal(38, 6)) COMMENT 'mrr / customers, rounded half to even; null without customers. Major unit of the currency a month.'
)
SQL SECURITY DEFINER
AS SELECT date, currency, m_new AS new, m_expansion AS expansion, m_contraction AS contraction, m_churn AS churn,
  m_reactivation AS reactivation, m_new + m_expansion + m_contraction + m_churn + m_reactivation AS net,
  sum(net) OVER up_to AS mrr, sum(m_customers) OVER up_to AS customers, half_even_divide(mrr, customers) AS arpa
FROM (
  SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, currency, sumIf(amount * sign, movement = 'new') AS m_new,
    sumIf(amount * sign, movement = 'expansion') AS m_expansion,
    sumIf(amount * sign, movement = 'contraction') AS m_contraction, sumIf(amount * sign, movement = 'churn') AS m_churn,
    sumIf(amount * sign, movement = 'reactivation') AS m_reactivation, sum(r.customers * sign) AS m_customers
  FROM tidemark_store.mrr_movement AS r
  WHERE recorded_at <= {known_at:DateTime64(3, 'UTC')}
  GROUP BY date, currency
  HAVING sum(sign) != 0
  ORDER BY currency, date WITH FILL TO toDate({known_at:DateTime64(3, 'UTC')}, '{{REPORTING_TIMEZONE}}') + 1
)
WINDOW up_to AS (PARTITION BY currency ORDER BY date)
SETTINGS aggregate_functions_null_for_empty = 0, use_with_fill_by_sorting_prefix = 1
COMMENT 'Monthly recurring revenue by day and currency: what moved it and where it stood; a row for every day from the first movement to known_at (a parameter, UTC), as it was known then.';
