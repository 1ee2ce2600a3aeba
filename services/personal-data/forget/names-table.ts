import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { clickHouseFailure, rowsOf, runStatement } from '@tidemark/clickhouse/client';

/** A row of the table of names. */
export type NameRow = { readonly domain: string; readonly id: string; readonly pseudonym: string };

const prefix = 'erasure_names_';
const rowsPerInsert = 50_000;
/** In seconds. No run takes as long. */
const leftAfter = 86_400;

/**
 * Does work beside a table of ids and their pseudonyms, which is the work's own, and is there no longer than it. The table's engine keeps
 * nothing on disk, and the text of an insert has no values: no log of queries gets an id.
 *
 * @throws Failure `clickhouse.refused`, `clickhouse.unavailable`.
 */
export async function withNames<Result>(
  client: ClickHouseClient,
  store: string,
  rows: readonly NameRow[],
  work: (table: string) => Promise<Result>,
): Promise<Result> {
  await dropLeft(client, store);
  const table = `${store}.${prefix}${randomUUID().replaceAll('-', '')}`;
  await runStatement(
    client,
    `CREATE TABLE ${table} (domain String, id String, pseudonym String) ENGINE = Memory`,
  );
  try {
    for (let from = 0; from < rows.length; from += rowsPerInsert)
      await client
        .insert({ table, values: rows.slice(from, from + rowsPerInsert), format: 'JSONEachRow' })
        .catch((error: unknown) => {
          throw clickHouseFailure(error, 'the names of an erasure');
        });
    return await work(table);
  } finally {
    await runStatement(client, `DROP TABLE IF EXISTS ${table} SYNC`);
  }
}

/** Drops the tables of runs that were cut off. */
async function dropLeft(client: ClickHouseClient, store: string): Promise<void> {
  const left = await rowsOf<{ name: string }>(
    client,
    `SELECT name FROM system.tables WHERE database = {store:String} AND startsWith(name, '${prefix}')
     AND metadata_modification_time < now() - ${leftAfter}`,
    { store },
  );
  for (const { name } of left) await runStatement(client, `DROP TABLE IF EXISTS ${store}.${name} SYNC`);
}
