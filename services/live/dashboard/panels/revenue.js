// @ts-check
import { h } from '/vendor/preact.js';
import { Line } from '../charts/line.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { fact, overPeriod, periodTable } from './spec.js';

/**
 * @import { MrrTotal } from '../../history-rows.ts'
 * @import { Mrr } from './movements.js'
 * @import { PanelSpec } from './spec.js'
 */

/** @type {PanelSpec<Mrr>} */
export const revenue = {
  id: 'mrr',
  title: 'Monthly recurring revenue',
  aside: 'at the end of each period',
  measure: 'mrr_daily.mrr',
  span: 7,
  load: overPeriod('mrr'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'No recurring revenue in this currency in this period.',
  headline({ total, before }, view) {
    return {
      figure: format.money(total?.closing, view.currency),
      cell: { view: 'mrr_daily', column: 'mrr', key: { date: view.to, currency: view.currency } },
      delta: total === null ? undefined : growthOf(total),
      against: 'since the period began',
      facts: [
        fact('ARPA', format.money(total?.arpa, view.currency)),
        fact('Customers', format.count(total?.customers)),
        before === null ? null : fact(`Growth in ${beforeWords(view)}`, growthOf(before)?.text ?? '–'),
      ],
    };
  },
  draw: ({ rows, total, grain }, { currency }) =>
    h(Line, {
      label: `MRR over ${rows.length} periods, from ${format.money(total?.opening, currency)} to ${format.money(total?.closing, currency)}.`,
      times: rows.map(({ period }) => Date.parse(period) / 1_000),
      values: rows.map(({ mrr }) => Number(mrr)),
      height: 262,
      zone: 'Etc/UTC',
      axis: (value) => format.money(value, currency, { isShort: true }),
      readout: (index) => {
        const row = rows[index];
        return row ? `${format.day(row.period, grain)}   ${format.money(row.mrr, currency)}` : '';
      },
    }),
  table: (history, { currency }) =>
    periodTable('MRR by period', history, {
      MRR: (row) => format.money(row.mrr, currency),
      Customers: (row) => format.count(row.customers),
      ARPA: (row) => format.money(row.arpa, currency),
    }),
};

/** @param {MrrTotal} total */
function growthOf({ opening, closing }) {
  return format.change(Number(closing), Number(opening), { better: 'up' });
}
