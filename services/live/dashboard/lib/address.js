// @ts-check
/** What is shown stands in the page's address, so that a view can be sent to others. No DOM: it is tested without a browser. */
import { againstOf, presetDays } from './period.js';

/** @import { Filter } from './filter.js' */

/**
 * What the reader has asked for; what is left out follows from what there is.
 *
 * @typedef {object} Wanted
 * @property {string | undefined} preset a name of `presets`, `undefined` for days of their own
 * @property {string} from used without a preset
 * @property {string} to
 * @property {string | undefined} currency
 * @property {string | undefined} zone
 * @property {string | undefined} against what is compared with: `year`, or a first day; `undefined` for the period right before
 * @property {readonly string[]} tables ids of the panels that are shown as tables
 * @property {Filter} filter
 */

/** @typedef {{ readonly zone: string, readonly currencies: readonly string[] }} Known the reporting zone, and the currencies there are */
/**
 * @typedef {object} Shown
 * @property {string} from
 * @property {string} to
 * @property {string | undefined} preset
 * @property {string} currency
 * @property {string} zone
 * @property {string | undefined} against the first day of the period compared with; `undefined` for the one right before
 */

const defaultPreset = '30d';
/** Shown while no money has come in at all. */
const defaultCurrency = 'EUR';

/**
 * @param {string} search the query of the address
 * @returns {Wanted}
 */
export function wantedFrom(search) {
  const given = new URLSearchParams(search);
  const [from, to] = [given.get('from') ?? '', given.get('to') ?? ''];
  const preset = given.get('period') ?? defaultPreset;
  const against = given.get('against') ?? '';
  const isKnown = presetDays(preset, '2000-01-01') !== undefined;
  return {
    preset: isDay(from) && isDay(to) ? undefined : isKnown ? preset : defaultPreset,
    from,
    to,
    currency: given.get('currency') ?? undefined,
    zone: given.get('zone') ?? undefined,
    against: against === 'year' || isDay(against) ? against : undefined,
    tables: (given.get('tables') ?? '').split(' ').filter((id) => id !== ''),
    filter: { owner: given.get('owner') ?? undefined, segment: given.get('segment') ?? undefined },
  };
}

/**
 * What is shown of what is wanted.
 *
 * @param {Wanted} wanted
 * @param {Known} known
 * @param {readonly string[]} zones to choose from
 * @param {string} today in the reporting zone
 * @returns {Shown}
 */
export function shownOf(
  { preset, from, to, currency, zone, against },
  { zone: reportingZone, currencies },
  zones,
  today,
) {
  const days = (preset === undefined ? undefined : presetDays(preset, today)) ?? { from, to };
  return {
    ...days,
    preset,
    currency: currencies.find((one) => one === currency) ?? currencies[0] ?? defaultCurrency,
    zone: zones.find((one) => one === zone) ?? reportingZone,
    against: againstOf(against, days),
  };
}

/**
 * @param {Wanted} wanted
 * @returns {string} the query that says so
 */
export function searchOf({ preset, from, to, currency, zone, against, tables, filter }) {
  const query = new URLSearchParams(preset === undefined ? { from, to } : { period: preset });
  if (currency !== undefined) query.set('currency', currency);
  if (zone !== undefined) query.set('zone', zone);
  if (against !== undefined) query.set('against', against);
  if (filter.owner !== undefined) query.set('owner', filter.owner);
  if (filter.segment !== undefined) query.set('segment', filter.segment);
  if (tables.length > 0) query.set('tables', tables.join(' '));
  return `?${query}`;
}

/** @param {string} text */
function isDay(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}
