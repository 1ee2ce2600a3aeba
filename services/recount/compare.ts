import type { ClickHouseClient } from '@clickhouse/client';
import {
  type ChangedCell,
  changedCells,
  textColumns,
  type TextRow,
  typedColumn,
} from '@tidemark/clickhouse/attribution';
import { rowsOf, runStatement } from '@tidemark/clickhouse/client';
import type { Databases } from '@tidemark/clickhouse/databases';
import type { ViewSettings } from '@tidemark/clickhouse/view-settings';
import { metricFamilies } from '@tidemark/metrics';
import { keysOf } from '@tidemark/metrics/sql/row-keys';
import { type ChangedDefinition, changedDefinitions } from './changed-facts.ts';
import { factSources } from './fact-sources.ts';
import { makeMixedViews, type MixedViews } from './mixed.ts';

/** What differs in one view. */
export type ViewDifference = {
  readonly view: string;
  /**
   * The causes of each are the definitions that count otherwise, `views` for what other texts or settings of the views do, and
   * `arrivals` for what comes from elsewhere: what arrived meanwhile, or is counted by the runtime.
   */
  readonly cells: readonly ChangedCell[];
  /** Whether there are more rows that differ than were looked at. */
  readonly isCut: boolean;
};

/** What differs between two generations. */
export type Comparison = {
  readonly definitions: readonly ChangedDefinition[];
  readonly views: readonly ViewDifference[];
};

/** What is compared. */
export type Compared = {
  readonly before: Databases;
  readonly after: Databases;
  /** The settings that the views of `after` are written with. */
  readonly settings: ViewSettings;
  /** What the views between take for now, in milliseconds since the epoch. */
  readonly now: number;
  /** The one view to compare; all when not given. */
  readonly only?: string | undefined;
};

/** Rows of a view that are looked at. */
const rowsMax = 100_000;
/** How far each generation is counted differs from one second to the next. */
const ofTheMoment: ReadonlySet<string> = new Set(['data_through']);

/** Compares the views that two generations have in common, without those that are read with parameters. */
export async function compareViews(client: ClickHouseClient, compared: Compared): Promise<Comparison> {
  const { before, after, settings, now, only } = compared;
  const sources = await factSources(client, { before: before.store, after: after.store });
  const definitions = await changedDefinitions(client, sources);
  // The services' user may make databases under the names of generations, and no others.
  const database = `${after.views}_compare_${process.pid}`;
  try {
    const mixed = await makeMixedViews(client, database, sources, definitions, settings, now);
    const names = definitions.map(({ definition }) => definition);
    const views: ViewDifference[] = [];
    for (const view of await commonViews(client, before.views, after.views)) {
      if (ofTheMoment.has(view.name) || (only !== undefined && only !== view.name)) continue;
      const rows = await findRows(client, compared, mixed, view);
      if (rows === 0) continue;
      const cells = await cellsOf(client, compared, mixed, { view, names });
      views.push({ view: view.name, cells, isCut: rows === rowsMax });
    }
    return { definitions, views };
  } finally {
    await runStatement(client, `DROP DATABASE IF EXISTS ${database}`);
  }
}

type Columns = Parameters<typeof changedCells>[0];
type Common = Columns & { readonly name: string };

/** The views that both have, with the columns that both have. */
async function commonViews(client: ClickHouseClient, before: string, after: string): Promise<Common[]> {
  const columns = await rowsOf<{ view: string; name: string }>(
    client,
    `SELECT table AS view, name FROM system.columns
     WHERE has({databases:Array(String)}, database) GROUP BY table, name HAVING count() = 2`,
    { databases: [before, after] },
  );
  const there = new Set(columns.map(({ view, name }) => `${view} ${name}`));
  return metricFamilies
    .flatMap(({ views }) => views)
    .map(({ name, columns: declared }) => ({
      name,
      columns: declared.filter((column) => there.has(`${name} ${column.name}`)),
    }))
    .filter(({ columns: common }) => common.length > 0);
}

const rowsTable = ({ database }: MixedViews, view: string): string => `${database}.${view}_rows`;

/** Notes which rows of a view differ. @returns How many. */
async function findRows(
  client: ClickHouseClient,
  { before, after }: Compared,
  mixed: MixedViews,
  view: Common,
): Promise<number> {
  const keys = namesOf(keysOf(view));
  // When something was counted is never the same.
  const all = namesOf(view.columns.filter(({ name }) => name !== 'recorded_at'));
  const only = (one: string, other: string): string =>
    `SELECT ${keys} FROM (SELECT ${all} FROM ${one}.${view.name} EXCEPT DISTINCT SELECT ${all} FROM ${other}.${view.name})`;
  const table = rowsTable(mixed, view.name);
  await runStatement(
    client,
    `CREATE TABLE ${table} ENGINE = Memory AS
SELECT ${keys} FROM (${only(before.views, after.views)} UNION ALL ${only(after.views, before.views)})
GROUP BY ${keys} ORDER BY ALL LIMIT ${rowsMax}`,
  );
  const [counted] = await rowsOf<{ rows: string }>(client, `SELECT toString(count()) AS rows FROM ${table}`);
  return Number(counted?.rows ?? 0);
}

async function cellsOf(
  client: ClickHouseClient,
  { before, after }: Compared,
  mixed: MixedViews,
  { view, names }: { readonly view: Common; readonly names: readonly string[] },
): Promise<ChangedCell[]> {
  const isMixed = mixed.has(view.name);
  const sources = [
    `${before.views}.${view.name}`,
    ...(isMixed
      ? [0, ...names.map((_, place) => place + 1)].map((step) => mixed.source(view.name, step))
      : []),
    `${after.views}.${view.name}`,
  ];
  const keys = keysOf(view);
  const states: TextRow[][] = [];
  for (const source of sources)
    states.push(
      await rowsOf<TextRow>(
        client,
        `SELECT ${textColumns(view)} FROM ${source} AS v
         WHERE (${keys.map(typedColumn).join(', ')}) IN (SELECT ${namesOf(keys)} FROM ${rowsTable(mixed, view.name)})
         ORDER BY ALL`,
      ),
    );
  return changedCells(view, isMixed ? ['views', ...names, 'arrivals'] : ['arrivals'], states);
}

const namesOf = (columns: readonly { readonly name: string }[]): string =>
  columns.map(({ name }) => `\`${name}\``).join(', ');
