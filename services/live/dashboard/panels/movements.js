// @ts-check
import { h } from '/vendor/preact.js';
import { Bars } from '../charts/bars.js';
import { isFiltered } from '../lib/filter.js';
import * as format from '../lib/format.js';
import { barDays } from '../lib/period.js';
import { amount, barsOf, linkButton, numeric, overPeriod } from './spec.js';

/**
 * @import { History, MovedRow, Movements, MrrRow, MrrTotal } from '../../history-rows.ts'
 * @import { Filter } from '../lib/filter.js'
 * @import { PanelSpec, View } from './spec.js'
 */

/** @typedef {History<MrrRow, MrrTotal>} Mrr */
/** @typedef {Omit<History<MovedRow, Movements>, 'before'>} Moved */

/** The movements in the order of the waterfall. @type {readonly { name: keyof Movements, label: string, colour: string, isGain: boolean }[]} */
export const movementKinds = [
  { name: 'new', label: 'New', colour: 'good', isGain: true },
  { name: 'expansion', label: 'Expansion', colour: 'good-2', isGain: true },
  { name: 'reactivation', label: 'Reactivation', colour: 'good-3', isGain: true },
  { name: 'contraction', label: 'Contraction', colour: 'bad-2', isGain: false },
  { name: 'churn', label: 'Churn', colour: 'bad', isGain: false },
];

/**
 * @param {Filter} filter
 * @returns {PanelSpec<Moved>}
 */
const movementsOf = (filter) => ({
  id: 'movements',
  title: 'Movements of MRR',
  aside: 'open a bar for the customers behind it',
  measure: isFiltered(filter) ? 'mrr_movements.amount' : 'mrr_daily.new',
  span: 7,
  load: isFiltered(filter) ? overPeriod('moved', ['rows', 'total'], filter) : overPeriod('mrr'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total, rows }) => total === null || rows.every(isStill),
  empty: 'Nothing moved in this period.',
  headline({ total }, { currency }) {
    const sum = (/** @type {boolean} */ isGain) =>
      movementKinds
        .filter((kind) => kind.isGain === isGain)
        .reduce((all, { name }) => all + Number(total?.[name]), 0);
    return {
      figure: format.money(sum(true), currency, { isSigned: true }),
      facts: ['gained', amount(format.money(sum(false), currency, { isSigned: true }), 'lost', 'bad')],
    };
  },
  legend: movementKinds,
  draw: (history, view) =>
    h(Bars, {
      id: 'movements-chart',
      label: `MRR movements over ${history.rows.length} periods. Arrow keys move along the bars, Enter opens one.`,
      ...barsOf(
        history,
        movementKinds.map(({ name, ...kind }) => ({ ...kind, value: (row) => Number(row[name]) })),
      ),
      height: 216,
      axis: (value) => format.money(value, view.currency, { isShort: true }),
      exact: (value) => format.money(value, view.currency, { isSigned: true }),
      onPick(index, label) {
        const movement = movementKinds.find((one) => one.label === label)?.name;
        open(history, index, view, { movement, ...filter });
      },
    }),
  table: (history, view) => ({
    caption: 'MRR movements by period',
    columns: [{ label: 'Period' }, ...numeric(movementKinds.map(({ label }) => label))],
    rows: history.rows
      .map((row, index) => [
        linkButton(format.day(row.period, history.grain), () => open(history, index, view, filter)),
        ...movementKinds.map(({ name }) => format.money(row[name], view.currency, { isSigned: true })),
      ])
      .toReversed(),
  }),
});

/** @type {PanelSpec<Moved>} */
export const movements = { ...movementsOf({}), narrowed: movementsOf };

/** @param {MovedRow} row */
function isStill(row) {
  return movementKinds.every(({ name }) => Number(row[name]) === 0);
}

/**
 * Opens what is behind a bar.
 *
 * @param {Moved} history
 * @param {number} index
 * @param {View} view
 * @param {Filter & { movement?: keyof Movements | undefined }} which
 */
function open({ rows, grain }, index, view, which) {
  const period = rows[index]?.period;
  if (period === undefined) return;
  view.openMovements({ ...barDays(period, grain, view), currency: view.currency, ...which });
}
