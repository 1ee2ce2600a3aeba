// @ts-check
import { h } from '/vendor/preact.js';
import { Bars } from '../charts/bars.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { amount, barsOf, fact, overPeriod, periodTable } from './spec.js';

/**
 * @import { ChurnRow, ChurnTotal, History } from '../../history-rows.ts'
 * @import { Filter } from '../lib/filter.js'
 * @import { PanelSpec } from './spec.js'
 */

const parts = [
  { label: 'New', colour: 'good', value: (/** @type {ChurnRow} */ row) => row.customers_new },
  { label: 'Back', colour: 'good-3', value: (/** @type {ChurnRow} */ row) => row.customers_reactivated },
  { label: 'Lost', colour: 'bad', value: (/** @type {ChurnRow} */ row) => -row.customers_lost },
];

/** @typedef {PanelSpec<History<ChurnRow, ChurnTotal>>} Spec */

/** @type {Spec} */
const ofAll = {
  id: 'customers',
  title: 'Customers and churn',
  aside: 'all currencies',
  measure: 'churn_daily.customers_at_end',
  span: 5,
  load: overPeriod('churn'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'No customers in this period.',
  note: ({ total }) =>
    `Of those lost, ${format.count(total?.lost_voluntary)} left voluntarily and ${format.count(total?.lost_involuntary)} by failed payments.`,
  headline({ total, before }, view) {
    const delta = format.change(total?.churn_rate, before?.churn_rate, { better: 'down', in: 'points' });
    return {
      figure: format.count(total?.customers_at_end),
      cell: { view: 'churn_daily', column: 'customers_at_end', key: { date: view.to } },
      facts: [
        fact('Churn', format.percent(total?.churn_rate, 2)),
        delta === undefined ? null : amount(delta.text, `on ${beforeWords(view)}`, delta.tone),
        fact('Lost', format.count(total?.customers_lost)),
      ],
    };
  },
  legend: parts,
  draw: (history) => {
    const { rows, total } = history;
    return h(Bars, {
      id: 'customers-chart',
      label: `Customers gained and lost over ${rows.length} periods: ${format.count(total?.customers_new)} new, ${format.count(total?.customers_reactivated)} back, ${format.count(total?.customers_lost)} lost.`,
      ...barsOf(history, parts),
      height: 216,
      isWhole: true,
      axis: format.count,
      exact: format.signed,
    });
  },
  table: (history) =>
    periodTable('Customers by period', history, {
      'At start': (row) => format.count(row.customers_at_start),
      New: (row) => format.count(row.customers_new),
      Back: (row) => format.count(row.customers_reactivated),
      Lost: (row) => format.count(row.customers_lost),
      'At end': (row) => format.count(row.customers_at_end),
      Churn: (row) => format.percent(row.churn_rate, 2),
    }),
};

/** @type {Spec} */
export const customers = { ...ofAll, narrowed: customersOf };

/**
 * Churn is counted by owner and by segment, not by both together, and by month.
 *
 * @param {Filter} filter
 * @returns {Spec | string}
 */
function customersOf({ owner, segment }) {
  if (owner !== undefined && segment !== undefined)
    return 'All customers: churn is counted by owner or by segment, not by both.';
  const [attribute, value] = owner === undefined ? ['segment', segment ?? ''] : ['owner', owner];
  const name = `churn_by_${attribute}_monthly`;
  return {
    ...ofAll,
    aside: 'all currencies, whole months',
    measure: `${name}.customers_at_end`,
    load: overPeriod('churn', undefined, { [attribute]: value }),
    headline(data, view) {
      const month = `${view.to.slice(0, 7)}-01`;
      const cell = { view: name, column: 'customers_at_end', key: { month, [attribute]: value } };
      return { ...ofAll.headline(data, view), cell };
    },
    note(data, view) {
      const months = data.rows.map(({ period }) => format.day(period, 'month'));
      const isOne = months[0] === months.at(-1);
      return `All of ${isOne ? '' : `${months[0]} to `}${months.at(-1)}. ${ofAll.note?.(data, view)} A hand-over moves customers without loss or gain.`;
    },
  };
}
