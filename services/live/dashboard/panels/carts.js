// @ts-check
import { h } from '/vendor/preact.js';
import { Funnel } from '../charts/funnel.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { amount, overPeriod, periodTable } from './spec.js';

/**
 * @import { CartsRow, CartsTotal, CartValue, History } from '../../history-rows.ts'
 * @import { Stage } from '../charts/funnel.js'
 * @import { PanelSpec } from './spec.js'
 */

/** @type {PanelSpec<History<CartsRow, CartsTotal> & { value: CartValue | null }>} */
export const carts = {
  id: 'carts',
  title: 'Carts',
  aside: 'by the day they were filled',
  measure: 'cart_abandonment_daily.abandonment_rate',
  span: 4,
  load: overPeriod('carts'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'No carts in this period.',
  headline({ total, before, value }, view) {
    const delta = format.change(total?.abandonment_rate, before?.abandonment_rate, {
      better: 'down',
      in: 'points',
    });
    return {
      figure: format.percent(total?.abandonment_rate),
      delta,
      against: `on ${beforeWords(view)}`,
      facts: [
        'abandoned of carts created',
        amount(format.money(value?.abandoned_value, view.currency), 'left in them'),
      ],
    };
  },
  legend: [
    { label: 'Checked out at once', colour: 'good' },
    { label: 'Recovered', colour: 'good-3' },
    { label: 'Abandoned', colour: 'bad-2' },
  ],
  draw: ({ total }) =>
    total === null ? null : h(Funnel, { label: sentenceOf(total), stages: stagesOf(total) }),
  table: (history) =>
    periodTable('Carts by period', history, {
      Filled: (row) => format.count(row.carts),
      'Checked out': (row) => format.count(row.converted),
      Recovered: (row) => format.count(row.recovered),
      Abandoned: (row) => format.count(row.abandoned),
      Open: (row) => format.count(row.open),
      Rate: (row) => format.percent(row.abandonment_rate),
    }),
};

/** @param {CartsTotal} total */
function sentenceOf(total) {
  return `Of ${format.count(total.carts)} carts, ${format.count(total.converted)} were checked out, ${format.count(total.recovered)} of them after having been abandoned; ${format.count(total.abandoned)} are abandoned, ${format.count(total.open)} open.`;
}

/**
 * @param {CartsTotal} total
 * @returns {readonly Stage[]}
 */
function stagesOf({ carts: all, converted, recovered, abandoned, open }) {
  const text = (/** @type {number} */ value) => `${format.count(value)}   ${format.percent(value / all, 0)}`;
  const stage = (/** @type {string} */ label, /** @type {number} */ value, /** @type {string} */ colour) => ({
    label,
    parts: [{ label, value, colour }],
    text: text(value),
  });
  return [
    { ...stage('Filled', all, 'mute'), text: format.count(all) },
    {
      label: 'Checked out',
      parts: [
        { label: 'At once', value: converted - recovered, colour: 'good' },
        { label: 'Recovered', value: recovered, colour: 'good-3' },
      ],
      text: text(converted),
    },
    stage('Abandoned', abandoned, 'bad-2'),
    stage('Still open', open, 'mute-2'),
  ];
}
