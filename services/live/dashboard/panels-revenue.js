// @ts-check
import { barChart, waterfall } from './chart-bars.js';
import { lineChart } from './chart-line.js';
import { colour, h } from './dom.js';
import * as format from './format.js';
import { fact, overPeriod, periodTable } from './panel.js';
import { barDays, beforeWords } from './period.js';

/**
 * @import { History, MrrRow, MrrTotal, Movements } from '../history-rows.ts'
 * @import { PanelSpec, View } from './panel.js'
 */

/** @typedef {History<MrrRow, MrrTotal>} Mrr */

/** The movements in the order of the waterfall. @type {readonly { name: keyof Movements, label: string, colour: string }[]} */
const movements = [
  { name: 'new', label: 'New', colour: 'good' },
  { name: 'expansion', label: 'Expansion', colour: 'good-2' },
  { name: 'reactivation', label: 'Reactivation', colour: 'good-3' },
  { name: 'contraction', label: 'Contraction', colour: 'bad-2' },
  { name: 'churn', label: 'Churn', colour: 'bad' },
];

/** @param {View} view */
const daysOf = ({ from, to }) => ({ from, to });

/** @param {string} day */
const secondsOf = (day) => Date.parse(day) / 1_000;

/** @type {PanelSpec<Mrr>} */
export const revenue = {
  id: 'mrr',
  title: 'Monthly recurring revenue',
  aside: 'at the end of each period',
  span: 7,
  load: overPeriod('mrr'),
  isEmpty: ({ total }) => total === null,
  empty: 'No recurring revenue in this currency in this period.',
  headline({ total, before }, view) {
    return {
      figure: format.money(total?.closing, view.currency),
      delta: format.change(Number(total?.closing), Number(total?.opening), { better: 'up' }),
      against: 'since the period began',
      facts: [
        fact('ARPA', format.money(total?.arpa, view.currency)),
        fact('Customers', format.count(total?.customers)),
        ...(before === null ? [] : [fact(`Growth in ${beforeWords(view)}`, growthOf(before))]),
      ],
    };
  },
  describe: ({ rows, total }, view) =>
    `MRR over ${rows.length} periods, from ${format.money(total?.opening, view.currency)} to ${format.money(total?.closing, view.currency)}.`,
  draw: (box, { rows, grain }, { currency }) =>
    lineChart(box, {
      times: rows.map(({ period }) => secondsOf(period)),
      series: [{ label: 'MRR', colour: colour('accent'), values: rows.map(({ mrr }) => Number(mrr)) }],
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
  return format.change(Number(closing), Number(opening), { better: 'up' })?.text ?? '–';
}

/** @type {PanelSpec<Mrr>} */
export const bridge = {
  id: 'bridge',
  title: 'What moved it',
  aside: 'opening to closing MRR',
  span: 5,
  load: overPeriod('mrr'),
  isEmpty: ({ total }) => total === null,
  empty: 'Nothing moved in this period.',
  headline({ total, before }, view) {
    const net = total === null ? 0 : netOf(total);
    return {
      figure: format.money(net, view.currency, { isSigned: true }),
      ...(before === null
        ? {}
        : {
            delta: {
              text: format.money(netOf(before), view.currency, { isSigned: true }),
              tone: 'even',
            },
            against: `in ${beforeWords(view)}`,
          }),
    };
  },
  describe: ({ total }, { currency }) =>
    `Waterfall: opening ${format.money(total?.opening, currency)}, ${movements
      .map(({ name, label }) => `${label} ${format.money(total?.[name], currency, { isSigned: true })}`)
      .join(
        ', ',
      )}, closing ${format.money(total?.closing, currency)}. Arrow keys move along the steps, Enter opens one.`,
  draw: (box, { total }, view) => {
    const { currency } = view;
    return waterfall(box, {
      steps: [
        { label: 'Opening', value: Number(total?.opening), kind: 'standing', colour: colour('mute') },
        ...movements.map(({ name, label, colour: fill }) => ({
          label,
          value: Number(total?.[name]),
          kind: /** @type {'rise'} */ ('rise'),
          colour: colour(fill),
        })),
        { label: 'Closing', value: Number(total?.closing), kind: 'standing', colour: colour('accent') },
      ],
      height: 232,
      short: (value) => format.money(value, currency, { isShort: true }),
      exact: (value) => format.money(value, currency),
      onPick: (index) =>
        view.openMovements({ ...daysOf(view), currency, movement: movements[index - 1]?.name }),
    });
  },
  table: ({ total, before }, view) => ({
    caption: 'MRR from opening to closing',
    columns: [
      { label: 'Step' },
      { label: 'This period', isNumber: true },
      { label: 'Period before', isNumber: true },
    ],
    rows: [
      ['Opening', format.money(total?.opening, view.currency), format.money(before?.opening, view.currency)],
      ...movements.map(({ name, label }) => [
        button(label, () => view.openMovements({ ...daysOf(view), currency: view.currency, movement: name })),
        format.money(total?.[name], view.currency, { isSigned: true }),
        format.money(before?.[name], view.currency, { isSigned: true }),
      ]),
      ['Closing', format.money(total?.closing, view.currency), format.money(before?.closing, view.currency)],
    ],
  }),
  note: () => 'Opening and closing are cut off below, so that what moved can be seen.',
};

/** @param {Movements} total */
function netOf(total) {
  return movements.reduce((sum, { name }) => sum + Number(total[name]), 0);
}

/**
 * @param {string} label
 * @param {() => void} onclick
 */
export function button(label, onclick) {
  return h('button', { type: 'button', class: 'link', onclick }, label);
}

/** @type {PanelSpec<Mrr>} */
export const movementBars = {
  id: 'movements',
  title: 'Movements of MRR',
  aside: 'open a bar for the customers behind it',
  span: 7,
  load: overPeriod('mrr'),
  isEmpty: ({ total, rows }) =>
    total === null || rows.every((row) => netOf(row) === 0 && Number(row.new) === 0),
  empty: 'Nothing moved in this period.',
  headline({ total }, { currency }) {
    const gained = movements.slice(0, 3).reduce((sum, { name }) => sum + Number(total?.[name]), 0);
    const lost = movements.slice(3).reduce((sum, { name }) => sum + Number(total?.[name]), 0);
    return {
      figure: format.money(gained, currency, { isSigned: true }),
      facts: [
        'gained',
        h(
          'span',
          {},
          h('b', { 'data-tone': 'bad' }, format.money(lost, currency, { isSigned: true })),
          ' lost',
        ),
      ],
    };
  },
  describe: ({ rows }) =>
    `MRR movements over ${rows.length} periods. Arrow keys move along the bars, Enter opens one.`,
  legend: () => movements.map(({ label, colour: name }) => ({ label, colour: colour(name) })),
  draw: (box, { rows, grain }, view) =>
    barChart(box, {
      periods: rows.map(({ period }) => period),
      grain,
      series: movements.map(({ name, label, colour: fill }) => ({
        label,
        colour: colour(fill),
        values: rows.map((row) => Number(row[name])),
      })),
      height: 216,
      axis: (value) => format.money(value, view.currency, { isShort: true }),
      exact: (value) => format.money(value, view.currency, { isSigned: true }),
      onPick: (index, label) => {
        const period = rows[index]?.period;
        if (period === undefined) return;
        const movement = movements.find((one) => one.label === label)?.name;
        view.openMovements({ ...barDays(period, grain, daysOf(view)), currency: view.currency, movement });
      },
    }),
  table: ({ rows, grain }, view) => ({
    caption: 'MRR movements by period',
    columns: [{ label: 'Period' }, ...movements.map(({ label }) => ({ label, isNumber: true }))],
    rows: rows.toReversed().map((row) => [
      button(format.day(row.period, grain), () =>
        view.openMovements({
          ...barDays(row.period, grain, daysOf(view)),
          currency: view.currency,
          movement: undefined,
        }),
      ),
      ...movements.map(({ name }) => format.money(row[name], view.currency, { isSigned: true })),
    ]),
  }),
};
