// @ts-check
/** What goes on in time, drawn by uPlot, which is served by ourselves. */
// oxlint-disable-next-line import/default -- its types say `export =`, its module has a default
import uPlot from '/vendor/uplot.js';
import { h } from '/vendor/preact.js';
import { useContext, useLayoutEffect, useRef } from '/vendor/preact-hooks.js';
import { Theme } from '../components/theme.js';
import { useWidth } from './use-width.js';

/**
 * @typedef {object} LineProps
 * @property {string} label the chart in a sentence
 * @property {readonly number[]} times seconds since the epoch
 * @property {readonly (number | null)[]} values
 * @property {readonly { values: readonly (number | null)[], colour: string }[]} [others] more lines, as many as long as the component is
 *   there; `colour` is a name in base.css
 * @property {number} height in pixels
 * @property {string} zone in which the axis is written
 * @property {(value: number) => string} axis
 * @property {(index: number) => string} readout what stands at the cursor
 * @property {boolean} [isFromZero]
 */

const fontSize = 11;
/** @type {NonNullable<LineProps['others']>} */
const none = [];
const font = `${fontSize}px Inter, system-ui, sans-serif`;

/**
 * A line over time.
 *
 * @param {LineProps} props
 */
export function Line(props) {
  const { label, times, values, others = none, height, zone, isFromZero = false } = props;
  const { box, width } = useWidth();
  const readout = useRef(/** @type {HTMLOutputElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | undefined} */ (undefined));
  // The axis and the readout are asked while the pointer moves, long after they were given.
  const latest = useRef(props);
  latest.current = props;
  const theme = useContext(Theme);
  const data = /** @type {uPlot.AlignedData} */ (
    /** @type {unknown} */ ([times, values, ...others.map((one) => one.values)])
  );

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const onCursor = (/** @type {number | null | undefined} */ index) => {
      if (readout.current !== null)
        readout.current.textContent = typeof index === 'number' ? latest.current.readout(index) : '';
    };
    const colours = ['accent', ...others.map((one) => one.colour)];
    const options = optionsOf({
      zone,
      isFromZero,
      colours,
      axis: (value) => latest.current.axis(value),
      onCursor,
    });
    const drawn = new uPlot({ ...options, width: element.clientWidth, height }, data, element);
    plot.current = drawn;
    return () => drawn.destroy();
  }, [height, zone, isFromZero, theme]);
  useLayoutEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);
  useLayoutEffect(() => plot.current?.setData(data), [times, values, others]);

  return h(
    'div',
    { class: 'chart', role: 'img', 'aria-label': label },
    h('output', { class: 'readout', ref: readout, 'aria-hidden': 'true' }),
    h('div', { ref: box }),
  );
}

/**
 * @param {{ zone: string, isFromZero: boolean, colours: readonly string[], axis: (value: number) => string, onCursor: (index: number | null | undefined) => void }} how
 * @returns {Omit<uPlot.Options, 'width' | 'height'>}
 */
function optionsOf({ zone, isFromZero, colours, axis, onCursor }) {
  const axes = { stroke: colour('ink-3'), font, ticks: { show: false }, gap: 6 };
  return {
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    scales: { x: { time: true }, y: { range: (_plot, min, max) => rangeOf(min, max, isFromZero) } },
    axes: [
      { ...axes, grid: { show: false }, space: 64, size: 26, values: timeLabels(zone) },
      {
        ...axes,
        grid: { stroke: colour('grid'), width: 1 },
        size: 56,
        values: (_plot, ticks) => ticks.map(axis),
      },
    ],
    series: [
      {},
      ...colours.map((name) => ({
        stroke: colour(name),
        width: 1.75,
        // A value between two periods without one is a point, as it is no line.
        points: { show: colours.length > 1, size: 3 },
        ...(isFromZero ? { fill: `${colour(name)}14` } : {}),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx)] },
  };
}

/**
 * @param {string} name of a colour in base.css
 * @returns {string} what it is in the theme that is on
 */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * Labels in the order of day and month that the rest of the page has.
 *
 * @param {string} zone
 */
function timeLabels(zone) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return (
    /** @type {uPlot} */ _plot,
    /** @type {readonly number[]} */ ticks,
    /** @type {number} */ _axis,
    /** @type {number} */ _space,
    /** @type {number} */ step,
  ) =>
    ticks.map((seconds) => {
      const date = uPlot.tzDate(new Date(seconds * 1_000), zone);
      const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
      if (step < 60) return `${time}:${two(date.getSeconds())}`;
      if (step < 86_400) return time;
      const month = date.toLocaleString('en-GB', { month: 'short' });
      return step >= 28 * 86_400
        ? `${month} ’${two(date.getFullYear() % 100)}`
        : `${date.getDate()} ${month}`;
    });
}

/**
 * @param {number} min
 * @param {number} max
 * @param {boolean} isFromZero
 * @returns {[number, number]}
 */
function rangeOf(min, max, isFromZero) {
  if (isFromZero) return [0, max > 0 ? max * 1.15 : 1];
  if (min === null || max === null) return [0, 1];
  const room = (max - min) * 0.12 || Math.abs(max) * 0.02 || 1;
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
}
