import type { Columns, ColumnType } from '../definition/definition.ts';
import { sql } from './text.ts';

/** A table of `tidemark_store` with the materialized views that fill it. */
export type Table = {
  readonly name: string;
  /** Applied once, in this order; each may be run again without harm. */
  readonly statements: readonly string[];
  /** What it got later, by name, likewise. */
  readonly later?: { readonly [name: string]: readonly string[] };
  /** The kinds of facts it is made from: itself for a table of facts. */
  readonly madeFrom: readonly string[];
  /** What it adds up; undefined for a table of facts, and for one that keeps something else. */
  readonly sums?: Sums;
  /** Of facts whose cause in a restatement is not that of their events: what it is, as SQL. */
  readonly cause?: string;
};

/** What a rollup adds up, and of what. */
export type Sums = {
  readonly keys: readonly string[];
  readonly added: readonly string[];
  /** What each kind of facts adds, as a SELECT. */
  readonly from: readonly string[];
};

/** A column type of facts in ClickHouse. */
export const clickHouseTypes: { readonly [type in ColumnType]: string } = {
  string: 'String',
  money: 'Decimal(38, 6)',
  integer: 'Int64',
  float: 'Float64',
  instant: "DateTime64(3, 'UTC')",
  flag: 'UInt8',
  'money?': 'Nullable(Decimal(38, 6))',
  'integer?': 'Nullable(Int64)',
  'float?': 'Nullable(Float64)',
  'instant?': "Nullable(DateTime64(3, 'UTC'))",
};

// Without it a repeated insert is counted twice: ClickHouse's own default is not to deduplicate.
const deduplicated = 'SETTINGS non_replicated_deduplication_window = 10000';

const withWhy = (why: string | undefined, statement: string): string =>
  why === undefined ? statement : `${why.replaceAll(/^/gm, '-- ')}\n${statement}`;

/** How a table is stored. */
type Storage = {
  readonly orderBy: string;
  /** Coarse or absent: a block of facts writes one part a partition. */
  readonly partitionBy?: string;
  readonly engine?: string;
  /** What the table is for, where its name does not say it. */
  readonly why?: string;
};

function createTable(name: string, columns: string, storage: Storage): string {
  const { orderBy, partitionBy, engine = 'MergeTree', why } = storage;
  return withWhy(
    why,
    sql`
      CREATE TABLE IF NOT EXISTS tidemark_store.${name} (
        ${columns}
      ) ENGINE = ${engine}${partitionBy === undefined ? '' : ` PARTITION BY ${partitionBy}`} ORDER BY ${orderBy}
      ${deduplicated}`,
  );
}

/**
 * The table of a kind of facts: `at`, the declared columns in their order, `sign` (+1 publishes, -1 retracts),
 * `recorded_at` and `cause`.
 *
 * @param types Other types than the declared ones would have, by column: `LowCardinality(String)` for few values.
 */
export function factTable(
  kind: string,
  declared: Columns,
  {
    types = {},
    cause,
    ...storage
  }: Storage & { readonly types?: { readonly [column: string]: string }; readonly cause?: string },
): Table {
  const columns = [
    ['at', clickHouseTypes.instant] as const,
    ...Object.entries(declared).map(([column, type]) => [column, clickHouseTypes[type]] as const),
    ['sign', 'Int8'] as const,
    ['recorded_at', clickHouseTypes.instant] as const,
  ].map(([column, type]) => `${column} ${types[column] ?? type}`);
  return {
    name: kind,
    statements: [createTable(kind, columns.join(',\n'), storage)],
    later: {
      cause: [
        `ALTER TABLE tidemark_store.${kind} ADD COLUMN IF NOT EXISTS cause LowCardinality(String) DEFAULT 'unknown'`,
      ],
    },
    madeFrom: [kind],
    ...(cause === undefined ? {} : { cause }),
  };
}

/**
 * A table that adds up what facts say, filled by one materialized view a kind of facts. Facts are signed: every sum
 * multiplies by `sign`.
 *
 * A materialized view is never altered: after `MODIFY QUERY` ClickHouse knows it by another identity until it restarts,
 * and then takes a repeated insert for a new one.
 *
 * @param columns Its columns with their types, as SQL.
 * @param from What each kind of facts adds, as a SELECT. A view is named `<table>_of_<kind>`.
 * @param widened Columns that were narrower in tables made by older versions, with their types now.
 * @param names Other names of materialized views, by kind.
 */
export function rollup(
  name: string,
  {
    columns,
    from,
    names = {},
    widened = {},
    ...storage
  }: Storage & {
    readonly columns: string;
    readonly from: { readonly [kind: string]: string };
    readonly names?: { readonly [kind: string]: string };
    readonly widened?: { readonly [column: string]: string };
  },
): Table {
  const kinds = Object.entries(from);
  const filler = (kind: string): string => `tidemark_store.${names[kind] ?? `${name}_of_${kind}`}`;
  return {
    name,
    statements: [
      createTable(name, sql`${columns}`, { engine: 'SummingMergeTree', ...storage }),
      ...Object.entries(widened).map(
        ([column, type]) => `ALTER TABLE tidemark_store.${name} MODIFY COLUMN ${column} ${type}`,
      ),
      ...kinds.map(
        ([kind, select]) => sql`
          CREATE MATERIALIZED VIEW IF NOT EXISTS ${filler(kind)}
          TO tidemark_store.${name} AS
          ${select}`,
      ),
    ],
    madeFrom: kinds.map(([kind]) => kind),
    ...(storage.engine === 'AggregatingMergeTree'
      ? {}
      : { sums: { ...columnsOf(columns, storage.orderBy), from: Object.values(from) } }),
  };
}

/** The columns of a rollup: those that it is ordered by, and those that are added up for them. */
function columnsOf(columns: string, orderBy: string): { keys: string[]; added: string[] } {
  const declared = columns
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/'(?:[^']|'')*'/g, '')
    .replaceAll(/\([^()]*\)/g, '');
  const names = declared.split(',').map((column) => column.trim().split(/\s/)[0]!);
  const keys: string[] = orderBy.match(/\w+/g) ?? [];
  return { keys, added: names.filter((name) => !keys.includes(name)) };
}

/** The start of the quarter of an hour, by which most rollups add up: every zone's hours and days are made of those. */
export const bucketOf = (at: string): string => `toStartOfFifteenMinutes(${at})`;
