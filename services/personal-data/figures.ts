import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';

/** Rows of a table that name the person. */
export type Figures = { readonly table: string; readonly rows: readonly Readonly<Record<string, unknown>>[] };

type Column = { readonly table: string; readonly names: readonly string[] };

/**
 * All rows that name a customer in the tables of a generation: facts, and what is added up of them by customer. Which columns name
 * one is asked for, not assumed.
 *
 * @throws Failure `clickhouse.refused`, `clickhouse.unavailable`.
 */
export async function figuresOf(
  client: ClickHouseClient,
  store: string,
  customerId: string,
): Promise<Figures[]> {
  const columns = await rowsOf<Column>(
    client,
    `SELECT c.table AS table, groupArray(c.name) AS names FROM system.columns AS c
     INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
     WHERE c.database = {store:String} AND c.name LIKE '%customer\\_id' AND t.engine LIKE '%MergeTree'
     GROUP BY table ORDER BY table`,
    { store },
  );
  const found: Figures[] = [];
  for (const { table, names } of columns) {
    const where = names.map((name) => `${name} = {customerId:String}`).join(' OR ');
    const rows = await rowsOf<Record<string, unknown>>(
      client,
      `SELECT * FROM ${store}.${table} WHERE ${where} ORDER BY ALL`,
      { customerId },
      { output_format_json_quote_decimals: 1, date_time_output_format: 'iso' },
    );
    const own = rows.map((row) => withoutOthers(row, names, customerId));
    if (own.length > 0) found.push({ table, rows: own });
  }
  return found;
}

/** A row without the ids of other customers. */
function withoutOthers(
  row: Readonly<Record<string, unknown>>,
  names: readonly string[],
  customerId: string,
): Readonly<Record<string, unknown>> {
  const others = names.filter((name) => row[name] !== customerId);
  return { ...row, ...Object.fromEntries(others.map((name) => [name, null])) };
}
