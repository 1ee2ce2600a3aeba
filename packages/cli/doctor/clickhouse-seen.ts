import { text } from 'node:stream/consumers';
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client';
import {
  clickHouseFailure,
  clickHouseSettings,
  connectClickHouse,
  rowsOf,
} from '@tidemark/clickhouse/client';
import { checkOneServer } from '@tidemark/clickhouse/one-server';
import { checkDeduplication, checkFactTables, checkTimeZone } from '@tidemark/clickhouse/schema-checks';
import { schemaState } from '@tidemark/clickhouse/schema-state';
import { servingGeneration } from '@tidemark/clickhouse/serving';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { publishedKinds } from '@tidemark/metrics';
import { differenceMs } from '@tidemark/service/clocks';
import { isFailure } from '@tidemark/service/failures';
import type { SettingsOf } from '@tidemark/service/settings';
import { databasesOf, generationSettings } from '@tidemark/topics/generation';
import type { ClickHouseAccess, ClickHouseSeen } from './clickhouse.ts';

/** What is read of the settings. */
export const clickHouseSeenSettings = { ...clickHouseSettings, ...viewSettings, ...generationSettings };

type Settings = SettingsOf<typeof clickHouseSeenSettings>;

const authenticationFailed = '516';
const unknownDatabase = '81';
const neededRights = ['SELECT', 'INSERT', 'ALTER', 'CREATE TABLE', 'CREATE VIEW', 'DROP VIEW', 'TRUNCATE'];

/**
 * Looks at ClickHouse; `seen` is absent when it lets nobody in.
 *
 * @param reader The BI user's client.
 * @param serving The generation that serves as Kafka says.
 */
export async function lookAtClickHouse(
  settings: Settings,
  reader: { readonly client: ClickHouseClient; readonly user: string },
  serving: number | undefined,
): Promise<{ readonly access: ClickHouseAccess; readonly seen?: ClickHouseSeen }> {
  const client = connectClickHouse(settings);
  const access = { url: settings.CLICKHOUSE_URL.origin, user: settings.CLICKHOUSE_USER };
  try {
    const seen = await look(client, settings, reader, serving);
    return { access: { ...access, refused: undefined }, seen };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { cause } = error;
    const isLogin = cause instanceof ClickHouseError && cause.code === authenticationFailed;
    const reason = isLogin ? 'login' : isFailure(error, 'clickhouse.unavailable') ? 'away' : 'other';
    return { access: { ...access, refused: { reason, message: error.what } } };
  } finally {
    await client.close();
  }
}

async function look(
  client: ClickHouseClient,
  settings: Settings,
  reader: { readonly client: ClickHouseClient; readonly user: string },
  serving: number | undefined,
): Promise<ClickHouseSeen> {
  const { store, views } = databasesOf(settings.GENERATION);
  const askedAt = Date.now();
  const [server] = await rowsOf<{ version: string; at: string }>(
    client,
    'SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS at',
  );
  const time = { server: 'ClickHouse', at: Number(server!.at), askedAt, answeredAt: Date.now() };
  const { missing, unknown, edited, outdatedViews } = await schemaState(client, settings, { store, views });
  const isThere = missing.tables.length === 0;
  return {
    version: server!.version,
    missing,
    unknownMigrations: unknown,
    editedMigrations: edited,
    outdatedViews,
    severalServers: await refusals(() => checkOneServer(client, store)),
    deduplication: await refusals(() => checkDeduplication(client, store)),
    // A table that is missing is named already.
    factTables: isThere ? await refusals(() => checkFactTables(client, store, publishedKinds)) : [],
    aheadMs: differenceMs(time),
    disks: await disksOf(client),
    lackingRights: await lacking(
      client,
      neededRights.map((right) => `${right} ON ${store}.*`),
    ),
    reader: await lookAtReader(reader, views, store),
    parts: await mostParts(client, store),
    failedMutations: await failedMutations(client, store),
    knowsTimeZone: (await refusals(() => checkTimeZone(client, settings.REPORTING_TIMEZONE))).length === 0,
    timeZone: settings.REPORTING_TIMEZONE,
    generation: { shown: await servingGeneration(client), serving },
  };
}

/** What a check of the schema refuses, a sentence. */
async function refusals(check: () => Promise<void>): Promise<string[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (isFailure(error, 'clickhouse.schema') || isFailure(error, 'settings.invalid'))
      return [`${error.what}.`];
    throw error;
  }
}

async function has(client: ClickHouseClient, right: string): Promise<boolean> {
  try {
    // It takes no FORMAT; the answer is 1 or 0.
    const { stream } = await client.exec({ query: `CHECK GRANT ${right}` });
    return (await text(stream)).trim() === '1';
  } catch (error) {
    throw clickHouseFailure(error, `CHECK GRANT ${right}`);
  }
}

async function lacking(client: ClickHouseClient, rights: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const right of rights) if (!(await has(client, right))) found.push(right);
  return found;
}

async function lookAtReader(
  { client, user }: { readonly client: ClickHouseClient; readonly user: string },
  views: string,
  store: string,
): Promise<ClickHouseSeen['reader']> {
  try {
    const missing = await lacking(client, [`SELECT ON ${views}.*`]);
    const forbidden = [`SELECT ON ${store}.*`, `INSERT ON ${store}.*`, `DROP VIEW ON ${views}.*`];
    const without = await lacking(client, forbidden);
    return { user, lacking: missing, excessive: forbidden.filter((right) => !without.includes(right)) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { cause } = error;
    const isUnknown = cause instanceof ClickHouseError && cause.code === unknownDatabase;
    return { user, refused: isUnknown ? 'the database tidemark is missing' : error.what };
  }
}

async function disksOf(client: ClickHouseClient): Promise<ClickHouseSeen['disks']> {
  const rows = await rowsOf<{ name: string; free: string; total: string }>(
    client,
    'SELECT name, free_space AS free, total_space AS total FROM system.disks WHERE total_space > 0',
  );
  return rows.map(({ name, free, total }) => ({ name, free: Number(free), total: Number(total) }));
}

async function mostParts(client: ClickHouseClient, store: string): Promise<ClickHouseSeen['parts']> {
  const [row] = await rowsOf<{ table: string; count: string }>(
    client,
    `SELECT concat(database, '.', table) AS table, count() AS count FROM system.parts
     WHERE active AND database = {store:String} GROUP BY table, partition_id ORDER BY count DESC LIMIT 1`,
    { store },
  );
  return { table: row?.table ?? '', count: Number(row?.count ?? 0) };
}

async function failedMutations(client: ClickHouseClient, store: string): Promise<string[]> {
  const rows = await rowsOf<{ table: string; reason: string }>(
    client,
    `SELECT table, latest_fail_reason AS reason FROM system.mutations
     WHERE database = {store:String} AND NOT is_done AND latest_fail_reason != ''`,
    { store },
  );
  return rows.map(({ table, reason }) => `A mutation of ${store}.${table} fails: ${reason.split('\n')[0]}.`);
}
