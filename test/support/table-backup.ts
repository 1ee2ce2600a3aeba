import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf } from '@tidemark/clickhouse/client';

/** The tables of `tidemark_store` that have what was counted. */
export function storeTables(client: ClickHouseClient): Promise<{ name: string }[]> {
  return rowsOf(
    client,
    `SELECT name FROM system.tables
     WHERE database = 'tidemark_store' AND engine LIKE '%MergeTree' AND name NOT LIKE 'migration%'`,
  );
}

/**
 * Copies all tables as they are; no sink may run meanwhile.
 *
 * @returns Puts them back as they were, once.
 */
export async function backedUp(client: ClickHouseClient): Promise<() => Promise<void>> {
  const tables = await storeTables(client);
  const run = (query: string): Promise<unknown> => client.command({ query });
  for (const { name } of tables) {
    await run(`CREATE TABLE tidemark_store.backup_of_${name} AS tidemark_store.${name}`);
    await run(`INSERT INTO tidemark_store.backup_of_${name} SELECT * FROM tidemark_store.${name}`);
  }
  return async () => {
    for (const { name } of tables) {
      await run(`TRUNCATE TABLE tidemark_store.${name}`);
      await run(
        `ALTER TABLE tidemark_store.${name} ATTACH PARTITION ALL FROM tidemark_store.backup_of_${name}`,
      );
      await run(`DROP TABLE tidemark_store.backup_of_${name} SYNC`);
    }
  };
}
