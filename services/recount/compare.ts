import type { ClickHouseClient } from '@clickhouse/client';
import { clickHouseFailure, rowsOf } from '@tidemark/clickhouse/client';
import { type Cell, cellsOf, type Column, type Row } from './difference.ts';

/** What differs in one view. */
export type ViewDifference = {
  readonly view: string;
  readonly cells: readonly Cell[];
  /** Whether there are more rows that differ than were looked at. */
  readonly isCut: boolean;
};

/** Rows of a view that are looked at, of each side. */
const rowsMax = 100_000;
/** When a row was counted is never the same. */
const ofTheCount = 'recorded_at';
/** How far each generation is counted differs from one second to the next. */
const ofTheMoment: ReadonlySet<string> = new Set(['data_through']);

/**
 * Compares the views that two databases have in common, without those that are read with parameters.
 *
 * @param before The database of the views of one generation; `after`, that of the other.
 * @param only The one view to compare; all when not given.
 * @returns Those that differ.
 */
export async function compareViews(
  client: ClickHouseClient,
  before: string,
  after: string,
  only?: string,
): Promise<ViewDifference[]> {
  const views = await rowsOf<{ name: string }>(
    client,
    `SELECT name FROM system.tables
     WHERE has({databases:Array(String)}, database) AND length(parameterized_view_parameters) = 0
     GROUP BY name HAVING count() = 2 ORDER BY name`,
    { databases: [before, after] },
  );
  const differences: ViewDifference[] = [];
  for (const { name: view } of views) {
    if (ofTheMoment.has(view) || (only !== undefined && only !== view)) continue;
    const columns = await rowsOf<Column>(
      client,
      `SELECT name, type FROM system.columns
       WHERE database = {before:String} AND table = {view:String} AND name != {counted:String} ORDER BY position`,
      { before, view, counted: ofTheCount },
    );
    const names = columns.map(({ name }) => `\`${name}\``).join(', ');
    const of = (one: string, other: string): Promise<Row[]> =>
      read(
        client,
        `SELECT ${names} FROM (SELECT ${names} FROM ${one}.${view} EXCEPT DISTINCT SELECT ${names} FROM ${other}.${view})
         ORDER BY ALL LIMIT ${rowsMax}`,
      );
    const [gone, come] = await Promise.all([of(before, after), of(after, before)]);
    if (gone.length + come.length === 0) continue;
    differences.push({
      view,
      cells: cellsOf(columns, gone, come),
      isCut: gone.length === rowsMax || come.length === rowsMax,
    });
  }
  return differences;
}

async function read(client: ClickHouseClient, query: string): Promise<Row[]> {
  try {
    const result = await client.query({
      query,
      format: 'JSONEachRow',
      clickhouse_settings: {
        output_format_json_quote_decimals: 1,
        output_format_json_quote_64bit_integers: 1,
      },
    });
    return await result.json<Row>();
  } catch (error) {
    throw clickHouseFailure(error, query.slice(0, 100));
  }
}
