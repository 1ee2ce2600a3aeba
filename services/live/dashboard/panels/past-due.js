// @ts-check
import { h } from '/vendor/preact.js';
import { Bars } from '../charts/bars.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { amount, barsOf, fact, overPeriod, periodTable } from './spec.js';

/**
 * @import { History, PastDueRow, PastDueTotal } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

const parts = [
  { label: 'Became past due', colour: 'bad-2', value: (/** @type {PastDueRow} */ row) => row.entered },
  { label: 'Recovered', colour: 'good', value: (/** @type {PastDueRow} */ row) => -row.recovered },
  { label: 'Ended', colour: 'bad', value: (/** @type {PastDueRow} */ row) => -row.ended },
];

/** @type {PanelSpec<History<PastDueRow, PastDueTotal>>} */
export const pastDue = {
  id: 'past-due',
  title: 'Past due',
  aside: 'MRR whose payment failed, at the end',
  measure: 'past_due_daily.past_due_mrr',
  span: 4,
  load: overPeriod('past-due'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'Nothing was past due in this currency in this period.',
  headline({ total, before }, view) {
    return {
      figure: format.money(total?.past_due_mrr, view.currency),
      cell: {
        view: 'past_due_daily',
        column: 'past_due_mrr',
        key: { date: view.to, currency: view.currency },
      },
      delta: format.change(total?.entered, before?.entered, { better: 'down' }),
      against: `failed payments on ${beforeWords(view)}`,
      facts: [
        amount(format.count(total?.past_due_subscriptions), 'subscriptions'),
        fact('Recovered', format.count(total?.recovered)),
      ],
    };
  },
  legend: parts,
  draw: (history) =>
    h(Bars, {
      id: 'past-due-chart',
      label: `Past due: ${format.count(history.total?.entered)} became so, ${format.count(history.total?.recovered)} recovered, ${format.count(history.total?.ended)} ended.`,
      ...barsOf(history, parts),
      height: 168,
      isWhole: true,
      axis: format.count,
      exact: format.signed,
    }),
  table: (history, { currency }) =>
    periodTable('Past due by period', history, {
      'Became so': (row) => format.count(row.entered),
      Recovered: (row) => format.count(row.recovered),
      Ended: (row) => format.count(row.ended),
      'At end': (row) => format.count(row.past_due_subscriptions),
      MRR: (row) => format.money(row.past_due_mrr, currency),
    }),
};
