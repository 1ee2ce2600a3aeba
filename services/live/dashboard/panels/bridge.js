// @ts-check
import { h } from '/vendor/preact.js';
import { waterfallOf } from '../charts/scale.js';
import { Waterfall } from '../charts/waterfall.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { movementKinds } from './movements.js';
import { linkButton, numeric, overPeriod } from './spec.js';

/**
 * @import { Movements, MrrTotal } from '../../history-rows.ts'
 * @import { Step } from '../charts/waterfall.js'
 * @import { Mrr } from './movements.js'
 * @import { PanelSpec, View } from './spec.js'
 */

/** @type {PanelSpec<Mrr>} */
export const bridge = {
  id: 'bridge',
  title: 'What moved it',
  aside: 'opening to closing MRR',
  measure: 'mrr_daily.net',
  span: 5,
  load: overPeriod('mrr'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'Nothing moved in this period.',
  headline({ total, before }, view) {
    const text = (/** @type {MrrTotal} */ one) => format.money(netOf(one), view.currency, { isSigned: true });
    return {
      figure: total === null ? '–' : text(total),
      delta: before === null ? undefined : { text: text(before), tone: 'even' },
      against: `in ${beforeWords(view)}`,
    };
  },
  draw: ({ total }, view) => {
    const steps = stepsOf(total);
    const isCut = waterfallOf(steps).floor > 0;
    return [
      h(Waterfall, {
        id: 'bridge-chart',
        label: sentenceOf(total, view),
        steps,
        unit: 'MRR',
        height: 232,
        short: (value) => format.money(value, view.currency, { isShort: true }),
        exact: (value) => format.money(value, view.currency),
        onPick: (index) => open(view, movementKinds[index - 1]?.name),
      }),
      isCut &&
        h('p', { class: 'note' }, 'Opening and closing are cut off below, so that what moved can be seen.'),
    ];
  },
  table: ({ total, before }, view) => {
    const amounts = (/** @type {keyof MrrTotal} */ name, /** @type {boolean} */ isSigned) =>
      [total, before].map((one) => format.money(one?.[name], view.currency, { isSigned }));
    return {
      caption: 'MRR from opening to closing',
      columns: [{ label: 'Step' }, ...numeric(['This period', 'Period before'])],
      rows: [
        ['Opening', ...amounts('opening', false)],
        ...movementKinds.map(({ name, label }) => [
          linkButton(label, () => open(view, name)),
          ...amounts(name, true),
        ]),
        ['Closing', ...amounts('closing', false)],
      ],
    };
  },
};

/**
 * @param {MrrTotal | null} total
 * @returns {readonly Step[]}
 */
function stepsOf(total) {
  return [
    { label: 'Opening', value: Number(total?.opening), kind: 'standing', colour: 'mute' },
    ...movementKinds.map(({ name, label, colour }) => ({
      label,
      value: Number(total?.[name]),
      kind: /** @type {const} */ ('rise'),
      colour,
    })),
    { label: 'Closing', value: Number(total?.closing), kind: 'standing', colour: 'accent' },
  ];
}

/**
 * @param {MrrTotal | null} total
 * @param {View} view
 */
function sentenceOf(total, { currency }) {
  const moved = movementKinds.map(
    ({ name, label }) => `${label} ${format.money(total?.[name], currency, { isSigned: true })}`,
  );
  return `Waterfall: opening ${format.money(total?.opening, currency)}, ${moved.join(', ')}, closing ${format.money(total?.closing, currency)}. Arrow keys move along the steps, Enter opens one.`;
}

/**
 * @param {View} view
 * @param {keyof Movements | undefined} movement
 */
function open({ from, to, currency, openMovements }, movement) {
  openMovements({ from, to, currency, movement });
}

/** @param {Movements} total */
function netOf(total) {
  return movementKinds.reduce((sum, { name }) => sum + Number(total[name]), 0);
}
