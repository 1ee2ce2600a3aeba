// @ts-check
import { h } from '/vendor/preact.js';
import { Funnel } from '../charts/funnel.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { overPeriod, periodTable } from './spec.js';

/**
 * @import { History, ShoppersRow, ShoppersTotal } from '../../history-rows.ts'
 * @import { Stage } from '../charts/funnel.js'
 * @import { PanelSpec } from './spec.js'
 */

/** @type {PanelSpec<History<ShoppersRow, ShoppersTotal>>} */
export const shoppers = {
  id: 'shoppers',
  title: 'Customers with carts',
  aside: 'each once a day',
  measure: 'cart_abandonment_by_customer_daily.abandonment_rate',
  span: 4,
  load: overPeriod('shoppers'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'No carts of known customers in this period.',
  headline({ total, before }, view) {
    return {
      figure: format.percent(total?.abandonment_rate),
      delta: format.change(total?.abandonment_rate, before?.abandonment_rate, {
        better: 'down',
        in: 'points',
      }),
      against: `on ${beforeWords(view)}`,
      facts: ['left without buying'],
    };
  },
  draw: ({ total }) =>
    total === null ? null : h(Funnel, { label: sentenceOf(total), stages: stagesOf(total) }),
  table: (history) =>
    periodTable('Customers with carts by period', history, {
      Customers: (row) => format.count(row.shoppers),
      Bought: (row) => format.count(row.converted),
      Left: (row) => format.count(row.abandoned),
      Open: (row) => format.count(row.open),
      Rate: (row) => format.percent(row.abandonment_rate),
    }),
};

/** @param {ShoppersTotal} total */
function sentenceOf(total) {
  return `Of ${format.count(total.shoppers)} customers with carts, ${format.count(total.converted)} bought, ${format.count(total.abandoned)} left without buying, and ${format.count(total.open)} have a cart open.`;
}

/**
 * @param {ShoppersTotal} total
 * @returns {readonly Stage[]}
 */
function stagesOf({ shoppers: all, converted, abandoned, open }) {
  const stage = (/** @type {string} */ label, /** @type {number} */ value, /** @type {string} */ colour) => ({
    label,
    parts: [{ label, value, colour }],
    text: `${format.count(value)}   ${format.percent(value / all, 0)}`,
  });
  return [
    { ...stage('With carts', all, 'mute'), text: format.count(all) },
    stage('Bought', converted, 'good'),
    stage('Left', abandoned, 'bad-2'),
    stage('Still open', open, 'mute-2'),
  ];
}
