import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';

/** The facts of a kind in each of two generations, as SELECTs of the same columns. */
export type FactSources = {
  readonly before: (kind: string) => string;
  readonly after: (kind: string) => string;
};

/**
 * Reads which columns the tables of two generations have. The first may have been counted by a release that did not know
 * a kind or a column: then it has no such facts, or the column's default.
 *
 * @param stores The databases of the tables.
 */
export async function factSources(
  client: ClickHouseClient,
  stores: { readonly before: string; readonly after: string },
): Promise<FactSources> {
  const columns = await rowsOf<{ database: string; table: string; name: string; type: string }>(
    client,
    `SELECT database, table, name, type FROM system.columns
     WHERE has({databases:Array(String)}, database) ORDER BY database, table, position`,
    { databases: [stores.before, stores.after] },
  );
  const of = (database: string, kind: string): typeof columns =>
    columns.filter((column) => column.database === database && column.table === kind);
  return {
    before(kind) {
      const there = new Set(of(stores.before, kind).map(({ name }) => name));
      const all = of(stores.after, kind);
      const selected = all.map(({ name, type }) =>
        there.has(name) ? name : `defaultValueOfTypeName('${type.replaceAll("'", "\\'")}') AS ${name}`,
      );
      if (there.size > 0) return `SELECT ${selected.join(', ')} FROM ${stores.before}.${kind}`;
      return `SELECT ${all.map(({ name }) => name).join(', ')} FROM ${stores.after}.${kind} WHERE false`;
    },
    after: (kind) =>
      `SELECT ${of(stores.after, kind)
        .map(({ name }) => name)
        .join(', ')} FROM ${stores.after}.${kind}`,
  };
}
