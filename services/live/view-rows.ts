/** Queries of the rows of any view of the catalogue. Values travel as parameters; names are those of the catalogue. */
import { type CataloguedView, cataloguedViews } from '@tidemark/metrics/catalogue';
import type { HistoryQuery } from './history.ts';

/** Which rows of a view are asked for. */
export type ViewAsked = {
  readonly about: CataloguedView;
  /** Days of the reporting zone, both included; a week or a month that has one of them is among the rows. */
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  /** Rows that have this value in a dimension, by dimension. */
  readonly where: { readonly [dimension: string]: string };
};

/** Most values that are listed of a dimension, to choose from. */
export const valuesMax = 200;

/** The view of a name, `undefined` for none. */
export function viewNamed(name: string): CataloguedView | undefined {
  return cataloguedViews.find(({ view }) => view.name === name);
}

const firstDay = {
  day: '{from:Date}',
  week: 'toStartOfWeek({from:Date}, 1)',
  month: 'toStartOfMonth({from:Date})',
};
const instants =
  '>= toDateTime64({from:String}, 3, {zone:String}) AND v.# < toDateTime64(toString({to:Date} + 1), 3, {zone:String})';

/** The days of a view that has a period, or a column that says when something happened. */
function spanOf({ about, from, to, zone }: ViewAsked): {
  where: string;
  params: HistoryQuery['query_params'];
} {
  const { view, period } = about;
  const hasInstant = view.columns.some(({ name }) => name === 'occurred_at');
  const instant = period?.grain === 'hour' ? period.column : hasInstant ? 'occurred_at' : undefined;
  if (instant !== undefined)
    return { where: `v.${instant} ${instants.replace('#', instant)}`, params: { from, to, zone } };
  if (period === undefined || period.grain === 'hour') return { where: 'true', params: {} };
  return {
    where: `v.${period.column} BETWEEN ${firstDay[period.grain]} AND {to:Date}`,
    params: { from, to },
  };
}

/** The rows, the latest periods first, with all columns of the view. */
export function viewQuery(asked: ViewAsked, limit: number): HistoryQuery {
  const { about } = asked;
  const span = spanOf(asked);
  const filters = Object.entries(asked.where).map(
    ([dimension], index) => ` AND toString(v.${dimension}) = {w${index}:String}`,
  );
  const values = Object.values(asked.where).map((value, index) => [`w${index}`, value] as const);
  const latest = about.view.columns.find(
    ({ name }) => name === (about.period?.column ?? 'occurred_at'),
  )?.name;
  const order = [
    ...(latest === undefined ? [] : [`v.${latest} DESC`]),
    ...about.dimensions.map((name) => `v.${name}`),
  ];
  return {
    query: `SELECT ${about.view.columns.map(({ name }) => `v.${name} AS ${name}`).join(', ')}
FROM tidemark.${about.view.name} AS v
WHERE ${span.where}${filters.join('')}
ORDER BY ${order.length === 0 ? '1' : order.join(', ')} LIMIT {limit:UInt32}`,
    query_params: { ...span.params, ...Object.fromEntries(values), limit },
  };
}

/** One row with the values of each dimension in these days, whatever else is filtered; `valuesMax` of each at most. */
export function valuesQuery(asked: ViewAsked): HistoryQuery | undefined {
  const { about } = asked;
  if (about.dimensions.length === 0) return undefined;
  const span = spanOf(asked);
  const values = about.dimensions.map(
    (name) => `arraySort(groupUniqArray(${valuesMax})(toString(v.${name}))) AS ${name}`,
  );
  return {
    query: `SELECT ${values.join(', ')}\nFROM tidemark.${about.view.name} AS v\nWHERE ${span.where}`,
    query_params: span.params,
  };
}
