// @ts-check
/** What a panel is: data, and how it is asked for and shown. The panel itself is components/panel.js. */
import { h } from '/vendor/preact.js';
import { getJson } from '../lib/requests.js';
import { day } from '../lib/format.js';

/**
 * @import { ComponentChildren } from '/vendor/preact.js'
 * @import { Grain } from '../../history-rows.ts'
 * @import { Filter } from '../lib/filter.js'
 * @import { MovementsAsked } from '../components/drill.js'
 * @import { FigureAsked } from '../components/explain-sheet.js'
 * @import { Table } from '../components/table.js'
 */

/**
 * What all panels are shown for.
 *
 * @typedef {object} View
 * @property {string} from first day
 * @property {string} to last day
 * @property {string | undefined} against the first day of the period compared with; `undefined` for the one right before
 * @property {string} currency
 * @property {(asked: MovementsAsked) => void} openMovements
 * @property {(asked: FigureAsked) => void} openFigure
 */

/**
 * @template Data
 * @typedef {object} PanelSpec
 * @property {string} id
 * @property {string} title
 * @property {string} [aside] what the title leaves open: a unit, a basis
 * @property {string} measure what the figure of the headline is in the catalogue, `view.column`
 * @property {4 | 5 | 7} span of twelve columns
 * @property {(view: View) => Promise<Data>} load
 * @property {(data: Data) => boolean} isEmpty
 * @property {string} empty what stands there when there is nothing
 * @property {(data: Data, view: View) => Headline} headline
 * @property {readonly { label: string, colour: string }[]} [legend] `colour` is a name in base.css
 * @property {(data: Data, view: View) => string} [note]
 * @property {(data: Data, view: View) => ComponentChildren} draw
 * @property {(data: Data, view: View) => Table} [table] the same as a table
 * @property {(data: Data) => readonly object[]} rowsOf the figures as they came, to be kept as a file
 * @property {(filter: Filter) => PanelSpec<Data> | string} [narrowed] the same of the customers of an owner or a segment, where the views
 *   have both, or why there is none
 */

/**
 * @typedef {object} Headline
 * @property {string} figure
 * @property {FigureAsked} [cell] which cell of a view the figure is: a click opens what is behind it
 * @property {{ text: string, tone: string } | undefined} [delta]
 * @property {string} [against] what the delta is against
 * @property {readonly ComponentChildren[]} [facts]
 */

/**
 * A figure behind its name: "Lost **90**".
 *
 * @param {string} label
 * @param {string} value
 */
export function fact(label, value) {
  return h('span', null, `${label} `, h('b', null, value));
}

/**
 * A figure before what it counts: "**90** resolved".
 *
 * @param {string} value
 * @param {string} noun
 * @param {string} [tone]
 */
export function amount(value, noun, tone) {
  return h('span', null, h('b', { 'data-tone': tone }, value), ` ${noun}`);
}

/**
 * A button that looks like a link.
 *
 * @param {string} label
 * @param {() => void} onClick
 */
export function linkButton(label, onClick) {
  return h('button', { type: 'button', class: 'link', onClick }, label);
}

/**
 * Asks for the history of the period and currency that are shown.
 *
 * @param {string} path below `/v1/history`
 * @param {readonly string[]} [expects] fields without which it is no answer
 * @param {Filter} [filter]
 */
export const overPeriod =
  (path, expects = ['rows', 'total', 'before'], filter = {}) =>
  (/** @type {View} */ { from, to, against, currency }) =>
    getJson(`/v1/history/${path}`, { query: { from, to, against, currency, ...filter }, expects });

/**
 * A table of a row a period, the latest first.
 *
 * @template {{ readonly period: string }} Row
 * @param {string} caption
 * @param {{ readonly rows: readonly Row[], readonly grain: Grain }} history
 * @param {Readonly<Record<string, (row: Row) => string>>} columns what stands below each heading, beside the period
 * @returns {Table}
 */
export function periodTable(caption, { rows, grain }, columns) {
  return {
    caption,
    columns: [{ label: 'Period' }, ...numeric(Object.keys(columns))],
    rows: rows
      .toReversed()
      .map((row) => [day(row.period, grain), ...Object.values(columns).map((cell) => cell(row))]),
  };
}

/**
 * Columns of numbers.
 *
 * @param {readonly string[]} labels
 */
export function numeric(labels) {
  return labels.map((label) => ({ label, isNumber: true }));
}

/**
 * What a stacked bar chart draws of the rows of a period.
 *
 * @template {{ readonly period: string }} Row
 * @param {{ readonly rows: readonly Row[], readonly grain: Grain }} history
 * @param {readonly { readonly label: string, readonly colour: string, readonly value: (row: Row) => number }[]} parts
 */
export function barsOf({ rows, grain }, parts) {
  return {
    periods: rows.map(({ period }) => period),
    grain,
    series: parts.map(({ label, colour, value }) => ({ label, colour, values: rows.map(value) })),
  };
}
