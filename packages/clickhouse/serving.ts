/**
 * Views over several generations. A reader reads database `tidemark`, whatever generation serves. Once there is a second one, each
 * generation has its views in a database of its own, and those of `tidemark` choose among them by one row: so all views go
 * from one generation to the other at one instant, for every query.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { rowsOf, runStatement } from './client.ts';
import { type Databases, inDatabases, plainDatabases } from './databases.ts';
import { otherVersionName, otherVersions } from './other-versions.ts';

const database = 'tidemark_serving';
const table = `${database}.generation`;
/** The same for all views of a query, and for as long as it runs: it depends on when the query began. */
const serving = `(SELECT greatest(1, argMaxIf(generation, since, since <= initialQueryStartTime())) FROM ${table})`;
const lookEveryMs = 200;
const shown = plainDatabases.views;

/** The database of a generation's views, once there are several. */
function viewsOf(generation: number): string {
  return `${shown}_g${generation}`;
}

/** Whether there are several generations, so that the views of `tidemark` choose among them. */
export async function hasGenerations(client: ClickHouseClient): Promise<boolean> {
  const found = await rowsOf(client, 'SELECT name FROM system.databases WHERE name = {database:String}', {
    database,
  });
  return found.length > 0;
}

/** Where the views of a generation are to be: the first one has those of `tidemark` while it is alone. */
export async function placeOf(client: ClickHouseClient, databases: Databases): Promise<Databases> {
  const isFirst = databases.views === shown;
  return isFirst && (await hasGenerations(client)) ? { ...databases, views: viewsOf(1) } : databases;
}

/**
 * Makes room for several generations: the place where the serving one stands, and for the first one a database of its own, with its
 * views as they are. What readers see does not change.
 */
export async function keepGenerations(client: ClickHouseClient): Promise<void> {
  if (!(await hasGenerations(client))) {
    for (const name of [shown, viewsOf(1)])
      await runStatement(client, `CREATE DATABASE IF NOT EXISTS ${name}`);
    await copyViews(client);
    await runStatement(client, `CREATE DATABASE IF NOT EXISTS ${database}`);
  }
  await runStatement(
    client,
    `CREATE TABLE IF NOT EXISTS ${table} (
      generation UInt32 COMMENT 'The generation whose numbers the views show.',
      since DateTime('UTC') COMMENT 'For queries that begin then or later; the newest row counts.'
    ) ENGINE = MergeTree ORDER BY since SETTINGS non_replicated_deduplication_window = 10000`,
  );
}

/** Copies the views of the first generation, and lets those beside its tables read the copies. */
async function copyViews(client: ClickHouseClient): Promise<void> {
  const views = await rowsOf<{ database: string; text: string }>(
    client,
    `SELECT database, create_table_query AS text FROM system.tables
     WHERE engine = 'View' AND has({databases:Array(String)}, database) ORDER BY name`,
    { databases: [plainDatabases.store, shown] },
  );
  let left = views.map(({ text }) =>
    inDatabases(text, { store: plainDatabases.store, views: viewsOf(1) }).replace(
      /^CREATE (OR REPLACE )?VIEW/,
      'CREATE OR REPLACE VIEW',
    ),
  );
  // A view comes after those that it reads.
  for (let before = Infinity; left.length > 0 && left.length < before;) {
    before = left.length;
    const failed: string[] = [];
    for (const text of left) await client.command({ query: text }).catch(() => failed.push(text));
    left = failed;
  }
  for (const text of left) await runStatement(client, text);
}

/** The generation whose numbers the views show. */
export async function servingGeneration(client: ClickHouseClient): Promise<number> {
  if (!(await hasGenerations(client))) return 1;
  const [row] = await rowsOf<{ generation: number }>(client, `SELECT ${serving} AS generation`);
  return Number(row?.generation ?? 1);
}

/**
 * Lets all views show another generation, from an instant on that is one or two seconds after the call: for queries that
 * begin then, however long others take. Returns when it has passed.
 */
export async function serveGeneration(client: ClickHouseClient, generation: number): Promise<void> {
  await runStatement(
    client,
    `INSERT INTO ${table} (generation, since) SELECT ${Math.trunc(generation)}, now('UTC') + INTERVAL 2 SECOND`,
  );
  while ((await servingGeneration(client)) !== generation) await sleep(lookEveryMs);
}

type ShownView = {
  readonly database: string;
  readonly name: string;
  readonly comment: string;
  readonly text: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
};

type Column = {
  readonly database: string;
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly comment: string;
};

/**
 * Writes the views of `tidemark` anew: each chooses among the generations that have it with the same columns. One that the
 * serving generation has with other columns, or alone, is that generation's. One that a generation that served before has in
 * another version is beside it, as `<view>__v<number>`.
 *
 * @param without A generation that is to go.
 * @returns Whether all generations have the same views in the same versions, so that none is to be written again when another
 *   one serves.
 */
export async function writeShownViews(client: ClickHouseClient, without?: number): Promise<boolean> {
  const number = await servingGeneration(client);
  const there = await rowsOf<{ name: string }>(
    client,
    "SELECT name FROM system.databases WHERE match(name, '^tidemark_g[0-9]+$') ORDER BY name",
  );
  const generations = there
    .map(({ name }) => Number(name.slice(viewsOf(0).length - 1)))
    .filter((generation) => generation !== without);
  const databases = generations.map(viewsOf);
  const [columns, all] = await Promise.all([
    rowsOf<Column>(
      client,
      `SELECT database, table, name, type, comment FROM system.columns
       WHERE has({databases:Array(String)}, database) ORDER BY database, table, position`,
      { databases },
    ),
    rowsOf<ShownView>(
      client,
      `SELECT database, name, comment, create_table_query AS text, parameterized_view_parameters AS parameters
       FROM system.tables WHERE has({databases:Array(String)}, database)`,
      { databases },
    ),
  ]);
  const columnsOf = (generation: number, view: string): readonly Column[] =>
    columns.filter((column) => column.database === viewsOf(generation) && column.table === view);
  // ClickHouse knows the columns of a view with parameters only once it is read: there the text decides.
  const shape = (generation: number, view: string): string => {
    const found = all.find((one) => one.database === viewsOf(generation) && one.name === view);
    if (found === undefined) return '';
    if (found.parameters.length > 0)
      return found.text
        .replaceAll(/\b(tidemark|tidemark_store)_g\d+(?=\.)/g, '$1')
        .replace(/ COMMENT '(?:[^'\\]|\\.)*'$/, '');
    return columnsOf(generation, view)
      .map(({ name, type }) => `${name} ${type}`)
      .join();
  };
  const views = all.filter((one) => one.database === viewsOf(number));
  for (const { name, comment, parameters } of views) {
    const own = columnsOf(number, name);
    const alike = generations.filter((one) => shape(one, name) === shape(number, name));
    await runStatement(client, shownView({ name, comment, columns: own, generations: alike, parameters }));
  }
  const others = await otherVersions(
    client,
    number,
    generations.filter((one) => one !== number),
  );
  const served = new Set(await servedGenerations(client));
  const kept = others.filter(({ generation }) => served.has(generation));
  for (const { generation, name } of kept) {
    const { comment, parameters } = all.find(
      (one) => one.database === viewsOf(generation) && one.name === name,
    )!;
    const view = { name, comment, columns: columnsOf(generation, name), parameters };
    const as = otherVersionName({ generation, name });
    await runStatement(client, shownView({ ...view, generations: [generation], as }));
  }
  const gone = await rowsOf<{ name: string }>(
    client,
    `SELECT name FROM system.tables WHERE database = {shown:String} AND NOT has({names:Array(String)}, name)`,
    { shown, names: [...views.map((view) => view.name), ...kept.map(otherVersionName)] },
  );
  for (const { name } of gone) await runStatement(client, `DROP VIEW IF EXISTS ${shown}.${name}`);
  const names = new Set(all.map(({ name }) => name));
  const areAlike = [...names].every((name) => new Set(generations.map((one) => shape(one, name))).size === 1);
  return areAlike && others.length === 0;
}

/** Generations that serve or did; their numbers were whole once. */
async function servedGenerations(client: ClickHouseClient): Promise<number[]> {
  const found = await rowsOf<{ generation: number }>(client, `SELECT DISTINCT generation FROM ${table}`);
  return [1, ...found.map(({ generation }) => Number(generation))];
}

/** The text of a view that chooses among generations. */
export function shownView({
  name,
  comment,
  columns,
  generations,
  parameters,
  as = name,
}: {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'comment'>[];
  readonly generations: readonly number[];
  /** Of a view that is read with parameters. */
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  /** What it is called for readers. */
  readonly as?: string;
}): string {
  const given = parameters.map((one) => `${one.name} = {${one.name}:${one.type}}`).join(', ');
  const branches = generations.map(
    (generation) =>
      `SELECT ${columns.length === 0 ? '*' : columns.map((column) => `\`${column.name}\``).join(', ')} FROM ${viewsOf(generation)}.${name}` +
      (given === '' ? '' : `(${given})`) +
      (generations.length === 1 ? '' : ` WHERE ${serving} = ${generation}`),
  );
  const declared = columns.map(
    (column) => `\`${column.name}\` ${column.type} COMMENT ${quoted(column.comment)}`,
  );
  return `CREATE OR REPLACE VIEW ${shown}.${as}${declared.length === 0 ? '' : ` (${declared.join(', ')})`} SQL SECURITY DEFINER AS ${branches.join(' UNION ALL ')} COMMENT ${quoted(comment)}`;
}

/** A text as ClickHouse reads it. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
