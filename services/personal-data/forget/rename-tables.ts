import type { ClickHouseClient } from '@clickhouse/client';
import { clickHouseFailure, rowsOf } from '@tidemark/clickhouse/client';
import type { Domain, Name } from '../pseudonyms.ts';
import { type NameRow, withNames } from './names-table.ts';
import { isMeant, isOfFacts, renaming, type TableColumns } from './renaming-sql.ts';

/** What the tables of a generation are renamed by. */
export type TableNames = {
  readonly store: string;
  readonly names: readonly Name[];
  readonly visited: ReadonlyMap<Domain, Iterable<string>>;
  /** When the state was rewritten, in milliseconds since the epoch. */
  readonly at: number;
};

/** One thread and one block, so that a row and the one that takes it back are in one part. */
const inOneBlock = {
  max_threads: 1,
  max_block_size: '1048576',
  min_insert_block_size_rows: '1000000000',
  min_insert_block_size_bytes: '0',
  max_insert_threads: '1',
};

/** An id of a query: ClickHouse ends the one that has it before it begins another, so two runs never change rows at the same time. */
const queryId = 'tidemark-erasure';

/**
 * Puts the rows of the forgotten under their pseudonyms, in all tables of facts; rollups follow through their views. No sum changes. To
 * be called once the sink has all facts of before. It may be cut off, and be done again.
 *
 * @param onTable Called before a table is changed; what it throws ends the work.
 * @throws Failure `clickhouse.refused`, `clickhouse.unavailable`.
 */
export async function renameTables(
  client: ClickHouseClient,
  given: TableNames,
  onTable: (table: string) => Promise<void>,
): Promise<void> {
  const { store, at } = given;
  await withNames(client, store, rowsIn(given), async (names) => {
    const tables = await tablesOf(client, store);
    // First all facts, so that rollups are whole before any row of them is deleted.
    for (const one of tables.filter(isOfFacts)) {
      const where = isMeant(names, one);
      if (where === undefined) continue;
      await onTable(one.table);
      await run(client, renaming(store, names, one, where), at);
    }
    for (const one of tables) {
      const where = isMeant(names, one);
      if (where === undefined) continue;
      await onTable(one.table);
      await run(client, `ALTER TABLE ${store}.${one.table} DELETE WHERE ${where}`, at);
    }
  });
}

/** Tables with rows, and their columns. */
async function tablesOf(client: ClickHouseClient, store: string): Promise<TableColumns[]> {
  const found = await rowsOf<{ table: string; names: string[]; types: string[] }>(
    client,
    `SELECT c.table AS table, groupArray(c.name) AS names, groupArray(c.type) AS types
     FROM (SELECT table, name, type FROM system.columns WHERE database = {store:String} ORDER BY table, position) AS c
     INNER JOIN system.tables AS t ON t.name = c.table AND t.database = {store:String}
     WHERE t.engine LIKE '%MergeTree' GROUP BY table ORDER BY table`,
    { store },
  );
  return found.map(({ table, names, types }) => ({
    table,
    columns: names.map((name, index) => ({ name, type: types[index]! })),
  }));
}

function rowsIn({ names, visited }: TableNames): NameRow[] {
  return [
    ...names.map(({ domain, id, pseudonym }) => {
      const [plain = '', ...entity] = domain.split('\u0000');
      return { domain: plain, id: [...entity, id].join('\u0000'), pseudonym };
    }),
    ...[...visited].flatMap(([domain, ids]) =>
      [...ids].map((id) => ({ domain: `visited ${domain}`, id, pseudonym: '' })),
    ),
  ];
}

async function run(client: ClickHouseClient, query: string, at: number): Promise<void> {
  try {
    await client.command({
      query,
      query_params: { at },
      query_id: queryId,
      clickhouse_settings: {
        ...inOneBlock,
        replace_running_query: 1,
        mutations_sync: '2',
        lightweight_deletes_sync: '2',
      },
    });
  } catch (error) {
    throw clickHouseFailure(error, query.slice(0, 80));
  }
}
