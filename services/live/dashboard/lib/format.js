// @ts-check
/** How numbers, money and times are written. No DOM: it is tested without a browser. */

const nothing = '–';
const minus = '−';
const locale = 'en-GB';

/** @param {string} text */
const withMinus = (text) => text.replace('-', minus);

/**
 * A count, with thousands apart; a text is a count that a number cannot express exactly.
 *
 * @param {number | string | null | undefined} value
 */
export function count(value) {
  if (value === null || value === undefined) return nothing;
  if (typeof value === 'string') return withMinus(BigInt(value).toLocaleString(locale));
  return withMinus(Math.round(value).toLocaleString(locale));
}

/**
 * Money. Amounts below 1,000 have their minor units, others do not: nobody reads the cents of a million. The currency is a symbol
 * that no other currency has (`€`, `US$`, `A$`), or its code. Short amounts have the local symbol: they are in a chart, and its
 * headline names the currency.
 *
 * @param {string | number | null | undefined} amount in major units
 * @param {string} currency ISO 4217
 * @param {{ isShort?: boolean, isSigned?: boolean, isExact?: boolean }} [how] `isExact`: with minor units whatever its size
 */
export function money(amount, currency, { isShort = false, isSigned = false, isExact = false } = {}) {
  if (amount === null || amount === undefined) return nothing;
  const value = Number(amount);
  const isSmall = isExact || Math.abs(value) < 1_000;
  const text = value.toLocaleString(locale, {
    style: 'currency',
    currency,
    currencyDisplay: isShort ? 'narrowSymbol' : 'symbol',
    signDisplay: isSigned ? 'exceptZero' : 'auto',
    ...(isShort && !isSmall
      ? { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 1 }
      : isSmall && !isShort
        ? {}
        : { minimumFractionDigits: 0, maximumFractionDigits: 0 }),
  });
  return withMinus(text);
}

/**
 * A fraction as a percentage.
 *
 * @param {number | null | undefined} fraction
 * @param {number} [digits]
 */
export function percent(fraction, digits = 1) {
  if (fraction === null || fraction === undefined) return nothing;
  return `${withMinus((fraction * 100).toFixed(digits))} %`;
}

/**
 * A number with its sign.
 *
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export function signed(value, digits = 0) {
  if (value === null || value === undefined) return nothing;
  const text = Math.abs(value).toLocaleString(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  if (Number(text.replaceAll(',', '')) === 0) return text;
  return value < 0 ? `${minus}${text}` : `+${text}`;
}

/**
 * A number with a fixed number of decimals.
 *
 * @param {number | null | undefined} value
 * @param {number} digits
 */
export function decimal(value, digits) {
  return value === null || value === undefined ? nothing : withMinus(value.toFixed(digits));
}

/**
 * A length of time in its two greatest units.
 *
 * @param {number | null | undefined} seconds
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return nothing;
  if (seconds < 1) return '< 1 s';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/**
 * A day, or what a week or month is named by.
 *
 * @param {string} day `YYYY-MM-DD`
 * @param {'day' | 'week' | 'month'} [grain]
 */
export function day(day, grain = 'day') {
  const date = new Date(`${day}T00:00:00Z`);
  if (grain === 'month')
    return date.toLocaleDateString(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
  const text = date.toLocaleDateString(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return grain === 'week' ? `week of ${text}` : text;
}

/**
 * A day with its year.
 *
 * @param {string} day `YYYY-MM-DD`
 */
export function fullDay(day) {
  const date = new Date(`${day}T00:00:00Z`);
  return date.toLocaleDateString(locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/**
 * An instant in a zone; with the year where it is not this one.
 *
 * @param {string | number} at ISO 8601, or milliseconds
 * @param {string} zone
 * @param {{ hasDay?: boolean, hasSeconds?: boolean }} [how]
 */
export function instant(at, zone, { hasDay = true, hasSeconds = false } = {}) {
  const isOfOtherYear = hasDay && new Date(at).getUTCFullYear() !== new Date().getUTCFullYear();
  return new Date(at).toLocaleString(locale, {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    ...(hasSeconds ? { second: '2-digit' } : {}),
    ...(hasDay ? { day: 'numeric', month: 'short' } : {}),
    ...(isOfOtherYear ? { year: 'numeric' } : {}),
  });
}

/**
 * A text with the instants in it as people of a zone write them.
 *
 * @param {string} text
 * @param {string} zone
 */
export function instantsIn(text, zone) {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => instant(at, zone));
}

/**
 * A name as it stands in data, for people.
 *
 * @param {string} name such as `in_person`
 */
export function words(name) {
  const text = name.replaceAll(/[_-]/g, ' ');
  return text === '' ? 'unknown' : text;
}

/**
 * What a number is against the one before: the text, and whether that is good news.
 *
 * @param {number | null | undefined} now
 * @param {number | null | undefined} before
 * @param {{ better: 'up' | 'down' | 'neither', in?: 'percent' | 'points' | 'units', unit?: string }} how
 * @returns {{ text: string, tone: 'good' | 'bad' | 'even' } | undefined} nothing where there is nothing to compare with
 */
export function change(now, before, { better, in: how = 'percent', unit = 'pp' }) {
  if (now === null || now === undefined || before === null || before === undefined) return undefined;
  if (how === 'percent' && before === 0) return undefined;
  const by =
    how === 'percent'
      ? ((now - before) / Math.abs(before)) * 100
      : how === 'points'
        ? (now - before) * 100
        : now - before;
  const digits = how === 'units' && unit === '' ? 0 : how === 'points' && Math.abs(by) < 1 ? 2 : 1;
  const written = signed(by, digits);
  const text = `${written}${how === 'percent' ? ' %' : unit === '' ? '' : ` ${unit}`}`;
  const isEven = !/^[+−]/.test(written) || better === 'neither';
  return { text, tone: isEven ? 'even' : by > 0 === (better === 'up') ? 'good' : 'bad' };
}
