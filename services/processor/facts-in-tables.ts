/** What ClickHouse has of the facts of some entities, against what their events give. */
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';
import type { Columns, ColumnType, Fact } from '@tidemark/metrics/definition/definition';
import { decimalOf } from '@tidemark/metrics/definition/money';
import { clickHouseTypes } from '@tidemark/metrics/sql/table';

/** Facts of one kind that some entities are to have, and where they are looked for. */
export type Expected = {
  readonly kind: string;
  readonly columns: Columns;
  /** The column of the entity's key. */
  readonly keyColumn: string;
  /** The column that names the entity under its key, where the key is that of many. */
  readonly thingColumn: string | undefined;
  /**
   * The entities, `''` as the thing of one that is all there is under its key, and the instant from which on facts of each are compared: an entity that was forgotten and begun anew has older
   * ones. In milliseconds since the epoch.
   */
  readonly entities: readonly (EntityName & { readonly from: number })[];
  readonly facts: readonly Fact[];
  /** Facts before this instant are compared. */
  readonly to: number;
};

type EntityName = { readonly key: string; readonly thing: string };

/** A fact that the tables have too often (above 0), or not often enough; `entity` is a `textOfName`. */
export type Surplus = { readonly entity: string; readonly fact: string; readonly surplus: number };

/** The tables of one generation, as they are verified. */
export type FactTables = {
  /** Up to which offset of a partition of `facts` the tables have everything; 0 while nothing is known of it. */
  readonly position: (topic: string, partition: number) => Promise<number>;
  /** The facts of which there are too many or too few, 1,000 at most; none of a kind whose old facts are deleted. */
  readonly differences: (expected: Expected) => Promise<readonly Surplus[]>;
};

/** One text that names an entity of a family, as the query below makes it too. */
export function textOfName({ key, thing }: EntityName): string {
  return `${Buffer.byteLength(key)} ${key}${thing}`;
}

const rowsMax = 1_000;
/** So that it takes nothing from inserts and readers: one thread, little memory, and an end. */
const modest: ClickHouseSettings = {
  max_threads: 1,
  max_execution_time: 30,
  max_memory_usage: '500000000',
  max_query_size: '16777216',
};

/**
 * Reads with a user who may read the tables, and writes nothing.
 *
 * @param store The database of the tables.
 */
export function factTables(client: ClickHouseClient, store: string): FactTables {
  return {
    async position(topic, partition) {
      // Written by the sink after the facts before it; of several rows of a partition the furthest counts.
      const [found] = await rowsOf<{ next: string }>(
        client,
        `SELECT toString(max(next_offset)) AS next FROM ${store}.sink_positions
         WHERE topic = {topic:String} AND partition = {partition:Int32}`,
        { topic, partition },
        modest,
      );
      return Number(found?.next ?? 0);
    },
    async differences(expected) {
      const [made] = await rowsOf<{ statement: string }>(
        client,
        `SHOW CREATE TABLE ${store}.${expected.kind}`,
        {},
        modest,
      );
      if (/\bTTL\b/.test(made?.statement ?? '')) return [];
      const { entities, to } = expected;
      const keys = [...new Set(entities.map(({ key }) => key))];
      const names = entities.map(textOfName);
      const begins = entities.map(({ from }) => from);
      const rows = await rowsOf<{ entity: string; fact: string; surplus: string }>(
        client,
        differencesSql(store, expected),
        { keys, names, begins, from: Math.min(...begins), to },
        modest,
      );
      return rows.map(({ entity, fact, surplus }) => ({ entity, fact, surplus: Number(surplus) }));
    },
  };
}

/** Both sides as the types of the table, added up fact by fact: +1 for one that is there, -1 for one that is to be. */
function differencesSql(store: string, { kind, columns, keyColumn, thingColumn, facts }: Expected): string {
  const all: readonly (readonly [string, ColumnType])[] = [['at', 'instant'], ...Object.entries(columns)];
  const values = all.map((_, place) => `v${place}`);
  const valueOf = (column: string): string => `v${all.findIndex(([name]) => name === column)}`;
  const nameBy = (of: (column: string) => string): string =>
    `concat(toString(length(${of(keyColumn)})), ' ', ${of(keyColumn)}, ${thingColumn === undefined ? "''" : of(thingColumn)})`;
  const name = nameBy((column) => `t.${column}`);
  const there = all.map(([name, type], place) => `CAST(t.${name}, '${nameIn(type)}') AS v${place}`);
  const wanted = all.map(([, type], place) => `${typed(type, `w[${place + 1}]`)} AS v${place}`);
  const texts = facts.map((fact) => all.map(([name]) => textOf(fact[name]!)));
  return `SELECT ${nameBy(valueOf)} AS entity, toString(tuple(${values.join(', ')})) AS fact, toString(sum(one)) AS surplus
FROM (
  SELECT ${there.join(', ')}, toInt64(t.sign) AS one FROM ${store}.${kind} AS t
  WHERE t.at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND t.at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
    AND t.${keyColumn} IN {keys:Array(String)}
    AND has({names:Array(String)}, ${name})
    AND toUnixTimestamp64Milli(t.at) >= {begins:Array(Int64)}[indexOf({names:Array(String)}, ${name})]
  UNION ALL
  SELECT ${wanted.join(', ')}, toInt64(-1) AS one
  FROM (SELECT arrayJoin(JSONExtract(${quoted(JSON.stringify(texts))}, 'Array(Array(Nullable(String)))')) AS w)
)
GROUP BY ${values.join(', ')}
HAVING sum(one) != 0
ORDER BY entity, fact
LIMIT ${rowsMax}`;
}

const nameIn = (type: ColumnType): string => clickHouseTypes[type].replaceAll("'", "\\'");
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function textOf(value: Fact[string]): string | null {
  if (value === null) return null;
  if (typeof value === 'bigint') return decimalOf(value);
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}

/** A text as a value of a column's type. */
function typed(type: ColumnType, text: string): string {
  const isNullable = type.endsWith('?');
  const given = isNullable ? text : `assumeNotNull(${text})`;
  const value = type.startsWith('instant')
    ? `fromUnixTimestamp64Milli(CAST(${given}, '${isNullable ? 'Nullable(Int64)' : 'Int64'}'), 'UTC')`
    : given;
  return `CAST(${value}, '${nameIn(type)}')`;
}
