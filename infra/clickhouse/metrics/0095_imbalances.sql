-- That the books balance, asked of what is stored: facts against one another, against the rollups, and against the views.
-- Has no tables of its own.

-- views

CREATE OR REPLACE VIEW tidemark.audit_imbalances (
  `assertion` String COMMENT 'What should hold: movement_once, movement_step, customer_mrr, currency_net, bridge, customer_life, customers_net, customers_bridge, customers_placed.',
  `month` Date COMMENT 'First day of the month in the reporting zone in which it does not; 1970-01-01 for what is of no month.',
  `customer_id` String COMMENT 'Of which customer; empty when of all together.',
  `currency` String COMMENT 'In which currency; empty when of none.',
  `expected` Nullable(Decimal(38, 6)) COMMENT 'What it should be: money in the currency''s major unit, or a count.',
  `found` Nullable(Decimal(38, 6)) COMMENT 'What it is, in the same unit.'
)
SQL SECURITY DEFINER
AS WITH movements AS (
  SELECT customer_id, currency, at, sum(toInt64(sign)) AS times, sum(m.amount * sign) AS moved, sum(m.customers * sign) AS entered
  FROM tidemark_store.mrr_movement AS m
  GROUP BY customer_id, currency, at
  HAVING times != 0 OR moved != 0 OR entered != 0
), steps AS (
  SELECT customer_id, currency, at, times, moved, entered,
    sum(moved) OVER (PARTITION BY customer_id, currency ORDER BY at) AS closing, closing - moved AS opening
  FROM movements
)
-- Of a customer, in a currency, at an instant, there is one movement at most.
SELECT 'movement_once' AS assertion, toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, customer_id, currency,
  toDecimal128(1, 6) AS expected, toDecimal128(times, 6) AS found
FROM movements
WHERE times != 1
UNION ALL
-- Opening + movement = closing: the balance never falls below 0, and a movement says rightly whether it enters, stays, or leaves.
SELECT 'movement_step', toStartOfMonth(at, '{{REPORTING_TIMEZONE}}'), customer_id, currency, toDecimal128((closing > 0) - (opening > 0), 6),
  if(closing < 0, closing, toDecimal128(entered, 6))
FROM steps
WHERE closing < 0 OR entered != (closing > 0) - (opening > 0)
UNION ALL
-- What stands is what the movements add up to.
SELECT 'customer_mrr', toDate(0), customer_id, currency, sum(m_expected), sum(m_found)
FROM (
  SELECT customer_id, currency, moved AS m_expected, toDecimal128(0, 6) AS m_found FROM movements
  UNION ALL
  SELECT customer_id, currency, 0, mrr FROM tidemark_store.customer_mrr
)
GROUP BY customer_id, currency
HAVING sum(m_expected) != sum(m_found)
UNION ALL
-- A month's net of a currency is what its customers moved by.
SELECT 'currency_net', month, '', currency, sum(m_expected), sum(m_found)
FROM (
  SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, currency, sum(moved) AS m_expected, toDecimal128(0, 6) AS m_found
  FROM movements
  GROUP BY month, currency
  UNION ALL
  SELECT month, currency, 0, net FROM tidemark.mrr_monthly
)
GROUP BY month, currency
HAVING sum(m_expected) != sum(m_found)
UNION ALL
-- Opening + new + expansion + contraction + churn + reactivation = closing.
SELECT 'bridge', month, '', currency, opening + moved, closing
FROM (
  SELECT month, currency, new + expansion + contraction + churn + reactivation AS moved, mrr AS closing,
    lagInFrame(mrr, 1, toDecimal128(0, 6)) OVER (PARTITION BY currency ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS opening
  FROM tidemark.mrr_monthly
)
WHERE opening + moved != closing
UNION ALL
-- A customer comes first as new, then is lost and comes back in turns.
SELECT 'customer_life', toStartOfMonth(at, '{{REPORTING_TIMEZONE}}'), customer_id, '', toDecimal128(multiIf(nth = 1, 1, movement = 'churn', 0, 1), 6),
  toDecimal128(active, 6)
FROM (
  SELECT customer_id, at, movement, row_number() OVER before AS nth,
    sum(if(movement = 'churn', -times, times)) OVER before AS active
  FROM (
    SELECT customer_id, at, movement, sum(toInt64(sign)) AS times
    FROM tidemark_store.customer_movement
    GROUP BY customer_id, at, movement
    HAVING times != 0
  )
  WINDOW before AS (PARTITION BY customer_id ORDER BY at, movement = 'churn')
)
WHERE active != if(movement = 'churn', 0, 1) OR (nth = 1) != (movement = 'new')
UNION ALL
-- A month's customers who came less those lost are those whose MRR rose from 0 less those whose fell to 0.
SELECT 'customers_net', month, '', '', toDecimal128(sum(m_expected), 6), toDecimal128(sum(m_found), 6)
FROM (
  SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, sum((standing > 0) - (standing - moved_by > 0)) AS m_expected, toInt64(0) AS m_found
  FROM (
    -- Balances are never below 0, so their sum says whether there is any, whatever the currencies.
    SELECT at, moved_by, sum(moved_by) OVER (PARTITION BY customer_id ORDER BY at) AS standing
    FROM (SELECT customer_id, at, sum(moved) AS moved_by FROM movements GROUP BY customer_id, at)
  )
  GROUP BY month
  UNION ALL
  SELECT month, 0, customers_new + customers_reactivated - customers_lost FROM tidemark.churn_monthly
)
GROUP BY month
HAVING sum(m_expected) != sum(m_found)
UNION ALL
-- Start + new + reactivated - lost = end, and a month starts with what the one before ended with.
SELECT 'customers_bridge', month, '', '', toDecimal128(before_it + net, 6), toDecimal128(customers_at_end, 6)
FROM (
  SELECT month, customers_at_start, customers_at_end, customers_new + customers_reactivated - customers_lost AS net,
    lagInFrame(customers_at_end, 1, 0) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before_it
  FROM tidemark.churn_monthly
)
WHERE before_it + net != customers_at_end OR customers_at_start != before_it
UNION ALL
-- Active customers stand under one owner and segment each.
SELECT 'customers_placed', month, '', '', toDecimal128(sum(m_expected), 6), toDecimal128(sum(m_found), 6)
FROM (
  SELECT month, customers_new + customers_reactivated - customers_lost AS m_expected, toInt64(0) AS m_found FROM tidemark.churn_monthly
  UNION ALL
  SELECT toStartOfMonth(at, '{{REPORTING_TIMEZONE}}') AS month, 0, sum(delta * sign)
  FROM tidemark_store.customer_placement
  GROUP BY month
)
GROUP BY month
HAVING sum(m_expected) != sum(m_found)
COMMENT 'Where the books do not balance: empty when all is right. Every row is a fault of this pipeline, not of the data it was given.';
