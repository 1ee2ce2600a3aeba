// @ts-check
import { barChart } from './chart-bars.js';
import { colour, h } from './dom.js';
import * as format from './format.js';
import { fact, overPeriod, periodTable } from './panel.js';
import { beforeWords } from './period.js';

/**
 * @import { CancellationsRow, CancellationsTotal, ChurnRow, ChurnTotal, History } from '../history-rows.ts'
 * @import { PanelSpec, View } from './panel.js'
 */

/** @type {PanelSpec<History<ChurnRow, ChurnTotal>>} */
export const customers = {
  id: 'customers',
  title: 'Customers and churn',
  aside: 'all currencies',
  span: 5,
  load: overPeriod('churn'),
  isEmpty: ({ total }) => total === null,
  empty: 'No customers in this period.',
  note: ({ total }) =>
    `Of those lost, ${format.count(total?.lost_voluntary)} left voluntarily and ${format.count(total?.lost_involuntary)} by failed payments.`,
  headline({ total, before }, view) {
    return {
      figure: format.count(total?.customers_at_end),
      facts: [
        fact('Churn', format.percent(total?.churn_rate, 2)),
        ...changeFact(total?.churn_rate, before?.churn_rate, view),
        fact('Lost', format.count(total?.customers_lost)),
      ],
    };
  },
  describe: ({ total, rows }) =>
    `Customers gained and lost over ${rows.length} periods: ${format.count(total?.customers_new)} new, ${format.count(total?.customers_reactivated)} back, ${format.count(total?.customers_lost)} lost.`,
  legend: () => [
    { label: 'New', colour: colour('good') },
    { label: 'Back', colour: colour('good-3') },
    { label: 'Lost', colour: colour('bad') },
  ],
  draw: (box, { rows, grain }) =>
    barChart(box, {
      periods: rows.map(({ period }) => period),
      grain,
      series: [
        { label: 'New', colour: colour('good'), values: rows.map((row) => row.customers_new) },
        { label: 'Back', colour: colour('good-3'), values: rows.map((row) => row.customers_reactivated) },
        { label: 'Lost', colour: colour('bad'), values: rows.map((row) => -row.customers_lost) },
      ],
      height: 216,
      axis: (value) => format.count(value),
      exact: (value) => format.signed(value),
    }),
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

/**
 * @param {number | null | undefined} now
 * @param {number | null | undefined} before
 * @param {View} view
 */
function changeFact(now, before, view) {
  const delta = format.change(now, before, { better: 'down', in: 'points' });
  if (delta === undefined) return [];
  return [h('span', {}, h('b', { 'data-tone': delta.tone }, delta.text), ` on ${beforeWords(view)}`)];
}

/** @type {PanelSpec<History<CancellationsRow, CancellationsTotal>>} */
export const cancellations = {
  id: 'cancellations',
  title: 'Cancellations scheduled',
  aside: 'by the day they were said',
  span: 4,
  load: overPeriod('cancellations'),
  isEmpty: ({ total }) => total === null,
  empty: 'Nobody said so in this currency in this period.',
  headline({ total, before }, view) {
    return {
      figure: format.count(total?.scheduled),
      delta: format.change(total?.scheduled, before?.scheduled, { better: 'down' }),
      against: `on ${beforeWords(view)}`,
      facts: [
        fact('MRR', format.money(total?.scheduled_mrr, view.currency)),
        fact('Taken back', format.count(total?.taken_back)),
      ],
    };
  },
  describe: ({ total }) =>
    `Cancellations scheduled: ${format.count(total?.voluntary)} voluntary, ${format.count(total?.involuntary)} involuntary.`,
  legend: () => [
    { label: 'Voluntary', colour: colour('bad') },
    { label: 'Involuntary', colour: colour('bad-2') },
    { label: 'No reason', colour: colour('mute') },
  ],
  draw: (box, { rows, grain }) =>
    barChart(box, {
      periods: rows.map(({ period }) => period),
      grain,
      series: [
        { label: 'Voluntary', colour: colour('bad'), values: rows.map((row) => row.voluntary) },
        { label: 'Involuntary', colour: colour('bad-2'), values: rows.map((row) => row.involuntary) },
        {
          label: 'No reason',
          colour: colour('mute'),
          values: rows.map((row) => row.scheduled - row.voluntary - row.involuntary),
        },
      ],
      height: 168,
      axis: (value) => format.count(value),
      exact: (value) => format.count(value),
    }),
  table: (history, { currency }) =>
    periodTable('Cancellations scheduled by period', history, {
      Said: (row) => format.count(row.scheduled),
      MRR: (row) => format.money(row.scheduled_mrr, currency),
      Voluntary: (row) => format.count(row.voluntary),
      Involuntary: (row) => format.count(row.involuntary),
      'Taken back': (row) => format.count(row.taken_back),
    }),
};
