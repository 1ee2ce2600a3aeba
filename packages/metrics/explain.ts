/** What is behind a figure: which views are explained, and how each of their columns comes about. explain-sql.ts makes queries of it. */
import { type Family, entityKeyFields } from '@tidemark/events/families';
import { definitionsWith, metricFamilies } from './index.ts';
import { defaultMetricSettings } from './settings.ts';
import {
  type ExplainedView,
  type ExplainedViews,
  type Explanation,
  ratioFormula,
  termsOf,
} from './sql/explained.ts';
import { ratioSql } from './sql/ratio.ts';
import type { NamedColumn, View } from './sql/view.ts';

export { addsUp, type Explanation, type Figure, isFormula, isParts, type Parts } from './sql/explained.ts';

const views = metricFamilies.flatMap((family) => family.views);
const explained: ExplainedViews = Object.assign({}, ...metricFamilies.map((family) => family.explained));

/** Views that have no figures, each with the reason. */
export const withoutFigures: { readonly [view: string]: string } = {
  data_through: 'it says how far counting has come, which is an instant and no sum',
  fx_missing: 'it lists rates that are missing',
  audit_imbalances: 'it lists faults; each row says which figures contradict one another',
};

/** A column of a view, with how it comes about. */
export type Explained = {
  readonly view: View;
  readonly column: NamedColumn;
  readonly key: readonly NamedColumn[];
  readonly explanation: Explanation;
  /** Whether it is read as it is known at one instant, since it changes by the millisecond. */
  readonly isOfNow: boolean;
};

/** Why a cell cannot be explained: the field that is wrong, and a sentence. */
export class Unexplained extends Error {
  readonly field: 'view' | 'column' | 'key';

  constructor(field: 'view' | 'column' | 'key', message: string) {
    super(message);
    this.field = field;
  }
}

/** All views with figures, each with its key and the columns that can be explained. */
export function explainable(): readonly {
  view: string;
  key: readonly string[];
  columns: readonly string[];
}[] {
  return Object.entries(explained).map(([name, { key }]) => ({
    view: name,
    key,
    columns: shownView(name)
      .columns.filter((column) => explanationOf(name, column) !== undefined)
      .map((column) => column.name),
  }));
}

/** Columns of a view that are no figure, or are not explained, each with the reason. */
export function reasonsOf(view: string): { readonly [column: string]: string } {
  return explained[view]?.without ?? {};
}

/** How a column of a view comes about. Throws `Unexplained` when there is no such column, or it is not explained. */
export function explain(viewName: string, columnName: string): Explained {
  if (Object.hasOwn(withoutFigures, viewName))
    throw new Unexplained('view', `${viewName} has no figures: ${withoutFigures[viewName]}.`);
  const about = aboutOf(viewName);
  const view = shownView(viewName);
  const column = view.columns.find(({ name }) => name === columnName);
  const figures = (): string =>
    view.columns
      .filter((one) => explanationOf(viewName, one) !== undefined)
      .map(({ name }) => name)
      .join(', ');
  if (column === undefined)
    throw new Unexplained('column', `${viewName} has no column ${columnName}; its figures are ${figures()}.`);
  const explanation = explanationOf(viewName, column);
  if (explanation === undefined) {
    const why = about.key.includes(columnName) ? 'it names the row' : about.without?.[columnName];
    throw new Unexplained(
      'column',
      `${viewName}.${columnName} is not explained: ${why}. Explained are ${figures()}.`,
    );
  }
  const key = about.key.map((name) => view.columns.find((one) => one.name === name)!);
  return { view, column, key, explanation, isOfNow: about.ofNow?.includes(columnName) === true };
}

/** Columns that name one row of a view that is explained. Throws `Unexplained` when there is no such view. */
export function keyOfView(view: string): readonly string[] {
  return aboutOf(view).key;
}

function aboutOf(view: string): ExplainedView {
  const about = Object.hasOwn(explained, view) ? explained[view] : undefined;
  if (about === undefined)
    throw new Unexplained(
      'view',
      `there is no view ${view}; there are ${Object.keys(explained).join(', ')}.`,
    );
  return about;
}

/** A view of those that are explained, with its columns. */
export function shownView(name: string): View {
  return views.find((view) => view.database === 'tidemark' && view.name === name)!;
}

function explanationOf(viewName: string, { name, ratio }: NamedColumn): Explanation | undefined {
  const about = explained[viewName]!;
  const own = about.columns[name];
  if (own !== undefined || ratio === undefined || about.without?.[name] !== undefined) return own;
  const { columns } = shownView(viewName);
  const terms = termsOf(ratio);
  return terms.every((term) => columns.some((column) => column.name === term))
    ? ratioFormula(ratioSql(ratio), terms)
    : undefined;
}

/** The entity whose events a kind of facts comes from: its family, and the column that names it. Undefined for those of the runtime. */
export function entityOf(kind: string): { readonly family: Family; readonly column: string } | undefined {
  const family = familyOf.get(kind);
  return family && { family, column: entityKeyFields[family] };
}

const familyOf: ReadonlyMap<string, Family> = new Map(
  definitionsWith(defaultMetricSettings).flatMap(({ facts, on }) =>
    Object.keys(facts).map((kind) => [kind, on] as const),
  ),
);
