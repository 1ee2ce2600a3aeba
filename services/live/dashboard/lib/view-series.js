// @ts-check
/** What is drawn of the rows of any view, and how their values are written. No DOM: it is tested without a browser. */
import * as format from './format.js';

/** @import { ViewAnswer } from '../../views-api.ts' */

/** @typedef {Readonly<Record<string, string | number | null>>} Row */
/** @typedef {{ readonly label: string, readonly values: readonly (number | null)[] }} Series */

/** Most lines of a chart: nobody can follow more. */
export const linesMax = 6;

/**
 * A measure over the periods, a line for each combination of values of the dimensions; the largest at any period come first.
 *
 * @param {ViewAnswer} view with periods
 * @param {string} measure
 * @param {readonly Row[]} rows
 * @returns {{ periods: readonly string[], series: readonly Series[] }} all of them
 */
export function seriesOf({ period, dimensions }, measure, rows) {
  const periodOf = (/** @type {Row} */ row) => String(row[period?.column ?? ''] ?? '');
  const periods = [...new Set(rows.map(periodOf))].toSorted();
  const places = new Map(periods.map((name, index) => [name, index]));
  /** @type {Map<string, (number | null)[]>} */
  const lines = new Map();
  for (const row of rows) {
    const label = labelOf(dimensions, row);
    const values = lines.get(label) ?? periods.map(() => null);
    values[places.get(periodOf(row)) ?? 0] = numberOf(row[measure]);
    lines.set(label, values);
  }
  const series = [...lines].map(([label, values]) => ({ label, values }));
  const size = (/** @type {Series} */ { values }) =>
    Math.max(0, ...values.map((value) => Math.abs(value ?? 0)));
  return { periods, series: series.toSorted((one, other) => size(other) - size(one)) };
}

/**
 * The values of the dimensions of a row.
 *
 * @param {readonly string[]} dimensions
 * @param {Row} row
 */
export function labelOf(dimensions, row) {
  return dimensions.map((name) => String(row[name] ?? '') || '–').join(', ');
}

/** @param {string | number | null | undefined} value */
export function numberOf(value) {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/**
 * A value as people write it.
 *
 * @param {string | number | null | undefined} value
 * @param {{ unit: string, currency?: string | undefined, zone: string, isShort?: boolean }} how
 */
export function written(value, { unit, currency, zone, isShort = false }) {
  if (value === null || value === undefined || value === '') return '–';
  if (unit.startsWith('major unit')) {
    const isCurrency = /^[A-Z]{3}$/.test(currency ?? '');
    return isCurrency
      ? format.money(value, String(currency), { isShort, isExact: !isShort })
      : format.decimal(Number(value), 2);
  }
  const number = Number(value);
  switch (unit) {
    case 'count':
    case 'people':
      return isShort ? short(number) : format.count(number);
    case 'fraction':
      return format.percent(number, isShort ? 0 : 2);
    case 'percent':
      return `${format.decimal(number, isShort ? 0 : 1)} %`;
    case 'seconds':
      return format.duration(number);
    case 'date':
      return format.fullDay(String(value));
    case 'instant, UTC':
      return format.instant(String(value), zone);
    case 'text':
      return String(value);
    default:
      return short(number);
  }
}

/** @param {number} value */
function short(value) {
  return value.toLocaleString('en-GB', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}
