-- What the files of this folder are written with. Applied by packages/clickhouse/migrate.ts in the order of their names.
--
-- 1. Tables. Above the line `-- views`: tables, rollups, materialized views, in tidemark_store. Applied once, recorded
--    with a checksum, never edited after release (write a new file instead). Write them so that running them twice does
--    no harm (IF NOT EXISTS): a migration cut off half-way is run again. Every MergeTree table, view targets included:
--
--      CREATE TABLE IF NOT EXISTS tidemark_store.cart_created (
--        at DateTime64(3, 'UTC'), channel String, value Decimal(38, 6), currency String,
--        sign Int8, recorded_at DateTime64(3, 'UTC')
--      ) ENGINE = MergeTree PARTITION BY toYear(at) ORDER BY at
--      SETTINGS non_replicated_deduplication_window = 10000;
--
--    A fact table has `at`, then the declared columns in the declared order, then `sign` and `recorded_at`, and neither
--    DEFAULT nor MATERIALIZED columns. Partition coarsely or not at all: a block of facts writes one part a partition.
--    A rollup's materialized view names its target: CREATE MATERIALIZED VIEW IF NOT EXISTS … TO tidemark_store.x AS …
--
-- 2. Views. Below the line `-- views`: CREATE OR REPLACE VIEW tidemark.… alone; applied again whenever the text, a
--    setting in it or a function of this file changes. The form, of which the migrator refuses any other:
--
--      CREATE OR REPLACE VIEW tidemark.cart_value_daily (
--        `date` Date COMMENT 'Day in the reporting zone.',
--        `arpa` Nullable(Decimal(38, 6)) COMMENT 'mrr / customers; null without customers. Currency''s major unit.'
--      )
--      SQL SECURITY DEFINER
--      AS SELECT toDate(at, '{{REPORTING_TIMEZONE}}') AS date, … AS arpa FROM tidemark_store.…
--      COMMENT 'One sentence on the view, its formula, its unit.';
--
--    The columns are matched by name (order is free) and cast to the declared type; a SELECT that lacks one is refused
--    by the migrator, which reads each view once. The same form takes parameters: WHERE recorded_at <=
--    {known_at:DateTime64(3, 'UTC')}. SQL SECURITY DEFINER lets a BI user read the view and not what is behind it.
--
-- 3. Settings that may stand in a view, within quotes where the SQL wants quotes:
--      '{{REPORTING_TIMEZONE}}'   IANA zone, e.g. Europe/Berlin
--      '{{REPORTING_CURRENCY}}'   ISO 4217 code, e.g. EUR
--      {{DISCOUNT_RATE}}          decimal fraction a year, e.g. 0.10
--      [{{HEALTH_WEIGHTS}}]       five numbers parted by commas, e.g. 30,20,15,20,15
--
-- 4. Functions. ClickHouse expands them where they are used.
--      half_even_divide(a, b)     money quotient a / b as Nullable(Decimal(38, 6)), exact and rounded half to even at
--                                 the 6th decimal; null when b is 0 or null (rule 10). a, b: Decimal(*, ≤ 6), integers, sums of
--                                 them. e.g. half_even_divide(sum(amount * sign), sum(sign)). Plain `/` truncates.
--      rate_of(a, b)              a / b as Nullable(Float64), null when b is 0 or null: for rates and averages.

-- views

-- Divided at 30 decimals, which tells a tie at the 6th from what is not one for every divisor below 10^17 (10^23 of whole
-- numbers) and leaves room for dividends up to 10^40: the greatest MRR allowed times milliseconds. Written so that
-- `a` stands there once: ClickHouse puts in its text, and views with many quotients took long to analyse.
CREATE OR REPLACE FUNCTION half_even_divide AS (a, b) ->
  if(ifNull(b, 0) = 0, NULL,
    toDecimal128(roundBankers(toDecimal256(a, 30) / toDecimal256(if(ifNull(b, 0) = 0, 1, b), 6), 6), 6));

CREATE OR REPLACE FUNCTION rate_of AS (a, b) -> if(b = 0, NULL, toFloat64(a) / toFloat64(b));
