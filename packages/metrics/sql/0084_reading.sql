-- Readings of outside figures. Facts: packages/metrics/reading.

-- In the order in which they are asked for: one figure, one customer, over time.
CREATE TABLE IF NOT EXISTS tidemark_store.reading (
  at DateTime64(3, 'UTC'), name String, customer_id String, reading_id String, unit String, value Float64,
  sequence Int64, event_id String, sign Int8, recorded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY (name, customer_id, at)
SETTINGS non_replicated_deduplication_window = 10000;

-- views

-- Rule 43.
CREATE OR REPLACE VIEW tidemark.readings_daily (
  `date` Date COMMENT 'Day in the reporting zone.',
  `name` String COMMENT 'What is read, e.g. stock_price or fx:EUR/USD.',
  `customer_id` String COMMENT 'The customer it is a figure of; empty when of none.',
  `open` Float64 COMMENT 'First reading of the day, in the order of events. In the unit of the readings.',
  `high` Float64 COMMENT 'Highest reading of the day. In the unit of the readings.',
  `low` Float64 COMMENT 'Lowest reading of the day. In the unit of the readings.',
  `close` Float64 COMMENT 'Last reading of the day, in the order of events. In the unit of the readings.',
  `readings` Int64 COMMENT 'Readings of the day.'
)
SQL SECURITY DEFINER
AS SELECT toDate(read_at, '{{REPORTING_TIMEZONE}}') AS date, name, customer_id,
  argMin(figure, (read_at, sequence, event_id)) AS open, max(figure) AS high, min(figure) AS low,
  argMax(figure, (read_at, sequence, event_id)) AS close, toInt64(count()) AS readings
FROM (
  SELECT name, customer_id, r.at AS read_at, sequence, event_id, r.value AS figure
  FROM tidemark_store.reading AS r
  GROUP BY name, customer_id, reading_id, read_at, sequence, event_id, figure
  HAVING sum(sign) > 0
)
GROUP BY date, name, customer_id
COMMENT 'First, highest, lowest and last reading of each figure by day, as stock prices are told. Counted from the single readings.';
