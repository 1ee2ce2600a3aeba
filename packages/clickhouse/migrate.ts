import { readdir, readFile } from 'node:fs/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { Failure } from '@tidemark/service/failures';
import { createLog, type Log, logSettings } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { clickHouseFailure, clickHouseSettings, connectClickHouse, rowsOf } from './client.ts';
import {
  fillIn,
  type MigrationFile,
  parseMigration,
  viewSettings,
  type ViewSettings,
} from './migration-file.ts';
import { whileLocked } from './migration-lock.ts';
import { checkDeduplication, checkTimeZone, checkViews } from './schema-checks.ts';
import { checksumOf } from './sql-text.ts';

/** What was done; nothing when the database was up to date. */
export type Migrated = { readonly applied: readonly string[]; readonly views: readonly string[] };

type Work = { readonly tables: readonly MigrationFile[]; readonly views: readonly FilledViews[] };
type FilledViews = {
  readonly file: string;
  readonly checksum: string;
  readonly names: readonly string[];
  readonly statements: readonly string[];
};

const folderOfMetrics = new URL('../metrics/sql/', import.meta.url);

/**
 * Brings ClickHouse up to the files of a folder, as 0001_kit.sql describes them: databases, tables once, views whenever
 * their filled-in text changed or one is missing. Then checks that no table lacks its deduplication window and that
 * every view can be read. Safe when several instances start at once, and after a run that was cut off.
 *
 * @param folder Where the files are; the project's own unless a test says otherwise.
 * @throws Failure `settings.invalid` (a time zone ClickHouse does not know), `clickhouse.schema` (an applied migration
 *   was edited, a file is not of the form, a check failed), `clickhouse.refused`, `clickhouse.unavailable`.
 */
export async function migrate({
  client,
  settings,
  log,
  folder = folderOfMetrics,
}: {
  readonly client: ClickHouseClient;
  readonly settings: ViewSettings;
  readonly log: Log;
  readonly folder?: URL;
}): Promise<Migrated> {
  const files = await readMigrations(folder);
  await checkTimeZone(client, settings.REPORTING_TIMEZONE);
  await createStore(client);
  let done: Migrated = { applied: [], views: [] };
  if (!isEmpty(await outstanding(client, files, settings))) {
    done = await whileLocked(client, log, async () => {
      // Asked again: another instance may have done it while this one waited for the lock.
      const work = await outstanding(client, files, settings);
      await apply(client, work, log);
      return { applied: work.tables.map(({ name }) => name), views: work.views.map(({ file }) => file) };
    });
  }
  await checkDeduplication(client);
  return done;
}

async function readMigrations(folder: URL): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  try {
    return await Promise.all(
      names.map(async (name) => parseMigration(name, await readFile(new URL(name, folder), 'utf8'))),
    );
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure('clickhouse.schema', error.message, { cause: error });
    throw error;
  }
}

async function createStore(client: ClickHouseClient): Promise<void> {
  await run(client, 'CREATE DATABASE IF NOT EXISTS tidemark_store', 'database tidemark_store');
  await run(client, 'CREATE DATABASE IF NOT EXISTS tidemark', 'database tidemark');
  await run(
    client,
    `CREATE TABLE IF NOT EXISTS tidemark_store.migrations (
      name String COMMENT 'The file.',
      part Enum8('tables' = 1, 'views' = 2) COMMENT 'What stands above, what stands below the line "-- views".',
      checksum String COMMENT 'SHA-256 of the statements; of views with the settings filled in.',
      applied_at DateTime64(3, 'UTC')
    ) ENGINE = ReplacingMergeTree(applied_at) ORDER BY (name, part)
    SETTINGS non_replicated_deduplication_window = 10000`,
    'table tidemark_store.migrations',
  );
}

/** What is still to be done. Throws when a migration that was applied reads otherwise now. */
async function outstanding(
  client: ClickHouseClient,
  files: readonly MigrationFile[],
  settings: ViewSettings,
): Promise<Work> {
  const recorded = await rowsOf<{ name: string; part: string; checksum: string }>(
    client,
    'SELECT name, toString(part) AS part, checksum FROM tidemark_store.migrations FINAL',
  );
  const checksumBefore = new Map(recorded.map(({ name, part, checksum }) => [`${part} ${name}`, checksum]));
  const there = await rowsOf<{ name: string }>(
    client,
    "SELECT name FROM system.tables WHERE database = 'tidemark'",
  );
  const existing = new Set(there.map(({ name }) => name));

  const tables = files.filter(({ name, checksum }) => {
    const before = checksumBefore.get(`tables ${name}`);
    if (before !== undefined && before !== checksum) {
      throw new Failure(
        'clickhouse.schema',
        `${name} was applied and its tables read otherwise now. A migration is never edited: restore the file as it ` +
          'was and write what is to change into a new one',
      );
    }
    return before === undefined;
  });
  const views = fillInViews(files, settings).filter(
    ({ file, checksum, names }) =>
      checksumBefore.get(`views ${file}`) !== checksum || names.some((name) => !existing.has(name)),
  );
  return { tables, views };
}

function isEmpty({ tables, views }: Work): boolean {
  return tables.length === 0 && views.length === 0;
}

/** The view parts of all files; a changed function changes every checksum, for views carry its text within them. */
function fillInViews(files: readonly MigrationFile[], settings: ViewSettings): FilledViews[] {
  const functions = files.flatMap(({ views }) => views).filter(({ kind }) => kind === 'function');
  return files
    .filter(({ views }) => views.length > 0)
    .map(({ name, views }) => {
      const statements = views.map(({ text }) => fillIn(text, settings));
      const checksum = checksumOf([...functions.map(({ text }) => text), ...statements]);
      const names = views.filter(({ kind }) => kind === 'view').map((view) => view.name);
      return { file: name, checksum, names, statements };
    });
}

async function apply(client: ClickHouseClient, { tables, views }: Work, log: Log): Promise<void> {
  // Tables of all files first: a view may join the tables of several families.
  for (const { name, once, checksum } of tables) {
    for (const statement of once) await run(client, statement, name);
    await record(client, name, 'tables', checksum);
    log.info({ migration: name, statements: once.length }, 'Migration applied.');
  }
  for (const { file, statements } of views) {
    for (const statement of statements) await run(client, statement, file);
    log.info({ migration: file, views: statements.length }, 'Views applied.');
  }
  await checkViews(
    client,
    views.flatMap(({ names }) => names),
  );
  // Only now: views that can't be read are applied and checked again at the next start.
  for (const { file, checksum } of views) await record(client, file, 'views', checksum);
}

async function record(client: ClickHouseClient, name: string, part: string, checksum: string): Promise<void> {
  const values = [{ name, part, checksum, applied_at: Date.now() }];
  await client.insert({ table: 'tidemark_store.migrations', values, format: 'JSONEachRow' });
}

async function run(client: ClickHouseClient, query: string, doing: string): Promise<void> {
  try {
    await client.command({ query });
  } catch (error) {
    throw clickHouseFailure(error, `${doing}: "${query.slice(0, 100)}…"`);
  }
}

if (import.meta.main) {
  const settings = readSettings({ ...clickHouseSettings, ...viewSettings, ...logSettings }, process.env);
  const log = createLog('migrate', settings.LOG_LEVEL);
  const client = connectClickHouse(settings);
  try {
    const { applied, views } = await migrate({ client, settings, log });
    log.info({ applied, views }, 'ClickHouse is up to date.');
  } finally {
    await client.close();
  }
}
