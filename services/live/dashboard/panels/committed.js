// @ts-check
import { h } from '/vendor/preact.js';
import { Line } from '../charts/line.js';
import * as format from '../lib/format.js';
import { fact, overPeriod, periodTable } from './spec.js';

/**
 * @import { CommittedRow, CommittedTotal, History } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

/** @type {PanelSpec<History<CommittedRow, CommittedTotal>>} */
export const committed = {
  id: 'committed',
  title: 'Committed MRR',
  aside: 'once all that is pending has come',
  measure: 'mrr_committed_daily.committed_mrr',
  span: 4,
  load: overPeriod('committed'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'No recurring revenue in this currency in this period.',
  headline({ total }, { to, currency }) {
    return {
      figure: format.money(total?.committed_mrr, currency),
      cell: { view: 'mrr_committed_daily', column: 'committed_mrr', key: { date: to, currency } },
      delta: format.change(Number(total?.committed_mrr), Number(total?.mrr), { better: 'up' }),
      against: 'against MRR',
      facts: [
        fact('Pending churn', format.money(total?.pending_churn, currency)),
        fact('Pending change', format.money(total?.pending_change, currency, { isSigned: true })),
      ],
    };
  },
  draw: ({ rows, total, grain }, { currency }) =>
    h(Line, {
      label: `Committed MRR over ${rows.length} periods, ${format.money(total?.committed_mrr, currency)} at the end.`,
      times: rows.map(({ period }) => Date.parse(period) / 1_000),
      values: rows.map((row) => Number(row.committed_mrr)),
      height: 168,
      zone: 'Etc/UTC',
      axis: (value) => format.money(value, currency, { isShort: true }),
      readout: (index) => {
        const row = rows[index];
        return row ? `${format.day(row.period, grain)}   ${format.money(row.committed_mrr, currency)}` : '';
      },
    }),
  table: (history, { currency }) =>
    periodTable('Committed MRR by period', history, {
      MRR: (row) => format.money(row.mrr, currency),
      'Pending churn': (row) => format.money(row.pending_churn, currency),
      'Pending change': (row) => format.money(row.pending_change, currency, { isSigned: true }),
      Committed: (row) => format.money(row.committed_mrr, currency),
    }),
};
