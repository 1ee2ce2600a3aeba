/**
 * Views as they were known then (rule 28). Facts are never changed, so what was known at an instant is what the facts
 * recorded up to it say. The as-of form of a view is its own text over those facts: rollups are added up anew, other views
 * are read in their as-of form, and the present is the instant asked about.
 */
import { addedUp } from './added-up.ts';
import type { Table } from './table.ts';
import { type View, view } from './view.ts';

/** What an as-of view is asked with. */
const knownAt = "{known_at:DateTime64(3, 'UTC')}";

const nameOf = (name: string): string => `${name}_as_of`;

/**
 * The as-of forms of views.
 *
 * @param views All views, those of `tidemark_store` too; in any order.
 * @param tables All tables that they read.
 * @param without Names of views that get none.
 * @throws RangeError when a view reads what is neither a view nor a table with facts.
 */
export function asOfViews(
  views: readonly View[],
  tables: readonly Table[],
  without: ReadonlySet<string>,
): readonly View[] {
  const tableOf = new Map(tables.map((table) => [table.name, table]));
  const names = new Set(views.map(({ database, name }) => `${database}.${name}`));
  return views.filter(({ name }) => !without.has(name)).map(asOf);

  function asOf({ database, name, columns, select, settings, comment }: View): View {
    const then = select
      .replaceAll(
        /\b(tidemark(?:_store)?)\.(\w+)( FINAL)?( AS \w+)?/g,
        (_, of: string, source: string, _final, alias = ` AS ${source}`) => {
          if (names.has(`${of}.${source}`)) return `${of}.${nameOf(source)}(known_at = ${knownAt})${alias}`;
          const table = tableOf.get(source);
          if (table === undefined)
            throw new RangeError(`${name} reads ${source}, which is no view and no table`);
          return `(\n${rowsThen(table)}\n)${alias}`;
        },
      )
      .replaceAll(/\bnow\(\)|\bnow64\(3(?:, 'UTC')?\)/g, knownAt);
    return view(nameOf(name), {
      database,
      columns: Object.fromEntries(columns.map((column) => [column.name, column])),
      select: then,
      settings,
      comment: `${comment} As it was known at known_at (a parameter, UTC), which is its now.`,
    });
  }
}

/** A table as it was then: of the facts recorded by then, and what it adds up of them. */
function rowsThen({ name, sums }: Table): string {
  const factsThen = (kind: string): string =>
    `SELECT * FROM tidemark_store.${kind} WHERE recorded_at <= ${knownAt}`;
  return sums === undefined ? factsThen(name) : addedUp(sums, (kind) => `(${factsThen(kind)})`);
}
