// @ts-check
/** Which days are shown. No DOM: it is tested without a browser. */

import { fullDay } from './format.js';

/** @typedef {{ readonly from: string, readonly to: string }} Days both included, `YYYY-MM-DD` */

const dayMs = 86_400_000;

/** @param {number} ms */
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);

/**
 * @param {string} day
 * @param {number} days
 */
export function addDays(day, days) {
  return dayOf(Date.parse(day) + days * dayMs);
}

/** @param {Days} days */
export function lengthOf({ from, to }) {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1;
}

/**
 * The same day a year before; 28 February for a leap day.
 *
 * @param {string} day
 */
function yearBefore(day) {
  const year = String(Number(day.slice(0, 4)) - 1).padStart(4, '0');
  return day.endsWith('-02-29') ? `${year}-02-28` : `${year}${day.slice(4)}`;
}

/**
 * The first day of the period that is compared with.
 *
 * @param {string | undefined} wanted `year` for a year before, or a first day; `undefined` for the period right before
 * @param {Days} shown
 * @returns {string | undefined} nothing for the period right before, and where the one wanted would reach into the one shown
 */
export function againstOf(wanted, shown) {
  const first = wanted === 'year' ? yearBefore(shown.from) : wanted;
  return first !== undefined && first <= lastAgainst(shown) ? first : undefined;
}

/**
 * The last day on which a period can begin that is compared with the one shown.
 *
 * @param {Days} shown
 */
export function lastAgainst(shown) {
  return addDays(shown.from, -lengthOf(shown));
}

/** The periods to choose from, up to today. */
export const presets = /** @type {const} */ ([
  { name: '7d', label: '7 days' },
  { name: '30d', label: '30 days' },
  { name: '90d', label: '90 days' },
  { name: 'month', label: 'Month' },
  { name: '12m', label: '12 months' },
]);

/**
 * The days of a preset.
 *
 * @param {string} name
 * @param {string} today
 * @returns {Days | undefined} nothing for a name that is none
 */
export function presetDays(name, today) {
  if (name === 'month') return { from: `${today.slice(0, 8)}01`, to: today };
  const length = /** @type {Record<string, number>} */ ({ '7d': 7, '30d': 30, '90d': 90, '12m': 365 })[name];
  return length === undefined ? undefined : { from: addDays(today, 1 - length), to: today };
}

/**
 * The days that one bar stands for, within the period shown.
 *
 * @param {string} first the bar's first day
 * @param {'day' | 'week' | 'month'} grain
 * @param {Days} shown
 * @returns {Days}
 */
export function barDays(first, grain, shown) {
  const start = new Date(`${first}T00:00:00Z`);
  const last =
    grain === 'day'
      ? first
      : grain === 'week'
        ? addDays(first, 6)
        : dayOf(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0));
  return { from: first < shown.from ? shown.from : first, to: last > shown.to ? shown.to : last };
}

/**
 * What is compared with, in words.
 *
 * @param {Days & { against?: string | undefined }} days `against`: the first day of a period of choice
 */
export function beforeWords({ against, ...days }) {
  const length = lengthOf(days);
  if (against !== undefined)
    return length === 1 ? fullDay(against) : `the ${length} days from ${fullDay(against)}`;
  return length === 1 ? 'the day before' : `the ${length} days before`;
}
