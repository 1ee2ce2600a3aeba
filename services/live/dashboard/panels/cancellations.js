// @ts-check
import { h } from '/vendor/preact.js';
import { Bars } from '../charts/bars.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { barsOf, fact, overPeriod, periodTable } from './spec.js';

/**
 * @import { CancellationsRow, CancellationsTotal, History } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

const parts = [
  { label: 'Voluntary', colour: 'bad', value: (/** @type {CancellationsRow} */ row) => row.voluntary },
  { label: 'Involuntary', colour: 'bad-2', value: (/** @type {CancellationsRow} */ row) => row.involuntary },
  {
    label: 'No reason',
    colour: 'mute',
    value: (/** @type {CancellationsRow} */ row) => row.scheduled - row.voluntary - row.involuntary,
  },
];

/** @type {PanelSpec<History<CancellationsRow, CancellationsTotal>>} */
export const cancellations = {
  id: 'cancellations',
  title: 'Cancellations scheduled',
  aside: 'by the day of the notice',
  measure: 'cancellations_daily.scheduled',
  span: 4,
  load: overPeriod('cancellations'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'No cancellation was scheduled in this currency in this period.',
  headline({ total, before }, view) {
    return {
      figure: format.count(total?.scheduled),
      delta: format.change(total?.scheduled, before?.scheduled, { better: 'down' }),
      against: `on ${beforeWords(view)}`,
      facts: [
        fact('MRR', format.money(total?.scheduled_mrr, view.currency)),
        fact('Withdrawn', format.count(total?.taken_back)),
      ],
    };
  },
  legend: parts,
  draw: (history) =>
    h(Bars, {
      id: 'cancellations-chart',
      label: `Cancellations scheduled: ${format.count(history.total?.voluntary)} voluntary, ${format.count(history.total?.involuntary)} involuntary.`,
      ...barsOf(history, parts),
      height: 168,
      isWhole: true,
      axis: format.count,
      exact: format.count,
    }),
  table: (history, { currency }) =>
    periodTable('Cancellations scheduled by period', history, {
      Scheduled: (row) => format.count(row.scheduled),
      MRR: (row) => format.money(row.scheduled_mrr, currency),
      Voluntary: (row) => format.count(row.voluntary),
      Involuntary: (row) => format.count(row.involuntary),
      Withdrawn: (row) => format.count(row.taken_back),
    }),
};
