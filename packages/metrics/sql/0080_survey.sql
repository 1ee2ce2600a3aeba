-- Surveys. Facts: packages/metrics/survey.

CREATE TABLE IF NOT EXISTS tidemark_store.survey_answer (
  at DateTime64(3, 'UTC'), response_id String, instrument String, touchpoint String, customer_id String,
  visitor_id String, answer String, standing String, score Nullable(Float64), scaled_score Nullable(Float64),
  percent Nullable(Float64), sequence Int64, event_id String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY (instrument, at)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.feedback_theme (
  at DateTime64(3, 'UTC'), response_id String, touchpoint String, customer_id String, theme String, sentiment String,
  sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
SETTINGS non_replicated_deduplication_window = 10000;

-- Answers are counted per score, not their scores added up: what is taken back then leaves nothing behind, which sums
-- of fractions would. There are few scores on a scale.
CREATE TABLE IF NOT EXISTS tidemark_store.survey_15m (
  bucket DateTime('UTC'), instrument String, touchpoint String, standing String, scaled_score Float64, answers Int64
) ENGINE = SummingMergeTree(answers) ORDER BY (instrument, bucket, touchpoint, standing, scaled_score)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.survey_15m_of_survey_answer TO tidemark_store.survey_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, instrument, touchpoint, standing,
  ifNull(a.scaled_score, 0) AS scaled_score, sum(toInt64(sign)) AS answers
FROM tidemark_store.survey_answer AS a
WHERE instrument NOT IN ('visitor_intent', 'feedback')
GROUP BY bucket, instrument, touchpoint, standing, scaled_score;

CREATE TABLE IF NOT EXISTS tidemark_store.feedback_15m (
  bucket DateTime('UTC'), theme String, sentiment String, comments Int64
) ENGINE = SummingMergeTree ORDER BY (bucket, theme, sentiment)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.feedback_15m_of_feedback_theme TO tidemark_store.feedback_15m AS
SELECT toStartOfFifteenMinutes(at) AS bucket, theme, sentiment, sum(toInt64(sign)) AS comments
FROM tidemark_store.feedback_theme
GROUP BY bucket, theme, sentiment;

-- views

-- Not sumIf here: under a reader's aggregate_functions_null_for_empty it is null where there is none.

CREATE OR REPLACE VIEW tidemark.nps_daily (
  `date` Date COMMENT 'Day of the answers in the reporting zone.',
  `touchpoint` String COMMENT 'Where in the journey it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers to nps.',
  `promoters` Int64 COMMENT 'Answers of 9 and 10.',
  `passives` Int64 COMMENT 'Answers of 7 and 8.',
  `detractors` Int64 COMMENT 'Answers of 0 to 6.',
  `nps` Nullable(Float64) COMMENT 'Net promoter score: 100 * (promoters - detractors) / responses, from -100 to 100.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, touchpoint, sum(s.answers) AS responses,
  sum(s.answers * (standing = 'promoter')) AS promoters, sum(s.answers * (standing = 'passive')) AS passives,
  sum(s.answers * (standing = 'detractor')) AS detractors,
  rate_of(100 * (sum(s.answers * (standing = 'promoter')) - sum(s.answers * (standing = 'detractor'))), sum(s.answers)) AS nps
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'nps'
GROUP BY date, touchpoint
HAVING responses != 0
COMMENT 'Net promoter score by day and touchpoint: the percentage that would recommend us less the percentage that would not.';

CREATE OR REPLACE VIEW tidemark.nps_monthly (
  `month` Date COMMENT 'Month of the answers in the reporting zone, its first day.',
  `touchpoint` String COMMENT 'Where in the journey it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers to nps.',
  `promoters` Int64 COMMENT 'Answers of 9 and 10.',
  `passives` Int64 COMMENT 'Answers of 7 and 8.',
  `detractors` Int64 COMMENT 'Answers of 0 to 6.',
  `nps` Nullable(Float64) COMMENT 'Net promoter score: 100 * (promoters - detractors) / responses, from -100 to 100.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, touchpoint, sum(s.answers) AS responses,
  sum(s.answers * (standing = 'promoter')) AS promoters, sum(s.answers * (standing = 'passive')) AS passives,
  sum(s.answers * (standing = 'detractor')) AS detractors,
  rate_of(100 * (sum(s.answers * (standing = 'promoter')) - sum(s.answers * (standing = 'detractor'))), sum(s.answers)) AS nps
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'nps'
GROUP BY month, touchpoint
HAVING responses != 0
COMMENT 'Net promoter score by month and touchpoint: the percentage that would recommend us less the percentage that would not.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.csat_daily (
  `date` Date COMMENT 'Day of the answers in the reporting zone.',
  `touchpoint` String COMMENT 'Where it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers of customers to how satisfied they are.',
  `positive` Int64 COMMENT 'Answers of 6 and above on 1 to 10; on another scale those at least 5/9 of the way up.',
  `csat` Nullable(Float64) COMMENT 'Satisfaction: 100 * positive / responses, from 0 to 100.',
  `average_score` Nullable(Float64) COMMENT 'Mean of the scores, each rescaled to 1 to 10.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, touchpoint, sum(s.answers) AS responses,
  sum(s.answers * (standing = 'positive')) AS positive,
  rate_of(100 * sum(s.answers * (standing = 'positive')), sum(s.answers)) AS csat,
  rate_of(sum(scaled_score * s.answers), sum(s.answers)) AS average_score
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'csat'
GROUP BY date, touchpoint
HAVING responses != 0
COMMENT 'Customer satisfaction by day and touchpoint.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.csat_monthly (
  `month` Date COMMENT 'Month of the answers in the reporting zone, its first day.',
  `touchpoint` String COMMENT 'Where it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers of customers to how satisfied they are.',
  `positive` Int64 COMMENT 'Answers of 6 and above on 1 to 10; on another scale those at least 5/9 of the way up.',
  `csat` Nullable(Float64) COMMENT 'Satisfaction: 100 * positive / responses, from 0 to 100.',
  `average_score` Nullable(Float64) COMMENT 'Mean of the scores, each rescaled to 1 to 10.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, touchpoint, sum(s.answers) AS responses,
  sum(s.answers * (standing = 'positive')) AS positive,
  rate_of(100 * sum(s.answers * (standing = 'positive')), sum(s.answers)) AS csat,
  rate_of(sum(scaled_score * s.answers), sum(s.answers)) AS average_score
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'csat'
GROUP BY month, touchpoint
HAVING responses != 0
COMMENT 'Customer satisfaction by month and touchpoint.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.ces_daily (
  `date` Date COMMENT 'Day of the answers in the reporting zone.',
  `touchpoint` String COMMENT 'Where in the journey it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers to how easy it was.',
  `average_score` Nullable(Float64) COMMENT 'Mean of the scores, each rescaled to 1 to 5; lower is harder.',
  `easy_share` Nullable(Float64) COMMENT 'Answers of 4 and above on 1 to 5, or as far up on another scale, / responses, a fraction.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, touchpoint, sum(s.answers) AS responses,
  rate_of(sum(scaled_score * s.answers), sum(s.answers)) AS average_score,
  rate_of(sum(s.answers * (standing = 'easy')), sum(s.answers)) AS easy_share
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'ces'
GROUP BY date, touchpoint
HAVING responses != 0
COMMENT 'Customer effort by day and touchpoint: how easy it was to get done what was wanted.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.ces_monthly (
  `month` Date COMMENT 'Month of the answers in the reporting zone, its first day.',
  `touchpoint` String COMMENT 'Where in the journey it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers to how easy it was.',
  `average_score` Nullable(Float64) COMMENT 'Mean of the scores, each rescaled to 1 to 5; lower is harder.',
  `easy_share` Nullable(Float64) COMMENT 'Answers of 4 and above on 1 to 5, or as far up on another scale, / responses, a fraction.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, touchpoint, sum(s.answers) AS responses,
  rate_of(sum(scaled_score * s.answers), sum(s.answers)) AS average_score,
  rate_of(sum(s.answers * (standing = 'easy')), sum(s.answers)) AS easy_share
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'ces'
GROUP BY month, touchpoint
HAVING responses != 0
COMMENT 'Customer effort by month and touchpoint: how easy it was to get done what was wanted.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.employee_satisfaction_monthly (
  `month` Date COMMENT 'Month of the answers in the reporting zone, its first day.',
  `touchpoint` String COMMENT 'Where it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers of employees to how satisfied they are.',
  `positive` Int64 COMMENT 'Answers of 6 and above on 1 to 10; on another scale those at least 5/9 of the way up.',
  `csat` Nullable(Float64) COMMENT 'Satisfaction: 100 * positive / responses, from 0 to 100.',
  `average_score` Nullable(Float64) COMMENT 'Mean of the scores, each rescaled to 1 to 10.'
)
SQL SECURITY DEFINER
AS SELECT toStartOfMonth(bucket, '{{REPORTING_TIMEZONE}}') AS month, touchpoint, sum(s.answers) AS responses,
  sum(s.answers * (standing = 'positive')) AS positive,
  rate_of(100 * sum(s.answers * (standing = 'positive')), sum(s.answers)) AS csat,
  rate_of(sum(scaled_score * s.answers), sum(s.answers)) AS average_score
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'employee_satisfaction'
GROUP BY month, touchpoint
HAVING responses != 0
COMMENT 'Employee satisfaction by month and touchpoint.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.task_completion_daily (
  `date` Date COMMENT 'Day of the answers in the reporting zone.',
  `touchpoint` String COMMENT 'Where in the journey it was asked; empty when not said. Never mixed in one row.',
  `responses` Int64 COMMENT 'Answers to whether one got done what one came for.',
  `completed` Int64 COMMENT 'Those of them that were yes.',
  `completion_rate` Nullable(Float64) COMMENT 'completed / responses, a fraction.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, touchpoint, sum(s.answers) AS responses,
  sum(s.answers * (standing = 'completed')) AS completed,
  rate_of(sum(s.answers * (standing = 'completed')), sum(s.answers)) AS completion_rate
FROM tidemark_store.survey_15m AS s
WHERE instrument = 'task_completion'
GROUP BY date, touchpoint
HAVING responses != 0
COMMENT 'Whether people got done what they came for, by day and touchpoint.';

-- Rule 37.
CREATE OR REPLACE VIEW tidemark.visitor_intent_daily (
  `date` Date COMMENT 'Day of the answers in the reporting zone.',
  `touchpoint` String COMMENT 'Where in the journey it was asked; empty when not said. Never mixed in one row.',
  `answer` String COMMENT 'What they came for: the choice made.',
  `responses` Int64 COMMENT 'Answers with this choice.',
  `share` Nullable(Float64) COMMENT 'responses / all answers of the day and touchpoint, a fraction.',
  `completion_rate` Nullable(Float64) COMMENT 'Of the answers whose visitor (else customer) also answered task_completion on that day at that touchpoint, those whose first such answer was yes, a fraction; null without any.'
)
SQL SECURITY DEFINER
AS SELECT date, touchpoint, answer, sum(answers) AS responses,
  rate_of(sum(answers), sum(sum(answers)) OVER (PARTITION BY date, touchpoint)) AS share,
  rate_of(sum(answers * is_completed), sum(answers * has_task)) AS completion_rate
FROM (
  SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, touchpoint, answer, multiIf(visitor_id != '', cityHash64('visitor', visitor_id), customer_id != '', cityHash64('customer', customer_id), 0) AS who,
    sum(toInt64(sign)) AS answers
  FROM tidemark_store.survey_answer
  WHERE instrument = 'visitor_intent'
  GROUP BY date, touchpoint, answer, who
  HAVING answers > 0
) AS intents
LEFT JOIN (
  SELECT date, touchpoint, who, 1 AS has_task, argMin(standing, (at, sequence, event_id)) = 'completed' AS is_completed
  FROM (
    SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, touchpoint, multiIf(visitor_id != '', cityHash64('visitor', visitor_id), customer_id != '', cityHash64('customer', customer_id), 0) AS who,
      standing, at, sequence, event_id
    FROM tidemark_store.survey_answer
    WHERE instrument = 'task_completion' AND who != 0
    GROUP BY date, touchpoint, who, standing, at, sequence, event_id
    HAVING sum(sign) > 0
  )
  GROUP BY date, touchpoint, who
) AS tasks USING (date, touchpoint, who)
GROUP BY date, touchpoint, answer
SETTINGS join_use_nulls = 0, aggregate_functions_null_for_empty = 0
COMMENT 'What people came for, by day and touchpoint, and how many of those who also said so got it done. Counted from the single answers.';

-- Rule 38, rule 52.
CREATE OR REPLACE VIEW tidemark.feedback_daily (
  `date` Date COMMENT 'Day of the feedback in the reporting zone.',
  `theme` String COMMENT 'What it speaks of; empty when it names nothing.',
  `sentiment` String COMMENT 'How it was meant: positive, neutral, negative or unknown; empty when not said.',
  `comments` Int64 COMMENT 'Feedback that speaks of the theme; one of several themes counts under each.'
)
SQL SECURITY DEFINER
AS SELECT toDate(bucket, '{{REPORTING_TIMEZONE}}') AS date, theme, sentiment, sum(f.comments) AS comments
FROM tidemark_store.feedback_15m AS f
GROUP BY date, theme, sentiment
HAVING comments != 0
COMMENT 'What feedback speaks of, by day, theme and sentiment.';
