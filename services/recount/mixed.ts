/**
 * The views over the facts of two generations: those of some definitions of the second, those of the others of the first.
 * From one definition to the next a cell changes by what this definition counts otherwise.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import { runStatement } from '@tidemark/clickhouse/client';
import { instantText } from '@tidemark/clickhouse/instants';
import { fillIn, type ViewSettings } from '@tidemark/clickhouse/view-settings';
import { metricFamilies, withoutAsOf } from '@tidemark/metrics';
import { type Form, parameter, viewsInForm } from '@tidemark/metrics/sql/as-of';
import type { ChangedDefinition } from './changed-facts.ts';
import type { FactSources } from './fact-sources.ts';

/** Where the views are made, in a database of their own. */
export type MixedViews = {
  readonly database: string;
  /** A view, as what stands behind FROM, with the facts of so many definitions from the second generation. */
  readonly source: (view: string, step: number) => string;
  /** Whether a view has this form. */
  readonly has: (view: string) => boolean;
};

const suffix = '_mixed';
const stepType = 'UInt8';

/**
 * Makes the views in a database that is to be dropped.
 *
 * @param database Its name.
 * @param changed The definitions whose facts differ, in the order in which they are applied.
 * @param settings Those of the views of the second generation.
 * @param now What all of them take for now, in milliseconds since the epoch: no period begins between two readings.
 */
export async function makeMixedViews(
  client: ClickHouseClient,
  database: string,
  sources: FactSources,
  changed: readonly ChangedDefinition[],
  settings: ViewSettings,
  now: number,
): Promise<MixedViews> {
  await runStatement(client, `CREATE DATABASE IF NOT EXISTS ${database}`);
  const form = formOf(sources, changed, now);
  const read = {
    views: metricFamilies.flatMap(({ views }) => views),
    tables: metricFamilies.flatMap(({ tables }) => tables),
  };
  for (const { text } of viewsInForm(form, read, new Set(Object.keys(withoutAsOf))))
    await runStatement(client, inDatabase(fillIn(text, settings), database));
  return {
    database,
    source: (view, step) => `${database}.${view}${suffix}(step = ${step})`,
    has: (view) => !(view in withoutAsOf),
  };
}

// Facts stay where they are; a view is named with its form.
const inDatabase = (text: string, database: string): string =>
  text.replaceAll(new RegExp(`\\btidemark(_store)?(?=\\.\\w+${suffix}\\b)`, 'g'), database);

function formOf({ before, after }: FactSources, changed: readonly ChangedDefinition[], now: number): Form {
  const stepOf = new Map(
    changed.flatMap(({ kinds }, place) => kinds.map(({ kind }) => [kind, place + 1] as const)),
  );
  const step = parameter('step', stepType);
  return {
    suffix,
    parameters: { step: stepType },
    facts({ name }) {
      const own = stepOf.get(name);
      // ClickHouse takes a view for one with parameters only where it reads them.
      if (own === undefined) return `SELECT * FROM (${before(name)}) WHERE ${step} >= 0`;
      return `SELECT * FROM (${before(name)}) WHERE ${step} < ${own}
UNION ALL
SELECT * FROM (${after(name)}) WHERE ${step} >= ${own}`;
    },
    now: `toDateTime64('${instantText(now)}', 3, 'UTC')`,
    comment: 'Over facts of two generations.',
  };
}
