// @ts-check
import { h } from '/vendor/preact.js';
import { useCallback } from '/vendor/preact-hooks.js';
import { BandChart } from './bands.js';
import { linear, waterfallOf } from './scale.js';

/** @import { Bands } from './bands.js' */

/** @typedef {{ readonly label: string, readonly value: number, readonly kind: 'standing' | 'rise', readonly colour: string }} Step */

/**
 * @typedef {object} WaterfallProps
 * @property {string} id
 * @property {string} label the chart in a sentence
 * @property {readonly Step[]} steps
 * @property {string} unit what is moved
 * @property {number} height in pixels
 * @property {(value: number) => string} short
 * @property {(value: number) => string} exact
 * @property {(index: number) => void} onPick of a step that is no standing figure
 */

const top = 22;
const narrow = 440;
const barShare = 0.78;
const margin = { left: 2, right: 2 };

/**
 * From an opening to a closing figure. Its axis does not begin at 0 where the steps would be too small to see.
 *
 * @param {WaterfallProps} props
 */
export function Waterfall({ id, label, steps, unit, height, short, exact, onPick }) {
  const tipOf = useCallback(
    (/** @type {number} */ index) => {
      const { label: title, value, kind, colour } = /** @type {Step} */ (steps[index]);
      const hint = kind === 'standing' ? undefined : 'Click for the customers behind it';
      return { title, lines: [{ label: unit, text: exact(value), colour }], hint };
    },
    [steps],
  );
  const draw = useCallback(
    (/** @type {Bands} */ bands) => h(Drawing, { steps, bands, height, short }),
    [steps],
  );
  return h(BandChart, {
    id,
    label,
    height,
    count: steps.length,
    margin,
    tipOf,
    draw,
    onPick: (index) => {
      if (steps[index]?.kind === 'rise') onPick(index);
    },
  });
}

/** @param {{ steps: readonly Step[], bands: Bands, height: number, short: (value: number) => string }} props */
function Drawing({ steps, bands: { width, band, centres }, height, short }) {
  const isNarrow = width < narrow;
  const base = height - (isNarrow ? 58 : 22);
  const { bars, floor, ceiling } = waterfallOf(steps);
  const y = linear([floor, ceiling], [base, top]);
  return [
    bars.map((bar, index) => {
      const { label, value, colour } = /** @type {Step} */ (steps[index]);
      const x = centres[index] ?? 0;
      const place = isNarrow
        ? { 'text-anchor': 'end', transform: `translate(${x + 4} ${base + 14}) rotate(-40)` }
        : { 'text-anchor': 'middle', x, y: height - 6 };
      return [
        h('rect', {
          x: x - (band * barShare) / 2,
          y: y(bar.top),
          width: band * barShare,
          height: y(Math.max(floor, bar.bottom)) - y(bar.top),
          fill: `var(--${colour})`,
        }),
        h('text', { class: 'value', x, y: y(bar.top) - 6, 'text-anchor': 'middle' }, short(value)),
        h('text', place, label),
      ];
    }),
    h('line', { class: 'zero', x1: 0, x2: width, y1: y(Math.max(0, floor)), y2: y(Math.max(0, floor)) }),
  ];
}
