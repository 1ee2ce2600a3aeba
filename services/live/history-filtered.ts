/**
 * Queries of the charts that can be filtered by the customers' owner and segment. The views say which: `mrr_movements` has both,
 * churn is counted by month, by owner or by segment.
 */
import { churnRate, ratioSql } from '@tidemark/metrics/ratios';
import { type MovementsAsked, movementsWhere } from './history-details.ts';
import { customersCounted, type HistoryQuery, movementKinds, type Span } from './history.ts';
import type { Grain } from './history-rows.ts';

const periodOf: { readonly [grain in Grain]: (day: string) => string } = {
  day: (day) => day,
  week: (day) => `toStartOfWeek(${day}, 1)`,
  month: (day) => `toStartOfMonth(${day})`,
};

/** MRR movements added up: by period, quiet ones included, `MovedRow`; or in all, `Movements`, no row without any. */
export function movedQuery(asked: MovementsAsked, by: { readonly grain: Grain } | 'all'): HistoryQuery {
  const { where, params } = movementsWhere(asked);
  const sums = movementKinds.map((kind) => `sumIf(m.amount, m.movement = '${kind}') AS ${kind}`).join(', ');
  const from = `FROM tidemark.mrr_movements AS m\n${where}`;
  if (by === 'all') return { query: `SELECT ${sums}\n${from}\nHAVING count() > 0`, query_params: params };
  const period = periodOf[by.grain];
  // ClickHouse refuses to fill backwards, as it would for days to come.
  const last = 'greatest({from:Date}, least({to:Date}, toDate(now(), {zone:String})))';
  return {
    query: `SELECT ${period('toDate(m.occurred_at, {zone:String})')} AS period, ${sums}
${from}
GROUP BY period
ORDER BY period WITH FILL FROM ${period('{from:Date}')} TO ${period(last)} + INTERVAL 1 ${by.grain} STEP INTERVAL 1 ${by.grain}`,
    query_params: params,
  };
}

/** The customers of one owner or of one segment. */
export type CustomersOf = { readonly attribute: 'owner' | 'segment'; readonly value: string };

/** Customers of an owner or a segment who came and went, in the months of a span: `ChurnRow`; in all `ChurnTotal`, no row without any. */
export function churnOfQuery(
  { from, to }: Span,
  { attribute, value }: CustomersOf,
  by: 'month' | 'all',
): HistoryQuery {
  return {
    query: `SELECT ${by === 'all' ? '' : 'd.month AS period, '}${customersCounted.map((name) => `sum(d.${name}) AS ${name}`).join(', ')},
  argMin(d.customers_at_start, d.month) AS customers_at_start, argMax(d.customers_at_end, d.month) AS customers_at_end,
  ${ratioSql(churnRate)} AS churn_rate
FROM tidemark.churn_by_${attribute}_monthly AS d
WHERE d.month BETWEEN toStartOfMonth({from:Date}) AND {to:Date} AND d.${attribute} = {value:String}
${by === 'all' ? 'HAVING count() > 0' : 'GROUP BY period ORDER BY period'}`,
    query_params: { from, to, value },
  };
}

/** Most owners, and most segments, that are listed. */
export const listedMax = 500;

/** The owners and the segments that customers have, or had: one row, `FiltersRow`. */
export function filtersQuery(): HistoryQuery {
  const list = (attribute: string): string =>
    `(SELECT arraySort(groupUniqArray(${listedMax})(d.${attribute})) FROM tidemark.churn_by_${attribute}_monthly AS d)`;
  return { query: `SELECT ${list('owner')} AS owners, ${list('segment')} AS segments`, query_params: {} };
}
