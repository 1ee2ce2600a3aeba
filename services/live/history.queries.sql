-- MRR by day: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date AS period, sum(d.new) AS new, sum(d.expansion) AS expansion, sum(d.reactivation) AS reactivation, sum(d.contraction) AS contraction, sum(d.churn) AS churn, argMax(d.mrr, d.date) AS mrr,
  argMax(d.customers, d.date) AS customers, argMax(tuple(d.arpa), d.date).1 AS arpa
FROM tidemark.mrr_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String}
GROUP BY period ORDER BY period;

-- MRR by week: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT toStartOfWeek(d.date, 1) AS period, sum(d.new) AS new, sum(d.expansion) AS expansion, sum(d.reactivation) AS reactivation, sum(d.contraction) AS contraction, sum(d.churn) AS churn, argMax(d.mrr, d.date) AS mrr,
  argMax(d.customers, d.date) AS customers, argMax(tuple(d.arpa), d.date).1 AS arpa
FROM tidemark.mrr_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String}
GROUP BY period ORDER BY period;

-- MRR by month: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT toStartOfMonth(d.date) AS period, sum(d.new) AS new, sum(d.expansion) AS expansion, sum(d.reactivation) AS reactivation, sum(d.contraction) AS contraction, sum(d.churn) AS churn, argMax(d.mrr, d.date) AS mrr,
  argMax(d.customers, d.date) AS customers, argMax(tuple(d.arpa), d.date).1 AS arpa
FROM tidemark.mrr_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String}
GROUP BY period ORDER BY period;

-- MRR of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date >= {from:Date} AS current, sum(d.new) AS new, sum(d.expansion) AS expansion, sum(d.reactivation) AS reactivation, sum(d.contraction) AS contraction, sum(d.churn) AS churn, argMin(d.mrr - d.net, d.date) AS opening, argMax(d.mrr, d.date) AS closing,
  argMax(d.customers, d.date) AS customers, argMax(tuple(d.arpa), d.date).1 AS arpa
FROM tidemark.mrr_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date}) AND d.currency = {currency:String}
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.mrr_daily AS b) <= {before:Date} ORDER BY current;

-- Churn by day: {"from":"2026-05-01","to":"2026-05-31"}
SELECT d.date AS period, sum(d.customers_new) AS customers_new, sum(d.customers_reactivated) AS customers_reactivated, sum(d.customers_lost) AS customers_lost, sum(d.lost_voluntary) AS lost_voluntary, sum(d.lost_involuntary) AS lost_involuntary,
  argMin(d.customers_at_start, d.date) AS customers_at_start, argMax(d.customers_at_end, d.date) AS customers_at_end,
  rate_of(customers_lost, customers_at_start) AS churn_rate
FROM tidemark.churn_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY period ORDER BY period;

-- Churn of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT d.date >= {from:Date} AS current, sum(d.customers_new) AS customers_new, sum(d.customers_reactivated) AS customers_reactivated, sum(d.customers_lost) AS customers_lost, sum(d.lost_voluntary) AS lost_voluntary, sum(d.lost_involuntary) AS lost_involuntary,
  argMin(d.customers_at_start, d.date) AS customers_at_start, argMax(d.customers_at_end, d.date) AS customers_at_end,
  rate_of(customers_lost, customers_at_start) AS churn_rate
FROM tidemark.churn_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.churn_daily AS b) <= {before:Date} ORDER BY current;

-- Cancellations by day: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date AS period, sum(d.scheduled) AS scheduled, sum(d.scheduled_mrr) AS scheduled_mrr,
  sum(d.taken_back) AS taken_back, sum(d.taken_back_mrr) AS taken_back_mrr,
  sumIf(d.scheduled, d.reason = 'voluntary') AS voluntary, sumIf(d.scheduled, d.reason = 'involuntary') AS involuntary
FROM tidemark.cancellations_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String}
GROUP BY period ORDER BY period;

-- Cancellations of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date >= {from:Date} AS current, sum(d.scheduled) AS scheduled, sum(d.scheduled_mrr) AS scheduled_mrr,
  sum(d.taken_back) AS taken_back, sum(d.taken_back_mrr) AS taken_back_mrr,
  sumIf(d.scheduled, d.reason = 'voluntary') AS voluntary, sumIf(d.scheduled, d.reason = 'involuntary') AS involuntary
FROM tidemark.cancellations_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date}) AND d.currency = {currency:String}
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.cancellations_daily AS b) <= {before:Date} ORDER BY current;

-- Committed MRR by day: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date AS period, argMax(d.mrr, d.date) AS mrr, argMax(d.pending_churn, d.date) AS pending_churn, argMax(d.pending_change, d.date) AS pending_change, argMax(d.committed_mrr, d.date) AS committed_mrr
FROM tidemark.mrr_committed_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String}
GROUP BY period ORDER BY period;

-- Committed MRR of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date >= {from:Date} AS current, argMax(d.mrr, d.date) AS mrr, argMax(d.pending_churn, d.date) AS pending_churn, argMax(d.pending_change, d.date) AS pending_change, argMax(d.committed_mrr, d.date) AS committed_mrr
FROM tidemark.mrr_committed_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date}) AND d.currency = {currency:String}
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.mrr_committed_daily AS b) <= {before:Date} ORDER BY current;

-- Past due by day: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date AS period, sum(d.entered) AS entered, sum(d.recovered) AS recovered, sum(d.ended) AS ended,
  argMax(d.past_due_subscriptions, d.date) AS past_due_subscriptions, argMax(d.past_due_mrr, d.date) AS past_due_mrr
FROM tidemark.past_due_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String}
GROUP BY period ORDER BY period;

-- Past due of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT d.date >= {from:Date} AS current, sum(d.entered) AS entered, sum(d.recovered) AS recovered, sum(d.ended) AS ended,
  argMax(d.past_due_subscriptions, d.date) AS past_due_subscriptions, argMax(d.past_due_mrr, d.date) AS past_due_mrr
FROM tidemark.past_due_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date}) AND d.currency = {currency:String}
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.past_due_daily AS b) <= {before:Date} ORDER BY current;

-- Shoppers by day: {"from":"2026-05-01","to":"2026-05-31"}
SELECT d.date AS period, sum(d.shoppers) AS shoppers, sum(d.converted) AS converted, sum(d.abandoned) AS abandoned, sum(d.open) AS open,
  rate_of(abandoned, shoppers - open) AS abandonment_rate
FROM tidemark.cart_abandonment_by_customer_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY period ORDER BY period;

-- Shoppers of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT d.date >= {from:Date} AS current, sum(d.shoppers) AS shoppers, sum(d.converted) AS converted, sum(d.abandoned) AS abandoned, sum(d.open) AS open,
  rate_of(abandoned, shoppers - open) AS abandonment_rate
FROM tidemark.cart_abandonment_by_customer_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.cart_abandonment_by_customer_daily AS b) <= {before:Date} ORDER BY current;

-- Carts by day: {"from":"2026-05-01","to":"2026-05-31"}
SELECT d.date AS period, sum(d.carts) AS carts, sum(d.converted) AS converted, sum(d.recovered) AS recovered, sum(d.abandoned) AS abandoned, sum(d.open) AS open,
  rate_of(abandoned, carts - open) AS abandonment_rate
FROM tidemark.cart_abandonment_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY period ORDER BY period;

-- Carts of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT d.date >= {from:Date} AS current, sum(d.carts) AS carts, sum(d.converted) AS converted, sum(d.recovered) AS recovered, sum(d.abandoned) AS abandoned, sum(d.open) AS open,
  rate_of(abandoned, carts - open) AS abandonment_rate
FROM tidemark.cart_abandonment_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.cart_abandonment_daily AS b) <= {before:Date} ORDER BY current;

-- Value of the carts: {"from":"2026-05-01","to":"2026-05-31","currency":"EUR"}
SELECT sum(d.abandoned_value) AS abandoned_value, sum(d.recovered_value) AS recovered_value,
  sum(d.converted_value) AS converted_value
FROM tidemark.cart_value_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date} AND d.currency = {currency:String};

-- Contacts by day: {"from":"2026-05-01","to":"2026-05-31"}
SELECT d.date AS period, sum(d.opened) AS opened, sum(d.resolved) AS resolved
FROM tidemark.contact_volume_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY period ORDER BY period;

-- Contacts by channel: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT v.channel AS channel, v.opened AS opened, v.opened_before AS opened_before, v.resolved AS resolved,
  v.backlog AS backlog, r.average AS average_resolution_seconds, r.average_working AS average_resolution_working_seconds,
  r.average_first AS average_first_resolution_seconds,
  f.rate AS fcr_rate
FROM (
  SELECT d.channel AS channel, sumIf(d.opened, d.date >= {from:Date}) AS opened,
    if((SELECT min(b.date) FROM tidemark.contact_volume_daily AS b) <= {before:Date}, sumIf(d.opened, d.date BETWEEN {before:Date} AND {before_to:Date}), NULL) AS opened_before,
    sumIf(d.resolved, d.date >= {from:Date}) AS resolved, argMax(d.backlog, d.date) AS backlog
  FROM tidemark.contact_volume_daily AS d WHERE d.date <= {to:Date} GROUP BY channel
) AS v
LEFT JOIN (
  SELECT d.channel AS channel, rate_of(sum(d.average_resolution_seconds * d.resolved), sum(d.resolved)) AS average,
    rate_of(sum(d.average_resolution_working_seconds * d.resolved), sum(d.resolved)) AS average_working,
    rate_of(sum(d.average_first_resolution_seconds * d.resolved), sum(d.resolved)) AS average_first
  FROM tidemark.contact_resolution_daily AS d WHERE d.date BETWEEN {from:Date} AND {to:Date} GROUP BY channel
) AS r ON r.channel = v.channel
LEFT JOIN (
  SELECT d.channel AS channel, rate_of(sum(d.resolved_on_first_contact), sum(d.cases)) AS rate
  FROM tidemark.first_contact_resolution_daily AS d WHERE d.date BETWEEN {from:Date} AND {to:Date} GROUP BY channel
) AS f ON f.channel = v.channel
WHERE v.opened > 0 OR ifNull(v.opened_before, 0) > 0 OR v.backlog > 0 OR v.resolved > 0
ORDER BY opened DESC, channel;

-- First responses by channel: {"from":"2026-05-01","to":"2026-05-31"}
SELECT d.channel AS channel, sum(d.cases) AS cases, sum(d.responded) AS responded, sum(d.unanswered) AS unanswered,
  rate_of(sum(d.average_first_response_seconds * d.responded), sum(d.responded)) AS average_first_response_seconds,
  rate_of(sum(d.average_first_response_working_seconds * d.responded), sum(d.responded)) AS average_first_response_working_seconds
FROM tidemark.contact_response_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY channel
ORDER BY cases DESC, channel;

-- Invitations: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT d.instrument AS instrument, d.touchpoint AS touchpoint, sumIf(d.sent, d.date >= {from:Date}) AS sent, sumIf(d.answered, d.date >= {from:Date}) AS answered,
  sumIf(d.dismissed, d.date >= {from:Date}) AS dismissed, rate_of(answered, sent) AS response_rate,
  if(NOT (SELECT min(b.date) FROM tidemark.survey_response_daily AS b) <= {before:Date}, NULL, rate_of(sumIf(d.answered, d.date < {from:Date}), sumIf(d.sent, d.date < {from:Date}))) AS response_rate_before
FROM tidemark.survey_response_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})
GROUP BY instrument, touchpoint
HAVING sent > 0
ORDER BY sent DESC, instrument, touchpoint;

-- Mentions by day: {"from":"2026-05-01","to":"2026-05-31"}
SELECT d.date AS period, sum(d.mentions) AS mentions, sum(d.reach) AS reach,
  sumIf(d.mentions, d.sentiment = 'positive') AS positive, sumIf(d.mentions, d.sentiment = 'neutral') AS neutral, sumIf(d.mentions, d.sentiment = 'negative') AS negative, sumIf(d.mentions, d.sentiment = 'unknown') AS unknown,
  rate_of(positive - negative, mentions) AS net_sentiment
FROM tidemark.mentions_daily AS d
WHERE d.date BETWEEN {from:Date} AND {to:Date}
GROUP BY period ORDER BY period;

-- Mentions of the span and of the one before: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT d.date >= {from:Date} AS current, sum(d.mentions) AS mentions, sum(d.reach) AS reach,
  sumIf(d.mentions, d.sentiment = 'positive') AS positive, sumIf(d.mentions, d.sentiment = 'neutral') AS neutral, sumIf(d.mentions, d.sentiment = 'negative') AS negative, sumIf(d.mentions, d.sentiment = 'unknown') AS unknown,
  rate_of(positive - negative, mentions) AS net_sentiment
FROM tidemark.mentions_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})
GROUP BY current
HAVING current = 1 OR (SELECT min(b.date) FROM tidemark.mentions_daily AS b) <= {before:Date} ORDER BY current;

-- NPS by touchpoint: {"before":"2026-03-31","before_to":"2026-04-30","from":"2026-05-01","to":"2026-05-31"}
SELECT d.touchpoint AS touchpoint, sumIf(d.responses, d.date >= {from:Date}) AS responses, sumIf(d.promoters, d.date >= {from:Date}) AS promoters,
  sumIf(d.passives, d.date >= {from:Date}) AS passives, sumIf(d.detractors, d.date >= {from:Date}) AS detractors,
  rate_of(100 * (promoters - detractors), responses) AS nps, if(NOT (SELECT min(b.date) FROM tidemark.nps_daily AS b) <= {before:Date}, NULL, rate_of(100 * (sumIf(d.promoters, d.date < {from:Date}) - sumIf(d.detractors, d.date < {from:Date})), sumIf(d.responses, d.date < {from:Date}))) AS nps_before
FROM tidemark.nps_daily AS d
WHERE (d.date BETWEEN {from:Date} AND {to:Date} OR d.date BETWEEN {before:Date} AND {before_to:Date})
GROUP BY touchpoint
HAVING responses > 0
ORDER BY responses DESC, touchpoint;

-- NPS of persons: {"to":"2026-05-31"}
SELECT d.touchpoint AS touchpoint, d.respondents AS respondents, d.nps AS nps
FROM tidemark.nps_by_person_monthly AS d
WHERE d.month = toStartOfMonth({to:Date})
ORDER BY respondents DESC, touchpoint;

-- Currencies: {}
SELECT d.currency AS currency, argMax(d.customers, d.date) AS customers, min(d.date) AS first_day
FROM tidemark.mrr_daily AS d GROUP BY currency ORDER BY customers DESC, currency;

-- Movements of all kinds: {"from":"2026-05-01","to":"2026-05-31","zone":"Europe/Berlin","currency":"EUR","limit":100,"offset":200}
SELECT m.occurred_at, m.customer_id, m.currency, m.movement, m.amount, m.plan_id, m.owner, m.segment,
  m.country, m.reason, m.event_id
FROM tidemark.mrr_movements AS m
WHERE m.currency = {currency:String}
  AND m.occurred_at >= toDateTime64({from:String}, 3, {zone:String})
  AND m.occurred_at < toDateTime64(toString({to:Date} + 1), 3, {zone:String})
ORDER BY abs(m.amount) DESC, m.occurred_at, m.customer_id LIMIT {limit:UInt32} OFFSET {offset:UInt32};

-- Movements of one kind: {"from":"2026-05-01","to":"2026-05-31","zone":"Europe/Berlin","currency":"EUR","movement":"churn","limit":100,"offset":200}
SELECT m.occurred_at, m.customer_id, m.currency, m.movement, m.amount, m.plan_id, m.owner, m.segment,
  m.country, m.reason, m.event_id
FROM tidemark.mrr_movements AS m
WHERE m.currency = {currency:String}
  AND m.occurred_at >= toDateTime64({from:String}, 3, {zone:String})
  AND m.occurred_at < toDateTime64(toString({to:Date} + 1), 3, {zone:String})
  AND m.movement = {movement:String}
ORDER BY abs(m.amount) DESC, m.occurred_at, m.customer_id LIMIT {limit:UInt32} OFFSET {offset:UInt32};

-- Total of the movements of one kind: {"from":"2026-05-01","to":"2026-05-31","zone":"Europe/Berlin","currency":"EUR","movement":"churn"}
SELECT count() AS movements, uniqExact(m.customer_id) AS customers, sum(m.amount) AS amount
FROM tidemark.mrr_movements AS m
WHERE m.currency = {currency:String}
  AND m.occurred_at >= toDateTime64({from:String}, 3, {zone:String})
  AND m.occurred_at < toDateTime64(toString({to:Date} + 1), 3, {zone:String})
  AND m.movement = {movement:String};

-- Movements of a customer: {"customer":"anna","limit":50}
SELECT m.occurred_at, m.customer_id, m.currency, m.movement, m.amount, m.plan_id, m.owner, m.segment,
  m.country, m.reason, m.event_id
FROM tidemark.mrr_movements AS m
WHERE m.customer_id = {customer:String}
ORDER BY m.occurred_at DESC LIMIT {limit:UInt32};

-- Value of a customer: {"customer":"anna"}
SELECT c.currency, c.mrr, c.recurring_revenue_to_date, c.purchases, c.revenue, c.value_to_date
FROM tidemark.customer_value AS c WHERE c.customer_id = {customer:String} ORDER BY c.currency;

-- Health of a customer: {"customer":"anna"}
SELECT h.health, h.usage, h.satisfaction, h.support, h.payment, h.growth, h.band
FROM tidemark.customer_health AS h WHERE h.customer_id = {customer:String} LIMIT 1;

-- Owners and segments: {}
SELECT (SELECT arraySort(groupUniqArray(500)(d.owner)) FROM tidemark.churn_by_owner_monthly AS d) AS owners, (SELECT arraySort(groupUniqArray(500)(d.segment)) FROM tidemark.churn_by_segment_monthly AS d) AS segments;

-- Movements added up by week, of an owner: {"from":"2026-05-01","to":"2026-05-31","zone":"Europe/Berlin","currency":"EUR","owner":"ada"}
SELECT toStartOfWeek(toDate(m.occurred_at, {zone:String}), 1) AS period, sumIf(m.amount, m.movement = 'new') AS new, sumIf(m.amount, m.movement = 'expansion') AS expansion, sumIf(m.amount, m.movement = 'reactivation') AS reactivation, sumIf(m.amount, m.movement = 'contraction') AS contraction, sumIf(m.amount, m.movement = 'churn') AS churn
FROM tidemark.mrr_movements AS m
WHERE m.currency = {currency:String}
  AND m.occurred_at >= toDateTime64({from:String}, 3, {zone:String})
  AND m.occurred_at < toDateTime64(toString({to:Date} + 1), 3, {zone:String})
  AND m.owner = {owner:String}
GROUP BY period
ORDER BY period WITH FILL FROM toStartOfWeek({from:Date}, 1) TO toStartOfWeek(greatest({from:Date}, least({to:Date}, toDate(now(), {zone:String}))), 1) + INTERVAL 1 week STEP INTERVAL 1 week;

-- Movements added up in all, of an owner and a segment: {"from":"2026-05-01","to":"2026-05-31","zone":"Europe/Berlin","currency":"EUR","owner":"ada","segment":""}
SELECT sumIf(m.amount, m.movement = 'new') AS new, sumIf(m.amount, m.movement = 'expansion') AS expansion, sumIf(m.amount, m.movement = 'reactivation') AS reactivation, sumIf(m.amount, m.movement = 'contraction') AS contraction, sumIf(m.amount, m.movement = 'churn') AS churn
FROM tidemark.mrr_movements AS m
WHERE m.currency = {currency:String}
  AND m.occurred_at >= toDateTime64({from:String}, 3, {zone:String})
  AND m.occurred_at < toDateTime64(toString({to:Date} + 1), 3, {zone:String})
  AND m.owner = {owner:String}
  AND m.segment = {segment:String}
HAVING count() > 0;

-- Churn of an owner by month: {"from":"2026-05-01","to":"2026-05-31","value":"ada"}
SELECT d.month AS period, sum(d.customers_new) AS customers_new, sum(d.customers_reactivated) AS customers_reactivated, sum(d.customers_lost) AS customers_lost, sum(d.lost_voluntary) AS lost_voluntary, sum(d.lost_involuntary) AS lost_involuntary,
  argMin(d.customers_at_start, d.month) AS customers_at_start, argMax(d.customers_at_end, d.month) AS customers_at_end,
  rate_of(customers_lost, customers_at_start) AS churn_rate
FROM tidemark.churn_by_owner_monthly AS d
WHERE d.month BETWEEN toStartOfMonth({from:Date}) AND {to:Date} AND d.owner = {value:String}
GROUP BY period ORDER BY period;

-- Churn of a segment in all: {"from":"2026-05-01","to":"2026-05-31","value":""}
SELECT sum(d.customers_new) AS customers_new, sum(d.customers_reactivated) AS customers_reactivated, sum(d.customers_lost) AS customers_lost, sum(d.lost_voluntary) AS lost_voluntary, sum(d.lost_involuntary) AS lost_involuntary,
  argMin(d.customers_at_start, d.month) AS customers_at_start, argMax(d.customers_at_end, d.month) AS customers_at_end,
  rate_of(customers_lost, customers_at_start) AS churn_rate
FROM tidemark.churn_by_segment_monthly AS d
WHERE d.month BETWEEN toStartOfMonth({from:Date}) AND {to:Date} AND d.segment = {value:String}
HAVING count() > 0;

-- Freshness: {}
SELECT t.family AS family, t.data_through AS data_through, t.last_received_at AS last_received_at,
  a.received AS received, a.duplicates AS duplicates, a.late AS late, a.dead_lettered AS dead_lettered
FROM tidemark.data_through AS t
LEFT JOIN (
  SELECT d.family AS family, sum(d.received) AS received, sum(d.duplicates) AS duplicates, sum(d.late) AS late, sum(d.dead_lettered) AS dead_lettered
  FROM tidemark.ingest_audit_hourly AS d WHERE d.hour >= now() - INTERVAL 24 HOUR GROUP BY family
) AS a ON a.family = t.family
ORDER BY family;

-- Imbalances: {}
SELECT count() AS imbalances FROM tidemark.audit_imbalances;
