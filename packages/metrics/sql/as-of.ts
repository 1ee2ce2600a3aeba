/**
 * Views as they were known then (rule 28). Facts are never changed, so what was known at an instant is what the facts
 * recorded up to it say. A form of a view is its own text over some of the facts: rollups are added up anew, other views
 * are read in the same form, and the present is the instant asked about.
 */
import { addedUp } from './added-up.ts';
import type { Table } from './table.ts';
import { type View, view } from './view.ts';

/** Which facts a form of the views reads, and what it takes for now. */
export type Form = {
  /** What stands behind the name of a view. */
  readonly suffix: string;
  /** Its parameters with their types, which views within a view are given too. */
  readonly parameters: { readonly [name: string]: string };
  /** The facts of a table that there are, as a SELECT. */
  readonly facts: (table: Table) => string;
  readonly now: string;
  /** What a view of this form is, a sentence behind that of the view. */
  readonly comment: string;
};

/** A parameter of a view, as SQL. */
export const parameter = (name: string, type: string): string => `{${name}:${type}}`;

/** The type of an instant that a view is asked with. */
export const instantType = "DateTime64(3, 'UTC')";

const knownAt = parameter('known_at', instantType);

/** Views as they were known at an instant. */
export const asOf: Form = {
  suffix: '_as_of',
  parameters: { known_at: instantType },
  facts: ({ name }) => `SELECT * FROM tidemark_store.${name} WHERE recorded_at <= ${knownAt}`,
  now: knownAt,
  comment: 'As it was known at known_at (a parameter, UTC), which is its now.',
};

/** What queries may read: all views, those of `tidemark_store` too, and all tables, in any order. */
type Read = { readonly views: readonly View[]; readonly tables: readonly Table[] };

/**
 * A query in another form: over the facts and with the now of that form.
 *
 * @throws RangeError when it reads what is neither a view nor a table with facts.
 */
export function inForm(form: Form, { views, tables }: Read): (query: string) => string {
  const tableOf = new Map(tables.map((table) => [table.name, table]));
  const names = new Set(views.map(({ database, name }) => `${database}.${name}`));
  const given = Object.entries(form.parameters)
    .map(([name, type]) => `${name} = ${parameter(name, type)}`)
    .join(', ');
  return (query) =>
    query
      .replaceAll(
        /\b(tidemark(?:_store)?)\.(\w+)( FINAL)?( AS \w+)?/g,
        (_, of: string, source: string, _final, alias = ` AS ${source}`) => {
          if (names.has(`${of}.${source}`)) return `${of}.${source}${form.suffix}(${given})${alias}`;
          return `(\n${rowsThen(table(source))}\n)${alias}`;
        },
      )
      .replaceAll(/\bnow\(\)|\bnow64\(3(?:, 'UTC')?\)/g, form.now);

  function table(source: string): Table {
    const found = tableOf.get(source);
    if (found === undefined) throw new RangeError(`${source} is no view and no table`);
    return found;
  }

  /** A table as it was then: of the facts known then, and what it adds up of them. */
  function rowsThen(asked: Table): string {
    if (asked.sums === undefined) return form.facts(asked);
    return addedUp(asked.sums, (kind) => `(${form.facts(table(kind))})`);
  }
}

/**
 * Views in another form.
 *
 * @param without Names of views that get none.
 * @throws RangeError when a view reads what is neither a view nor a table with facts.
 */
export function viewsInForm(form: Form, read: Read, without: ReadonlySet<string>): readonly View[] {
  const then = inForm(form, read);
  return read.views
    .filter(({ name }) => !without.has(name))
    .map(({ database, name, columns, select, settings, comment }) =>
      view(`${name}${form.suffix}`, {
        database,
        columns: Object.fromEntries(columns.map((column) => [column.name, column])),
        select: then(select),
        settings,
        comment: `${comment} ${form.comment}`,
      }),
    );
}
