// @ts-check
/** What goes on in time, drawn by uPlot, which is served by ourselves. */
// oxlint-disable-next-line import/default -- its types say `export =`, its module has a default
import uPlot from '/vendor/uplot.js';
import { colour, h } from './dom.js';

/** @typedef {{ readonly label: string, readonly colour: string, readonly values: readonly (number | null)[] }} Series */
/** @typedef {() => void} Dispose */

const fontSize = 11;
const font = `${fontSize}px Inter, system-ui, sans-serif`;

/**
 * A line over time.
 *
 * @param {HTMLElement} box
 * @param {object} what
 * @param {readonly number[]} what.times seconds since the epoch
 * @param {readonly Series[]} what.series
 * @param {number} what.height
 * @param {string} what.zone in which the axis is written
 * @param {(value: number) => string} what.axis
 * @param {(index: number) => string} what.readout what stands at the cursor
 * @param {boolean} [what.isFromZero]
 * @returns {Dispose & { update?: (times: readonly number[], values: readonly (readonly (number | null)[])[]) => void }}
 */
export function lineChart(box, { times, series, height, zone, axis, readout, isFromZero = false }) {
  const note = h('output', { class: 'readout', 'aria-hidden': 'true' });
  box.append(note);
  const axes = { stroke: colour('ink-3'), font, ticks: { show: false }, gap: 6 };
  const grid = { stroke: colour('grid'), width: 1 };
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
      scales: { x: { time: true }, y: { range: (_plot, min, max) => rangeOf(min, max, isFromZero) } },
      axes: [
        { ...axes, grid: { show: false }, space: 64, size: 26, values: timeLabels(zone) },
        { ...axes, grid, size: 56, values: (_plot, ticks) => ticks.map(axis) },
      ],
      series: [
        {},
        ...series.map(({ label, colour: stroke }, index) => ({
          label,
          stroke,
          width: 1.75,
          points: { show: false },
          ...(index === 0 && isFromZero ? { fill: `${stroke}14` } : {}),
        })),
      ],
      hooks: {
        setCursor: [
          (/** @type {uPlot} */ { cursor }) => {
            note.textContent = typeof cursor.idx === 'number' ? readout(cursor.idx) : '';
          },
        ],
      },
    },
    /** @type {uPlot.AlignedData} */ (
      /** @type {unknown} */ ([times, ...series.map(({ values }) => values)])
    ),
    box,
  );
  const resize = new ResizeObserver(() => {
    if (box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height });
  });
  resize.observe(box);
  /** @type {ReturnType<typeof lineChart>} */
  const dispose = () => {
    resize.disconnect();
    plot.destroy();
    note.remove();
  };
  dispose.update = (newTimes, values) =>
    plot.setData(/** @type {uPlot.AlignedData} */ (/** @type {unknown} */ ([newTimes, ...values])));
  return dispose;
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
