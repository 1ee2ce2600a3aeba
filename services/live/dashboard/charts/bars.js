// @ts-check
import { h } from '/vendor/preact.js';
import { useCallback } from '/vendor/preact-hooks.js';
import * as format from '../lib/format.js';
import { BandChart } from './bands.js';
import { linear, stacked, ticksOf } from './scale.js';

/**
 * @import { Grain } from '../../history-rows.ts'
 * @import { Bands } from './bands.js'
 */

/** @typedef {{ readonly label: string, readonly colour: string, readonly values: readonly number[] }} Series `colour` is a name in base.css */

/**
 * @typedef {object} BarsProps
 * @property {string} id
 * @property {string} label the chart in a sentence
 * @property {readonly string[]} periods first days
 * @property {Grain} grain
 * @property {readonly Series[]} series
 * @property {number} height in pixels
 * @property {boolean} [isWhole] whether the values are counts
 * @property {(value: number) => string} axis
 * @property {(value: number) => string} exact
 * @property {(index: number, label: string | undefined) => void} [onPick] of a period, and of the series whose part was hit
 */

const top = 10;
const bottom = 22;
const right = 4;
const barWidthMax = 26;
const barShare = 0.72;
const digitWidth = 6.4;
const labelWidth = 56;

/**
 * Bars over periods, stacked: what is above 0 upwards, what is below downwards.
 *
 * @param {BarsProps} props
 */
export function Bars({ id, label, periods, grain, series, height, isWhole = false, axis, exact, onPick }) {
  const stacks = periods.map((_, index) => stacked(series.map(({ values }) => values[index] ?? 0)));
  const ends = stacks.flatMap((stack) => stack.map(({ to }) => to));
  const ticks = ticksOf(Math.min(0, ...ends), Math.max(0, ...ends), { isWhole });
  const y = linear([ticks[0] ?? 0, ticks.at(-1) ?? 1], [height - bottom, top]);
  const left = Math.max(34, ...ticks.map((tick) => axis(tick).length * digitWidth + 10));
  const tipOf = useCallback(
    (/** @type {number} */ index) => ({
      title: format.day(periods[index] ?? '', grain),
      lines: linesOf(series, index, exact),
      hint: onPick === undefined ? undefined : 'Click for what is behind it',
    }),
    [series],
  );
  const draw = useCallback(
    (/** @type {Bands} */ bands) => [
      h(YAxis, { ticks, y, left, width: bands.width, axis }),
      h(XAxis, { periods, grain, bands, y: height - 7 }),
      series.map((one, depth) => h(Stack, { key: one.label, series: one, depth, stacks, bands, y })),
      h('line', { class: 'zero', x1: left, x2: bands.width - right, y1: y(0), y2: y(0) }),
    ],
    [series],
  );
  return h(BandChart, {
    id,
    label,
    height,
    count: periods.length,
    margin: { left, right },
    tipOf,
    onPick,
    draw,
  });
}

/**
 * @param {readonly Series[]} series
 * @param {number} index
 * @param {(value: number) => string} exact
 */
function linesOf(series, index, exact) {
  const lines = series
    .map(({ label, colour, values }) => ({ label, colour, value: values[index] ?? 0 }))
    .filter(({ value }) => value !== 0)
    .map(({ label, colour, value }) => ({ label, colour, text: exact(value) }));
  return lines.length > 0 ? lines : [{ label: 'nothing', colour: undefined, text: '' }];
}

/**
 * @typedef {object} StackProps
 * @property {Series} series
 * @property {number} depth which of the stacked ones it is
 * @property {readonly (ReturnType<typeof stacked>)[]} stacks one a period
 * @property {Bands} bands
 * @property {(value: number) => number} y
 */

/** @param {StackProps} props */
function Stack({ series, depth, stacks, bands: { band, centres }, y }) {
  const width = Math.min(barWidthMax, band * barShare);
  return stacks.map((stack, index) => {
    const { from, to } = stack[depth] ?? { from: 0, to: 0 };
    if (from === to) return null;
    return h('rect', {
      key: index,
      x: (centres[index] ?? 0) - width / 2,
      y: Math.min(y(from), y(to)),
      width,
      height: Math.abs(y(from) - y(to)),
      fill: `var(--${series.colour})`,
      'data-part': series.label,
    });
  });
}

/** @param {{ ticks: readonly number[], y: (value: number) => number, left: number, width: number, axis: (value: number) => string }} props */
function YAxis({ ticks, y, left, width, axis }) {
  return ticks.map((tick) => [
    h('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
    h('text', { x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, axis(tick)),
  ]);
}

/**
 * As many labels as there is room for.
 *
 * @param {{ periods: readonly string[], grain: Grain, bands: Bands, y: number }} props
 */
function XAxis({ periods, grain, bands: { band, centres }, y }) {
  const every = Math.max(1, Math.ceil(labelWidth / band));
  return periods.map((period, index) =>
    index % every === 0
      ? h(
          'text',
          { key: period, x: centres[index], y, 'text-anchor': 'middle' },
          format.day(period, grain).replace('week of ', ''),
        )
      : null,
  );
}
