-- What the runtime itself publishes: what was received, and how far it has been counted.

CREATE TABLE IF NOT EXISTS tidemark_store.ingest_audit (
  at DateTime64(3, 'UTC') COMMENT 'Start of the quarter hour of receipt.',
  family LowCardinality(String),
  source LowCardinality(String),
  received Int64,
  duplicates Int64,
  voided Int64,
  late Int64,
  dead_lettered Int64,
  sign Int8,
  recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (at, family, source)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS tidemark_store.ingest_audit_by_quarter (
  at DateTime64(3, 'UTC') COMMENT 'Start of the quarter hour of receipt; every zone''s hours are made of those.',
  family LowCardinality(String),
  source LowCardinality(String),
  received Int64,
  duplicates Int64,
  voided Int64,
  late Int64,
  dead_lettered Int64
) ENGINE = SummingMergeTree ORDER BY (at, family, source)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.ingest_audit_to_quarter
TO tidemark_store.ingest_audit_by_quarter AS
SELECT
  at, family, source,
  sum(f.received * f.sign) AS received,
  sum(f.duplicates * f.sign) AS duplicates,
  sum(f.voided * f.sign) AS voided,
  sum(f.late * f.sign) AS late,
  sum(f.dead_lettered * f.sign) AS dead_lettered
FROM tidemark_store.ingest_audit AS f
GROUP BY at, family, source;

CREATE TABLE IF NOT EXISTS tidemark_store.progress (
  at DateTime64(3, 'UTC'),
  family LowCardinality(String),
  partition Int64,
  data_through DateTime64(3, 'UTC'),
  last_received_at Nullable(DateTime64(3, 'UTC')),
  sign Int8,
  recorded_at DateTime64(3, 'UTC')
-- Said anew all the time: only the latest of a partition is kept.
) ENGINE = ReplacingMergeTree(at) ORDER BY (family, partition)
SETTINGS non_replicated_deduplication_window = 10000;

-- A processor that was just started does not know when the last record came; what was known stays so.
CREATE TABLE IF NOT EXISTS tidemark_store.last_received (
  family LowCardinality(String),
  last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = AggregatingMergeTree ORDER BY family
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS tidemark_store.progress_to_last_received
TO tidemark_store.last_received AS
SELECT family, max(assumeNotNull(p.last_received_at)) AS last_received_at
FROM tidemark_store.progress AS p
WHERE p.last_received_at IS NOT NULL
GROUP BY family;

-- views

-- Rule 29.
CREATE OR REPLACE VIEW tidemark.ingest_audit_hourly (
  `hour` DateTime64(3, 'UTC') COMMENT 'Start of the hour of receipt in the reporting zone, as an instant.',
  `family` String COMMENT 'Event family, e.g. cart.',
  `source` String COMMENT 'Publishing system; empty when it could not be read.',
  `received` Int64 COMMENT 'Every record taken in: repeats, voids and dead letters included; records.',
  `duplicates` Int64 COMMENT 'Repeats of an event id, counted once in every metric; records.',
  `voided` Int64 COMMENT 'Events taken back by a void, once both are there; events.',
  `late` Int64 COMMENT 'Records received more than an hour after they occurred; records.',
  `dead_lettered` Int64 COMMENT 'Records set aside with a reason; records.'
)
SQL SECURITY DEFINER
AS SELECT
  toDateTime64(toStartOfHour(toTimeZone(at, '{{REPORTING_TIMEZONE}}')), 3, 'UTC') AS hour,
  family, source,
  sum(q.received) AS received,
  sum(q.duplicates) AS duplicates,
  sum(q.voided) AS voided,
  sum(q.late) AS late,
  sum(q.dead_lettered) AS dead_lettered
FROM tidemark_store.ingest_audit_by_quarter AS q
GROUP BY hour, family, source
HAVING received != 0 OR duplicates != 0 OR voided != 0 OR late != 0 OR dead_lettered != 0
COMMENT 'What was received, hour by hour, per family and source: records by the hour of their receipt.';

CREATE OR REPLACE VIEW tidemark.data_through (
  `family` String COMMENT 'Event family, e.g. cart.',
  `data_through` DateTime64(3, 'UTC') COMMENT 'Event time up to which everything received is counted: the least over the partitions.',
  `last_received_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the latest event of the family was received, records set aside apart; null when none was.'
)
SQL SECURITY DEFINER
AS SELECT family, min(through) AS data_through, max(received) AS last_received_at
FROM (
  SELECT family, argMax(p.data_through, at) AS through, NULL AS received
  FROM tidemark_store.progress AS p
  GROUP BY family, partition
  UNION ALL
  SELECT family, NULL, max(l.last_received_at)
  FROM tidemark_store.last_received AS l
  GROUP BY family
)
GROUP BY family
COMMENT 'How fresh the numbers are, per family: a right but old number is not taken for a fresh one.';
