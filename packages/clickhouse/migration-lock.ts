import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import type { Log } from '@tidemark/service/log';
import { clickHouseFailure, rowsOf } from './client.ts';

const refreshMs = 2_000;
const staleAfterS = 8;

/**
 * Does `work` while no other instance does: the lock is a table that only one can create. Its owner updates it every 2 s.
 * A lock that is older than 8 s is of a process that died, and another instance takes it over. If two own it after that,
 * nothing breaks: migrations can run twice.
 */
export async function whileLocked<Result>(
  client: ClickHouseClient,
  store: string,
  log: Log,
  work: () => Promise<Result>,
): Promise<Result> {
  const table = `${store}.migration_lock`;
  while (!(await acquire(client, table))) {
    if (await isStale(client, store)) {
      log.warn({}, 'A migration was cut off; its lock is taken over.');
      await client.command({ query: `DROP TABLE IF EXISTS ${table}` });
    } else {
      await sleep(200);
    }
  }
  const freshener = setInterval(() => {
    // A failure here only makes the lock look stale earlier, which is harmless.
    client.command({ query: freshen(table) }).catch((error: unknown) => {
      log.warn({ err: error }, 'The migration lock could not be freshened.');
    });
  }, refreshMs);
  try {
    return await work();
  } finally {
    clearInterval(freshener);
    await client.command({ query: `DROP TABLE IF EXISTS ${table}` });
  }
}

/** Any change of the comment renews the table's time of modification, by the server's own clock. */
function freshen(table: string): string {
  return `ALTER TABLE ${table} MODIFY COMMENT '${randomUUID()}'`;
}

async function acquire(client: ClickHouseClient, table: string): Promise<boolean> {
  try {
    await client.command({ query: `CREATE TABLE ${table} (nothing UInt8) ENGINE = Memory` });
    return true;
  } catch (error) {
    if (error instanceof ClickHouseError && error.type === 'TABLE_ALREADY_EXISTS') return false;
    throw clickHouseFailure(error, table);
  }
}

async function isStale(client: ClickHouseClient, store: string): Promise<boolean> {
  const found = await rowsOf<{ age: number }>(
    client,
    `SELECT now() - metadata_modification_time AS age FROM system.tables
     WHERE database = {store:String} AND name = 'migration_lock'`,
    { store },
  );
  return found.some(({ age }) => Number(age) > staleAfterS);
}
