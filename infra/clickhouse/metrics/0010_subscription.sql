-- Recurring revenue. Facts: services/metrics/subscription. Rules 1 to 13, 26 to 28.

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

-- Cancellations said and taken back, at the time of saying.
CREATE TABLE IF NOT EXISTS tidemark_store.cancellation (
  at DateTime64(3, 'UTC'), customer_id String, subscription_id String, currency String,
  action String, amount Decimal(38, 6), plan_id String, owner String, segment String, country String,
  reason String, event_id String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (at, customer_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- Rollups hold what adds up, for the views that live dashboards read. `movements` tells an empty bucket, all of whose
-- facts were taken back, from one whose amounts cancel out.
CREATE TABLE IF NOT EXISTS tidemark_store.mrr_15m (
  bucket DateTime('UTC'), currency String, new Decimal(38, 6), expansion Decimal(38, 6),
  contraction Decimal(38, 6), churn Decimal(38, 6), reactivation Decimal(38, 6), customers Int64, movements Int64
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
  sum(toInt64(sign)) AS movements
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

-- views

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
AS WITH moved AS (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS period, currency, sum(new) AS m_new, sum(expansion) AS m_expansion,
    sum(contraction) AS m_contraction, sum(churn) AS m_churn, sum(reactivation) AS m_reactivation,
    sum(customers) AS m_customers
  FROM tidemark_store.mrr_15m
  GROUP BY period, currency
  HAVING sum(movements) != 0
), quiet AS (
  SELECT currency, arrayJoin(arrayMap(n -> first_period + n, range(toUInt32(last_period - first_period + 1)))) AS period
  FROM (
    SELECT currency, min(period) AS first_period, greatest(max(period), toDate(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    GROUP BY currency
  )
)
SELECT period AS date, currency, p_new AS new, p_expansion AS expansion, p_contraction AS contraction,
  p_churn AS churn, p_reactivation AS reactivation, p_net AS net, closing_mrr AS mrr, closing_customers AS customers,
  half_even_divide(closing_mrr, closing_customers) AS arpa
FROM (
  SELECT period, currency, sum(m_new) AS p_new, sum(m_expansion) AS p_expansion, sum(m_contraction) AS p_contraction,
    sum(m_churn) AS p_churn, sum(m_reactivation) AS p_reactivation,
    p_new + p_expansion + p_contraction + p_churn + p_reactivation AS p_net, sum(m_customers) AS p_customers,
    sum(p_net) OVER up_to AS closing_mrr, sum(p_customers) OVER up_to AS closing_customers
  FROM (
    SELECT period, currency, m_new, m_expansion, m_contraction, m_churn, m_reactivation, m_customers FROM moved
    UNION ALL
    SELECT period, currency, 0, 0, 0, 0, 0, 0 FROM quiet
  )
  GROUP BY period, currency
  WINDOW up_to AS (PARTITION BY currency ORDER BY period)
)
COMMENT 'Monthly recurring revenue by day and currency: what moved it and where it stood; a row for every day from the first movement to now.';

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
AS WITH moved AS (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS period, currency, sum(new) AS m_new, sum(expansion) AS m_expansion,
    sum(contraction) AS m_contraction, sum(churn) AS m_churn, sum(reactivation) AS m_reactivation,
    sum(customers) AS m_customers
  FROM tidemark_store.mrr_15m
  GROUP BY period, currency
  HAVING sum(movements) != 0
), quiet AS (
  SELECT currency, arrayJoin(arrayMap(n -> addMonths(first_period, n), range(toUInt32(dateDiff('month', first_period, last_period) + 1)))) AS period
  FROM (
    SELECT currency, min(period) AS first_period, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    GROUP BY currency
  )
)
SELECT period AS month, currency, p_new AS new, p_expansion AS expansion, p_contraction AS contraction,
  p_churn AS churn, p_reactivation AS reactivation, p_net AS net, closing_mrr AS mrr, closing_customers AS customers,
  half_even_divide(closing_mrr, closing_customers) AS arpa
FROM (
  SELECT period, currency, sum(m_new) AS p_new, sum(m_expansion) AS p_expansion, sum(m_contraction) AS p_contraction,
    sum(m_churn) AS p_churn, sum(m_reactivation) AS p_reactivation,
    p_new + p_expansion + p_contraction + p_churn + p_reactivation AS p_net, sum(m_customers) AS p_customers,
    sum(p_net) OVER up_to AS closing_mrr, sum(p_customers) OVER up_to AS closing_customers
  FROM (
    SELECT period, currency, m_new, m_expansion, m_contraction, m_churn, m_reactivation, m_customers FROM moved
    UNION ALL
    SELECT period, currency, 0, 0, 0, 0, 0, 0 FROM quiet
  )
  GROUP BY period, currency
  WINDOW up_to AS (PARTITION BY currency ORDER BY period)
)
COMMENT 'Monthly recurring revenue by month and currency: what moved it and where it stood; a row for every month from the first movement to now.';

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
AS WITH moved AS (
  SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS period, sum(new) AS m_new, sum(reactivated) AS m_reactivated, sum(lost) AS m_lost,
    sum(lost_voluntary) AS m_voluntary, sum(lost_involuntary) AS m_involuntary
  FROM tidemark_store.customer_15m
  GROUP BY period
  HAVING sum(movements) != 0
), quiet AS (
  SELECT arrayJoin(arrayMap(n -> first_period + n, range(toUInt32(last_period - first_period + 1)))) AS period
  FROM (
    SELECT min(period) AS first_period, greatest(max(period), toDate(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    HAVING count() > 0
  )
)
SELECT period AS date, at_end - p_new - p_reactivated + p_lost AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary
FROM (
  SELECT period, sum(m_new) AS p_new, sum(m_reactivated) AS p_reactivated, sum(m_lost) AS p_lost,
    sum(m_voluntary) AS p_voluntary, sum(m_involuntary) AS p_involuntary,
    sum(p_new + p_reactivated - p_lost) OVER (ORDER BY period) AS at_end
  FROM (
    SELECT period, m_new, m_reactivated, m_lost, m_voluntary, m_involuntary FROM moved
    UNION ALL
    SELECT period, 0, 0, 0, 0, 0 FROM quiet
  )
  GROUP BY period
)
COMMENT 'Customers who came, came back and were lost by day: a customer is active while any MRR is above 0. A row for every day from the first movement to now.';

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
AS WITH moved AS (
  SELECT toStartOfWeek(bucket, 1, '{{REPORTING_TIMEZONE}}') AS period, sum(new) AS m_new, sum(reactivated) AS m_reactivated, sum(lost) AS m_lost,
    sum(lost_voluntary) AS m_voluntary, sum(lost_involuntary) AS m_involuntary
  FROM tidemark_store.customer_15m
  GROUP BY period
  HAVING sum(movements) != 0
), quiet AS (
  SELECT arrayJoin(arrayMap(n -> first_period + 7 * n, range(toUInt32(intDiv(last_period - first_period, 7) + 1)))) AS period
  FROM (
    SELECT min(period) AS first_period, greatest(max(period), toStartOfWeek(now(), 1, '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    HAVING count() > 0
  )
)
SELECT period AS week, at_end - p_new - p_reactivated + p_lost AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary
FROM (
  SELECT period, sum(m_new) AS p_new, sum(m_reactivated) AS p_reactivated, sum(m_lost) AS p_lost,
    sum(m_voluntary) AS p_voluntary, sum(m_involuntary) AS p_involuntary,
    sum(p_new + p_reactivated - p_lost) OVER (ORDER BY period) AS at_end
  FROM (
    SELECT period, m_new, m_reactivated, m_lost, m_voluntary, m_involuntary FROM moved
    UNION ALL
    SELECT period, 0, 0, 0, 0, 0 FROM quiet
  )
  GROUP BY period
)
COMMENT 'Customers who came, came back and were lost by week: a customer is active while any MRR is above 0. A row for every week from the first movement to now.';

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
AS WITH moved AS (
  SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS period, sum(new) AS m_new, sum(reactivated) AS m_reactivated, sum(lost) AS m_lost,
    sum(lost_voluntary) AS m_voluntary, sum(lost_involuntary) AS m_involuntary
  FROM tidemark_store.customer_15m
  GROUP BY period
  HAVING sum(movements) != 0
), quiet AS (
  SELECT arrayJoin(arrayMap(n -> addMonths(first_period, n), range(toUInt32(dateDiff('month', first_period, last_period) + 1)))) AS period
  FROM (
    SELECT min(period) AS first_period, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    HAVING count() > 0
  )
)
SELECT period AS month, at_end - p_new - p_reactivated + p_lost AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary,
  p_gone AS lost_of_start, rate_of(p_gone, at_start) AS churn_rate_of_start
FROM (
  SELECT period, sum(m_new) AS p_new, sum(m_reactivated) AS p_reactivated, sum(m_lost) AS p_lost,
    sum(m_voluntary) AS p_voluntary, sum(m_involuntary) AS p_involuntary, sum(m_gone) AS p_gone,
    sum(p_new + p_reactivated - p_lost) OVER (ORDER BY period) AS at_end
  FROM (
    SELECT period, m_new, m_reactivated, m_lost, m_voluntary, m_involuntary, 0 AS m_gone FROM moved
    UNION ALL
    SELECT period, 0, 0, 0, 0, 0, 0 FROM quiet
    UNION ALL
    SELECT period, 0, 0, 0, 0, 0, toInt64(count())
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, customer_id
      FROM tidemark_store.customer_movement
      GROUP BY period, customer_id
      HAVING sum(if(movement = 'churn', -1, 1) * sign) = -1
    )
    GROUP BY period
  )
  GROUP BY period
)
COMMENT 'Customers who came, came back and were lost by month: a customer is active while any MRR is above 0. A row for every month from the first movement to now.';

CREATE OR REPLACE VIEW tidemark.cancellations_daily (
  `date` Date COMMENT 'Day on which it was said, in the reporting zone.',
  `currency` String COMMENT 'ISO 4217 code of the money columns.',
  `reason` String COMMENT 'Reason of the cancellation: voluntary, involuntary, or empty.',
  `scheduled` Int64 COMMENT 'Cancellations said of subscriptions in force, at once or for the period''s end; another date for the same one counts once.',
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
AS WITH moved AS (
  SELECT period, owner, sum(m_new) AS m_new, sum(m_reactivated) AS m_reactivated, sum(m_lost) AS m_lost,
    sum(m_voluntary) AS m_voluntary, sum(m_involuntary) AS m_involuntary, sum(m_placed) AS m_placed
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, owner, sum(toInt64(sign)) AS facts,
      sumIf(toInt64(sign), movement = 'new') AS m_new,
      sumIf(toInt64(sign), movement = 'reactivation') AS m_reactivated, sumIf(toInt64(sign), movement = 'churn') AS m_lost,
      sumIf(toInt64(sign), movement = 'churn' AND reason = 'voluntary') AS m_voluntary,
      sumIf(toInt64(sign), movement = 'churn' AND reason = 'involuntary') AS m_involuntary, 0 AS m_placed
    FROM tidemark_store.customer_movement
    GROUP BY period, owner
    UNION ALL
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, owner, sum(toInt64(sign)), 0, 0, 0, 0, 0, sum(delta * sign)
    FROM tidemark_store.customer_placement
    GROUP BY period, owner
  )
  GROUP BY period, owner
  HAVING sum(facts) != 0
), quiet AS (
  SELECT owner, arrayJoin(arrayMap(n -> addMonths(first_period, n), range(toUInt32(dateDiff('month', first_period, last_period) + 1)))) AS period
  FROM (
    SELECT owner, min(period) AS first_period, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    GROUP BY owner
  )
), gone AS (
  -- Who was active at the start has a first placement of -1 in the month: under whom it was counted at the start.
  SELECT period, owner, toInt64(count()) AS m_gone
  FROM (
    SELECT period, customer_id, argMin(owner, (at, delta)) AS owner
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, at, customer_id, delta, owner
      FROM tidemark_store.customer_placement
      GROUP BY period, at, customer_id, delta, owner
      HAVING sum(sign) > 0
    )
    GROUP BY period, customer_id
    HAVING sum(delta) = -1
  )
  GROUP BY period, owner
)
SELECT period AS month, owner, at_end - p_placed AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary,
  p_gone AS lost_of_start, rate_of(p_gone, at_start) AS churn_rate_of_start
FROM (
  SELECT period, owner, sum(m_new) AS p_new, sum(m_reactivated) AS p_reactivated, sum(m_lost) AS p_lost,
    sum(m_voluntary) AS p_voluntary, sum(m_involuntary) AS p_involuntary, sum(m_placed) AS p_placed,
    sum(m_gone) AS p_gone, sum(p_placed) OVER (PARTITION BY owner ORDER BY period) AS at_end
  FROM (
    SELECT period, owner, m_new, m_reactivated, m_lost, m_voluntary, m_involuntary, m_placed, 0 AS m_gone FROM moved
    UNION ALL
    SELECT period, owner, 0, 0, 0, 0, 0, 0, 0 FROM quiet
    UNION ALL
    SELECT period, owner, 0, 0, 0, 0, 0, 0, m_gone FROM gone
  )
  GROUP BY period, owner
)
COMMENT 'Customers who came, came back and were lost by month and owner: start and end by the owner at that moment, movements by the owner after their instant. A row for every month from the first of the owner to now.';

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
AS WITH moved AS (
  SELECT period, segment, sum(m_new) AS m_new, sum(m_reactivated) AS m_reactivated, sum(m_lost) AS m_lost,
    sum(m_voluntary) AS m_voluntary, sum(m_involuntary) AS m_involuntary, sum(m_placed) AS m_placed
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, segment, sum(toInt64(sign)) AS facts,
      sumIf(toInt64(sign), movement = 'new') AS m_new,
      sumIf(toInt64(sign), movement = 'reactivation') AS m_reactivated, sumIf(toInt64(sign), movement = 'churn') AS m_lost,
      sumIf(toInt64(sign), movement = 'churn' AND reason = 'voluntary') AS m_voluntary,
      sumIf(toInt64(sign), movement = 'churn' AND reason = 'involuntary') AS m_involuntary, 0 AS m_placed
    FROM tidemark_store.customer_movement
    GROUP BY period, segment
    UNION ALL
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, segment, sum(toInt64(sign)), 0, 0, 0, 0, 0, sum(delta * sign)
    FROM tidemark_store.customer_placement
    GROUP BY period, segment
  )
  GROUP BY period, segment
  HAVING sum(facts) != 0
), quiet AS (
  SELECT segment, arrayJoin(arrayMap(n -> addMonths(first_period, n), range(toUInt32(dateDiff('month', first_period, last_period) + 1)))) AS period
  FROM (
    SELECT segment, min(period) AS first_period, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    GROUP BY segment
  )
), gone AS (
  -- Who was active at the start has a first placement of -1 in the month: under whom it was counted at the start.
  SELECT period, segment, toInt64(count()) AS m_gone
  FROM (
    SELECT period, customer_id, argMin(segment, (at, delta)) AS segment
    FROM (
      SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, at, customer_id, delta, segment
      FROM tidemark_store.customer_placement
      GROUP BY period, at, customer_id, delta, segment
      HAVING sum(sign) > 0
    )
    GROUP BY period, customer_id
    HAVING sum(delta) = -1
  )
  GROUP BY period, segment
)
SELECT period AS month, segment, at_end - p_placed AS at_start, at_start AS customers_at_start,
  p_new AS customers_new, p_reactivated AS customers_reactivated, p_lost AS customers_lost, at_end AS customers_at_end,
  rate_of(p_lost, at_start) AS churn_rate, rate_of(at_end - p_new, at_start) AS retention_rate,
  p_voluntary AS lost_voluntary, p_involuntary AS lost_involuntary,
  p_gone AS lost_of_start, rate_of(p_gone, at_start) AS churn_rate_of_start
FROM (
  SELECT period, segment, sum(m_new) AS p_new, sum(m_reactivated) AS p_reactivated, sum(m_lost) AS p_lost,
    sum(m_voluntary) AS p_voluntary, sum(m_involuntary) AS p_involuntary, sum(m_placed) AS p_placed,
    sum(m_gone) AS p_gone, sum(p_placed) OVER (PARTITION BY segment ORDER BY period) AS at_end
  FROM (
    SELECT period, segment, m_new, m_reactivated, m_lost, m_voluntary, m_involuntary, m_placed, 0 AS m_gone FROM moved
    UNION ALL
    SELECT period, segment, 0, 0, 0, 0, 0, 0, 0 FROM quiet
    UNION ALL
    SELECT period, segment, 0, 0, 0, 0, 0, 0, m_gone FROM gone
  )
  GROUP BY period, segment
)
COMMENT 'Customers who came, came back and were lost by month and segment: start and end by the segment at that moment, movements by the segment after their instant. A row for every month from the first of the segment to now.';

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
AS WITH moved AS (
  -- Who did not move keeps start = end: what the rates need of a customer is the change, and whether it was there at the start.
  SELECT period, currency, sum(change) AS m_net, sumIf(change, change < 0) AS m_shrunk,
    sumIf(change, at_start > 0) AS m_of_start
  FROM (
    SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, currency, customer_id, sum(amount * sign) AS change,
      sum(change) OVER (PARTITION BY currency, customer_id ORDER BY period) - change AS at_start
    FROM tidemark_store.mrr_movement
    GROUP BY period, currency, customer_id
    HAVING sum(sign) != 0
  )
  GROUP BY period, currency
), quiet AS (
  SELECT currency, arrayJoin(arrayMap(n -> addMonths(first_period, n), range(toUInt32(dateDiff('month', first_period, last_period) + 1)))) AS period
  FROM (
    SELECT currency, min(period) AS first_period, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    GROUP BY currency
  )
)
SELECT period AS month, currency, opening AS mrr_at_start, rate_of(opening + p_shrunk, opening) AS grr,
  rate_of(opening + p_of_start, opening) AS nrr, rate_of(-p_shrunk, opening) AS gross_revenue_churn_rate,
  rate_of(-p_of_start, opening) AS net_revenue_churn_rate
FROM (
  SELECT period, currency, sum(m_net) AS p_net, sum(m_shrunk) AS p_shrunk, sum(m_of_start) AS p_of_start,
    sum(p_net) OVER (PARTITION BY currency ORDER BY period) - p_net AS opening
  FROM (
    SELECT period, currency, m_net, m_shrunk, m_of_start FROM moved
    UNION ALL
    SELECT period, currency, 0, 0, 0 FROM quiet
  )
  GROUP BY period, currency
)
COMMENT 'How much of the MRR that was there when the month began is there at its end, or now. Leaving and coming back within the month is not seen. A row for every month from the first movement to now.';

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
AS WITH members AS (
  SELECT customer_id, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS cohort
  FROM tidemark_store.customer_movement
  WHERE movement = 'new'
  GROUP BY customer_id, cohort
  HAVING sum(sign) > 0
), sizes AS (
  SELECT cohort, toInt64(count()) AS size FROM members GROUP BY cohort
), activity AS (
  SELECT cohort, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, sum(if(movement = 'churn', -1, 1) * sign) AS m_active
  FROM tidemark_store.customer_movement INNER JOIN members USING (customer_id)
  GROUP BY cohort, period
), money AS (
  SELECT cohort, currency, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS period, sum(amount * sign) AS m_mrr,
    sumIf(amount * sign, movement = 'new') AS m_new, sum(toInt64(sign)) AS facts
  FROM tidemark_store.mrr_movement INNER JOIN members USING (customer_id)
  GROUP BY cohort, currency, period
), quiet AS (
  SELECT cohort, currency, arrayJoin(arrayMap(n -> addMonths(cohort, n), range(toUInt32(dateDiff('month', cohort, last_period) + 1)))) AS period
  FROM (
    SELECT cohort, currency, greatest(max(period), toStartOfMonth(now(), '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM money
    GROUP BY cohort, currency
    HAVING sum(facts) > 0
  )
)
SELECT cohort, dateDiff('month', cohort, period) AS months_since, period AS month, size AS customers,
  standing_active AS active, rate_of(standing_active, size) AS logo_retention, currency, standing_mrr AS mrr,
  rate_of(standing_mrr, first_mrr) AS revenue_retention
FROM (
  SELECT cohort, currency, period, size,
    sum(ifNull(m_active, 0)) OVER (PARTITION BY cohort, currency ORDER BY period) AS standing_active,
    sum(ifNull(m_mrr, 0)) OVER (PARTITION BY cohort, currency ORDER BY period) AS standing_mrr,
    sum(ifNull(m_new, 0)) OVER (PARTITION BY cohort, currency) AS first_mrr
  FROM quiet
  INNER JOIN sizes USING (cohort)
  LEFT JOIN activity USING (cohort, period)
  LEFT JOIN money USING (cohort, currency, period)
)
COMMENT 'Who of the customers first active in one month is still active, and with how much MRR, month by month up to now.';

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
AS WITH moved AS (
  SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS period, currency, sumIf(amount * sign, movement = 'new') AS m_new,
    sumIf(amount * sign, movement = 'expansion') AS m_expansion,
    sumIf(amount * sign, movement = 'contraction') AS m_contraction, sumIf(amount * sign, movement = 'churn') AS m_churn,
    sumIf(amount * sign, movement = 'reactivation') AS m_reactivation, sum(customers * sign) AS m_customers
  FROM tidemark_store.mrr_movement
  WHERE recorded_at <= {known_at:DateTime64(3, 'UTC')}
  GROUP BY period, currency
  HAVING sum(sign) != 0
), quiet AS (
  SELECT currency, arrayJoin(arrayMap(n -> first_period + n, range(toUInt32(last_period - first_period + 1)))) AS period
  FROM (
    SELECT currency, min(period) AS first_period, greatest(max(period), toDate({known_at:DateTime64(3, 'UTC')}, '{{REPORTING_TIMEZONE}}')) AS last_period
    FROM moved
    GROUP BY currency
  )
)
SELECT period AS date, currency, p_new AS new, p_expansion AS expansion, p_contraction AS contraction,
  p_churn AS churn, p_reactivation AS reactivation, p_net AS net, closing_mrr AS mrr, closing_customers AS customers,
  half_even_divide(closing_mrr, closing_customers) AS arpa
FROM (
  SELECT period, currency, sum(m_new) AS p_new, sum(m_expansion) AS p_expansion, sum(m_contraction) AS p_contraction,
    sum(m_churn) AS p_churn, sum(m_reactivation) AS p_reactivation,
    p_new + p_expansion + p_contraction + p_churn + p_reactivation AS p_net, sum(m_customers) AS p_customers,
    sum(p_net) OVER up_to AS closing_mrr, sum(p_customers) OVER up_to AS closing_customers
  FROM (
    SELECT period, currency, m_new, m_expansion, m_contraction, m_churn, m_reactivation, m_customers FROM moved
    UNION ALL
    SELECT period, currency, 0, 0, 0, 0, 0, 0 FROM quiet
  )
  GROUP BY period, currency
  WINDOW up_to AS (PARTITION BY currency ORDER BY period)
)
COMMENT 'Monthly recurring revenue by day and currency: what moved it and where it stood; a row for every day from the first movement to known_at (a parameter, UTC), as it was known then.';
