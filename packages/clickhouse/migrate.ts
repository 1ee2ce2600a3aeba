import type { ClickHouseClient } from '@clickhouse/client';
import { type Migration, migrations as ofMetrics } from '@tidemark/metrics';
import { Failure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { rowsOf, runStatement } from './client.ts';
import { type Databases, plainDatabases } from './databases.ts';
import { whileLocked } from './migration-lock.ts';
import { checkOneServer } from './one-server.ts';
import { checkDeduplication, checkTimeZone, checkViews } from './schema-checks.ts';
import { hasGenerations, placeOf, writeShownViews } from './serving.ts';
import { placed, type Tables, tablesOf, type Views, viewsOf } from './statements.ts';
import type { ViewSettings } from './view-settings.ts';

/** What was done; nothing when the database was up to date. */
export type Migrated = { readonly applied: readonly string[]; readonly views: readonly string[] };

type Work = { readonly tables: readonly Tables[]; readonly views: readonly Views[] };
/**
 * Brings ClickHouse up to the migrations: databases, tables once, views whenever their filled-in text changed or one is
 * missing. Then checks that no table lacks its deduplication window and that every view can be read. Safe when several
 * instances start at once, and after a run that was cut off.
 *
 * @param migrations What there is to apply; that of the metrics unless a test says otherwise.
 * @param databases Where; those of the first generation by default.
 * @throws Failure `settings.invalid` (a time zone ClickHouse does not know), `clickhouse.schema` (an applied migration
 *   was edited, a check failed, the address leads to several servers), `clickhouse.refused`, `clickhouse.unavailable`.
 */
export async function migrate({
  client,
  settings,
  log,
  migrations = ofMetrics,
  databases: given = plainDatabases,
}: {
  readonly client: ClickHouseClient;
  readonly settings: ViewSettings;
  readonly log: Log;
  readonly migrations?: readonly Migration[];
  readonly databases?: Databases;
}): Promise<Migrated> {
  await checkTimeZone(client, settings.REPORTING_TIMEZONE);
  const databases = await placeOf(client, given);
  await createStore(client, databases);
  await checkOneServer(client, databases.store);
  const all = migrations.map((migration) => placed(migration, databases));
  let done: Migrated = { applied: [], views: [] };
  if (!isEmpty(await outstanding(client, all, settings, databases))) {
    done = await whileLocked(client, databases.store, log, async () => {
      // Asked again: another instance may have done it while this one waited for the lock.
      const work = await outstanding(client, all, settings, databases);
      await apply(client, databases, work, log);
      if (await hasGenerations(client)) await writeShownViews(client);
      const namesOf = (all: readonly Tables[]): string[] => all.map(({ migration }) => migration);
      return { applied: namesOf(work.tables), views: namesOf(work.views) };
    });
  }
  await checkDeduplication(client, databases.store);
  return done;
}

async function createStore(client: ClickHouseClient, { store, views }: Databases): Promise<void> {
  await runStatement(client, `CREATE DATABASE IF NOT EXISTS ${store}`, `database ${store}`);
  await runStatement(client, `CREATE DATABASE IF NOT EXISTS ${views}`, `database ${views}`);
  await runStatement(
    client,
    `CREATE TABLE IF NOT EXISTS ${store}.migrations (
      name String COMMENT 'The migration.',
      part Enum8('tables' = 1, 'views' = 2) COMMENT 'What is applied once, what is applied again when it changes.',
      checksum String COMMENT 'SHA-256 of the statements; of views with the settings filled in.',
      applied_at DateTime64(3, 'UTC')
    ) ENGINE = ReplacingMergeTree(applied_at) ORDER BY (name, part)
    SETTINGS non_replicated_deduplication_window = 10000`,
    `table ${store}.migrations`,
  );
  await runStatement(
    client,
    `CREATE TABLE IF NOT EXISTS ${store}.sink_positions (
      topic LowCardinality(String),
      partition UInt32,
      next_offset UInt64 COMMENT 'Every record before it is in the tables.',
      plan String COMMENT 'The block that begins there and may be in the tables; empty for none.',
      step UInt64 COMMENT 'Orders the rows of a partition: recoveries times 2^48, twice the offset, one more with a plan.',
      sink_group String COMMENT 'The group whose offsets these are.',
      cluster_id String,
      topic_id String COMMENT 'Differs when the topic was made anew.',
      recorded_at DateTime64(3, 'UTC') DEFAULT now64(3)
    ) ENGINE = ReplacingMergeTree(step) ORDER BY (topic, partition)
    SETTINGS non_replicated_deduplication_window = 10000`,
    `table ${store}.sink_positions`,
  );
}

/** What is still to be done. Throws when a migration that was applied reads otherwise now. */
async function outstanding(
  client: ClickHouseClient,
  migrations: readonly Migration[],
  settings: ViewSettings,
  { store, views: viewsDatabase }: Databases,
): Promise<Work> {
  const recorded = await rowsOf<{ name: string; part: string; checksum: string }>(
    client,
    `SELECT name, toString(part) AS part, checksum FROM ${store}.migrations FINAL`,
  );
  const checksumBefore = new Map(recorded.map(({ name, part, checksum }) => [`${part} ${name}`, checksum]));
  const there = await rowsOf<{ name: string }>(
    client,
    "SELECT concat(database, '.', name) AS name FROM system.tables WHERE has({databases:Array(String)}, database)",
    { databases: [store, viewsDatabase] },
  );
  const existing = new Set(there.map(({ name }) => name));

  const tables = tablesOf(migrations).filter(({ migration, checksum }) => {
    const before = checksumBefore.get(`tables ${migration}`);
    if (before !== undefined && before !== checksum) {
      throw new Failure(
        'clickhouse.schema',
        `${migration} was applied and its tables read otherwise now. A table is never changed in place: restore it as it ` +
          'was, and give what is to be other a name of its own',
      );
    }
    return before === undefined;
  });
  const views = viewsOf(migrations, settings).filter(
    ({ migration, checksum, names }) =>
      checksumBefore.get(`views ${migration}`) !== checksum ||
      names.some(({ database, name }) => !existing.has(`${database}.${name}`)),
  );
  return { tables, views };
}

function isEmpty({ tables, views }: Work): boolean {
  return tables.length === 0 && views.length === 0;
}

async function apply(
  client: ClickHouseClient,
  { store }: Databases,
  { tables, views }: Work,
  log: Log,
): Promise<void> {
  // All tables first: a view may join the tables of several families.
  for (const { migration, statements, checksum } of tables) {
    for (const statement of statements) await runStatement(client, statement, migration);
    await record(client, store, migration, 'tables', checksum);
    log.info({ migration, statements: statements.length }, 'Migration applied.');
  }
  for (const { migration, statements } of views) {
    for (const statement of statements) await runStatement(client, statement, migration);
    log.info({ migration, views: statements.length }, 'Views applied.');
  }
  await checkViews(
    client,
    views.flatMap(({ names }) => names),
  );
  // Only now: views that can't be read are applied and checked again at the next start.
  for (const { migration, checksum } of views) await record(client, store, migration, 'views', checksum);
}

async function record(
  client: ClickHouseClient,
  store: string,
  name: string,
  part: string,
  checksum: string,
): Promise<void> {
  const values = [{ name, part, checksum, applied_at: Date.now() }];
  await client.insert({ table: `${store}.migrations`, values, format: 'JSONEachRow' });
}
