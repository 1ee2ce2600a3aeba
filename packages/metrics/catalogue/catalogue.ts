/**
 * Every metric that somebody can ask for, with its definition: the MCP server, the dbt package and the dashboards of Grafana
 * are made of this list, and so have the same definitions as the views and the metric reference.
 */
import type { Family } from '@tidemark/events/families';
import { metricFamilies, viewsAsOf } from '../index.ts';
import type { Unit } from '../sql/column.ts';
import { isMoney } from '../sql/column.ts';
import type { Grain } from '../sql/period.ts';
import type { NamedColumn, View } from '../sql/view.ts';
import { catalogOf } from './reads.ts';
import { factsBehind, sourcesOf } from './sources.ts';

/** A view that BI tools read. */
export type CataloguedView = {
  readonly view: View;
  /** The heading of its family in the metric reference. */
  readonly group: string;
  /** Its page of the metric reference, and what that says. */
  readonly page: string;
  readonly title: string;
  readonly meaning: string;
  readonly formula: readonly string[];
  /** How long the period of a row is, and the column that says which; `undefined` for a view without periods. */
  readonly period: { readonly grain: Grain; readonly column: string } | undefined;
  /** Columns that name a row beside the period. */
  readonly dimensions: readonly string[];
  readonly measures: readonly NamedColumn[];
  /** Families of the events behind it. */
  readonly families: readonly Family[];
  readonly hasAsOf: boolean;
};

/** A metric: a measure of a view, in each grain there is. */
export type Metric = {
  /** `<view without its grain>.<column>`, such as `churn.churn_rate`. */
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly formula: readonly string[];
  readonly unit: Unit;
  /** Whether it is an amount, which is never added up over currencies. */
  readonly isMoney: boolean;
  readonly page: string;
  readonly dimensions: readonly string[];
  readonly families: readonly Family[];
  /** The view and its column of the period by how long a period is. */
  readonly grains: { readonly [grain in Grain]?: { readonly view: string; readonly column: string } };
  readonly hasAsOf: boolean;
};

const columns: { readonly [column: string]: Grain } = {
  hour: 'hour',
  date: 'day',
  week: 'week',
  month: 'month',
};
const suffixes = /_(hourly|daily|weekly|monthly)(_reporting)?$/;
/** Words that follow from the rest of a row, and name none. */
const remarks: ReadonlySet<string> = new Set([
  'verdict',
  'band',
  'needed_for',
  'reading',
  'reporting_currency',
  'read_on',
]);
const counted: ReadonlySet<string> = new Set(['months_since']);
const reporting = '_reporting';

const catalog = catalogOf(metricFamilies);
const withAsOf = new Set(viewsAsOf.map(({ name }) => name));

function periodOf({ columns: own, name }: View): CataloguedView['period'] {
  // A cohort is named by its month; its period is the month in which it is looked at.
  const found = suffixes.test(name) && own.find(({ name: column }) => Object.hasOwn(columns, column));
  return found ? { grain: columns[found.name]!, column: found.name } : undefined;
}

const isDimension = ({ name, unit }: NamedColumn, period: CataloguedView['period']): boolean =>
  name !== period?.column &&
  (counted.has(name) || ((unit === 'text' || unit === 'date') && !remarks.has(name)));

const isMeasure = (column: NamedColumn, period: CataloguedView['period']): boolean =>
  !isDimension(column, period) &&
  column.name !== period?.column &&
  !['text', 'date', 'instant, UTC'].includes(column.unit);

/** Every view of the contract, in the order of the metric reference. */
export const cataloguedViews: readonly CataloguedView[] = metricFamilies.flatMap(({ title: group, pages }) =>
  pages.flatMap((page) =>
    page.views
      .flatMap((name) => [name, `${name}${reporting}`])
      .map((name) => catalog.views.get(name))
      .filter((view) => view !== undefined)
      .map((view) => {
        const period = periodOf(view);
        return {
          view,
          group,
          page: page.name,
          title: page.title,
          meaning: page.meaning,
          formula: page.formula,
          period,
          dimensions: view.columns.filter((column) => isDimension(column, period)).map(({ name }) => name),
          measures: view.columns.filter((column) => isMeasure(column, period)),
          families: [...new Set(sourcesOf(factsBehind(view.name, catalog)).map(({ family }) => family))],
          hasAsOf: withAsOf.has(`${view.name}_as_of`),
        };
      }),
  ),
);

function metricsOf(views: readonly CataloguedView[]): ReadonlyMap<string, Metric> {
  const metrics = new Map<string, Metric>();
  for (const { view, period, measures, ...about } of views) {
    if (period === undefined) continue;
    const stem = view.name.replace(suffixes, '$2');
    for (const column of measures) {
      const name = `${stem}.${column.name}`;
      const known = metrics.get(name);
      metrics.set(name, {
        name,
        title: about.title,
        meaning: column.comment,
        formula: about.formula,
        unit: column.unit,
        isMoney: isMoney(column),
        page: about.page,
        dimensions: about.dimensions,
        families: about.families,
        hasAsOf: about.hasAsOf,
        grains: { ...known?.grains, [period.grain]: { view: view.name, column: period.column } },
      });
    }
  }
  return metrics;
}

/** Every metric by its name. */
export const metrics: ReadonlyMap<string, Metric> = metricsOf(cataloguedViews);
