// @ts-check
import { h } from '/vendor/preact.js';
import { useMemo } from '/vendor/preact-hooks.js';
import { Funnel } from '../charts/funnel.js';
import { Line } from '../charts/line.js';
import * as format from '../lib/format.js';
import { labelOf, linesMax, numberOf, seriesOf, written } from '../lib/view-series.js';

/**
 * @import { ViewAnswer } from '../../views-api.ts'
 * @import { Row } from '../lib/view-series.js'
 */

const colours = ['accent', 'good', 'bad', 'warn', 'mute', 'good-2'];
const barsMax = 10;

/** @typedef {{ view: ViewAnswer, measure: string, rows: readonly Row[], zone: string }} ChartProps */

/**
 * A figure of any view: over its periods as lines, or of its largest rows as bars.
 *
 * @param {ChartProps} props
 */
export function ViewChart(props) {
  return h(props.view.period === null ? Ranking : Lines, props);
}

/** @param {ChartProps} props */
function Lines({ view, measure, rows, zone }) {
  const { periods, series } = useMemo(() => seriesOf(view, measure, rows), [view, measure, rows]);
  const times = useMemo(() => periods.map((period) => Date.parse(period) / 1_000), [periods]);
  const drawn = series.slice(0, linesMax);
  const others = useMemo(
    () => drawn.slice(1).map(({ values }, index) => ({ values, colour: colours[index + 1] ?? 'mute' })),
    [series],
  );
  const how = howOf(view, measure, rows, zone);
  const dayOf = (/** @type {string} */ period) =>
    view.period?.grain === 'hour' ? format.instant(period, zone) : format.fullDay(period);
  const textOf = (/** @type {number} */ index) =>
    drawn.map(({ values }) => written(values[index], { ...how, isShort: drawn.length > 1 })).join('   ');
  return [
    h(Line, {
      key: `${measure} ${drawn.length}`,
      label: `${format.words(measure)} over ${periods.length} periods, ${drawn.length} ${drawn.length === 1 ? 'line' : 'lines'}; the table below has all figures.`,
      times,
      values: drawn[0]?.values ?? [],
      others,
      height: 220,
      zone: view.period?.grain === 'hour' ? zone : 'Etc/UTC',
      axis: (value) => written(value, { ...how, isShort: true }),
      readout: (index) => (periods[index] === undefined ? '' : `${dayOf(periods[index])}   ${textOf(index)}`),
    }),
    drawn.length > 1 &&
      h(
        'ul',
        { class: 'legend' },
        drawn.map(({ label }, index) =>
          h(
            'li',
            { key: label },
            h('span', { class: 'swatch', style: { background: `var(--${colours[index]})` } }),
            label,
          ),
        ),
      ),
    series.length > linesMax &&
      h(
        'p',
        { class: 'note' },
        `The ${linesMax} largest of ${format.count(series.length)}; a filter shows others.`,
      ),
  ];
}

/** @param {ChartProps} props */
function Ranking({ view, measure, rows, zone }) {
  const how = howOf(view, measure, rows, zone);
  const size = (/** @type {Row} */ row) => Math.abs(numberOf(row[measure]) ?? 0);
  const largest = rows.toSorted((one, other) => size(other) - size(one)).slice(0, barsMax);
  const names = view.dimensions.slice(0, 1);
  return h(Funnel, {
    label: `The ${largest.length} rows with the largest ${format.words(measure)}; the table below has all figures.`,
    stages: largest.map((row) => ({
      label: labelOf(names, row),
      parts: [{ label: measure, value: size(row), colour: Number(row[measure]) < 0 ? 'bad-2' : 'accent' }],
      text: written(row[measure], how),
    })),
  });
}

/**
 * How values of a figure are written: with a currency where all rows have the same.
 *
 * @param {ViewAnswer} view
 * @param {string} measure
 * @param {readonly Row[]} rows
 * @param {string} zone
 */
function howOf({ columns }, measure, rows, zone) {
  const currencies = new Set(rows.map((row) => row['currency']));
  const [only] = currencies;
  return {
    unit: columns.find(({ name }) => name === measure)?.unit ?? 'text',
    currency: currencies.size === 1 && typeof only === 'string' ? only : undefined,
    zone,
  };
}
