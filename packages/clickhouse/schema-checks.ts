import type { ClickHouseClient } from '@clickhouse/client';
import { Failure } from '@tidemark/service/failures';
import type { Columns } from '@tidemark/metrics/definition/definition';
import { clickHouseTypes } from '@tidemark/metrics/sql/table';
import { rowsOf } from './client.ts';

/** Throws `settings.invalid` when ClickHouse does not know the time zone. */
export async function checkTimeZone(client: ClickHouseClient, zone: string): Promise<void> {
  const query = 'SELECT time_zone FROM system.time_zones WHERE time_zone = {zone:String}';
  if ((await rowsOf(client, query, { zone })).length > 0) return;
  throw new Failure(
    'settings.invalid',
    `REPORTING_TIMEZONE is "${zone}", which ClickHouse does not know; give one of system.time_zones, such as Europe/Berlin`,
  );
}

/** Throws when a table would count a repeated insert twice: ClickHouse's own default is not to deduplicate. */
export async function checkDeduplication(client: ClickHouseClient, store: string): Promise<void> {
  const tables = await rowsOf<{ name: string }>(
    client,
    `SELECT name FROM system.tables
     WHERE database = {store:String} AND engine LIKE '%MergeTree' AND engine NOT LIKE 'Replicated%'
       AND engine NOT LIKE 'Shared%'
       AND toUInt64OrZero(extract(engine_full, 'non_replicated_deduplication_window = (\\\\d+)')) = 0
     ORDER BY name`,
    { store },
  );
  if (tables.length === 0) return;
  const names = tables.map(({ name }) => `${store}.${name}`).join(', ');
  throw new Failure(
    'clickhouse.schema',
    `${names} would count a repeated insert twice: give it SETTINGS non_replicated_deduplication_window = 10000`,
  );
}

/** Views that are read at a time: to analyse one takes a core of the server. */
const readersOfViews = 2;

/** A view by its database and name. */
export type ViewName = { readonly database: string; readonly name: string };

/**
 * Throws when a view cannot be read, or a column of it has no comment. Views with parameters are not read: each is made of
 * one without, and to analyse them all takes ClickHouse ten seconds.
 */
export async function checkViews(client: ClickHouseClient, views: readonly ViewName[]): Promise<void> {
  const names = views.map(({ database, name }) => `${database}.${name}`);
  const found = await rowsOf<{ view: string }>(
    client,
    `SELECT concat(database, '.', name) AS view FROM system.tables
     WHERE has({names:Array(String)}, view) AND empty(parameterized_view_parameters)`,
    { names },
  );
  const waiting = found.values();
  const read = async (): Promise<void> => {
    for (const { view } of waiting) await rowsOf(client, `EXPLAIN SELECT * FROM ${view}`);
  };
  await Promise.all(Array.from({ length: readersOfViews }, read));
  const bare = await rowsOf<{ column: string }>(
    client,
    `SELECT concat(database, '.', table, '.', name) AS column FROM system.columns
     WHERE comment = '' AND has({names:Array(String)}, concat(database, '.', table)) ORDER BY table, position`,
    { names },
  );
  if (bare.length === 0) return;
  const columns = bare.map(({ column }) => column).join(', ');
  throw new Failure(
    'clickhouse.schema',
    `${columns}: a COMMENT is missing: what it is, its formula, its unit`,
  );
}

/**
 * Throws `clickhouse.schema` unless every kind of fact has a table with just its columns, each of its type; every
 * disagreement is named. `LowCardinality(String)` is as good as `String`.
 */
export async function checkFactTables(
  client: ClickHouseClient,
  store: string,
  kinds: ReadonlyMap<string, Columns>,
): Promise<void> {
  const found = await rowsOf<{ table: string; name: string; type: string }>(
    client,
    `SELECT table, name, type FROM system.columns
     WHERE database = {store:String} AND has({kinds:Array(String)}, table) ORDER BY table, position`,
    { store, kinds: [...kinds.keys()] },
  );
  const faults = [...kinds].flatMap(([kind, columns]) => {
    const types = Object.entries(columns).map(([name, type]) => [name, clickHouseTypes[type]] as const);
    const due = new Map<string, string>([
      ['at', clickHouseTypes.instant],
      ...types,
      ['sign', 'Int8'],
      ['cause', 'String'],
      ['recorded_at', clickHouseTypes.instant],
    ]);
    const there = new Map(
      found.filter(({ table }) => table === kind).map(({ name, type }) => [name, plain(type)]),
    );
    if (there.size === 0) return [`table ${store}.${kind} is missing`];
    return differences(`${store}.${kind}`, due, there);
  });
  if (faults.length === 0) return;
  throw new Failure('clickhouse.schema', `facts and their tables disagree: ${faults.join('; ')}`);
}

function differences(
  table: string,
  due: ReadonlyMap<string, string>,
  there: ReadonlyMap<string, string>,
): string[] {
  const wrong = [...due].flatMap(([name, type]) => {
    const found = there.get(name);
    if (found === type) return [];
    return [
      found === undefined
        ? `${table}.${name} ${type} is missing`
        : `${table}.${name} is ${found}, not ${type}`,
    ];
  });
  const extra = [...there.keys()].filter((name) => !due.has(name));
  return [...wrong, ...extra.map((name) => `${table}.${name} is not declared by the fact`)];
}

function plain(type: string): string {
  return type.replace(/^LowCardinality\((.*)\)$/, '$1');
}
