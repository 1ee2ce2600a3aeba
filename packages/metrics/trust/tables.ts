import { factTable, rollup, type Table } from '../sql/table.ts';
import { runtimeFacts } from './facts.ts';

/** What the runtime publishes about itself: what was received, and how far it has been counted. */
export const trustTables: readonly Table[] = [
  factTable('ingest_audit', runtimeFacts.ingest_audit, {
    orderBy: '(at, family, source)',
    types: {
      at: "DateTime64(3, 'UTC') COMMENT 'Start of the quarter hour of receipt.'",
      family: 'LowCardinality(String)',
      source: 'LowCardinality(String)',
    },
  }),
  rollup('ingest_audit_by_quarter', {
    columns: `at DateTime64(3, 'UTC') COMMENT 'Start of the quarter hour of receipt; every zone''s hours are made of those.',
family LowCardinality(String),
source LowCardinality(String),
received Int64,
duplicates Int64,
voided Int64,
late Int64,
dead_lettered Int64`,
    orderBy: '(at, family, source)',
    from: {
      ingest_audit: `SELECT
  at, family, source,
  sum(f.received * f.sign) AS received,
  sum(f.duplicates * f.sign) AS duplicates,
  sum(f.voided * f.sign) AS voided,
  sum(f.late * f.sign) AS late,
  sum(f.dead_lettered * f.sign) AS dead_lettered
FROM tidemark_store.ingest_audit AS f
GROUP BY at, family, source`,
    },
    names: { ingest_audit: 'ingest_audit_to_quarter' },
  }),
  factTable('progress', runtimeFacts.progress, {
    why: 'Published again all the time: only the latest of a partition is kept.',
    engine: 'ReplacingMergeTree(at)',
    orderBy: '(family, partition)',
    types: { family: 'LowCardinality(String)' },
  }),
  rollup('last_received', {
    why: 'A processor that was just started does not know when the last record came; what was known stays so.',
    columns: `family LowCardinality(String),
last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))`,
    engine: 'AggregatingMergeTree',
    orderBy: 'family',
    from: {
      progress: `SELECT family, max(assumeNotNull(p.last_received_at)) AS last_received_at
FROM tidemark_store.progress AS p
WHERE p.last_received_at IS NOT NULL
GROUP BY family`,
    },
    names: { progress: 'progress_to_last_received' },
  }),
];
