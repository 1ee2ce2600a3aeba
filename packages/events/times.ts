/** Texts of times and dates, read strictly, without `Date`. */

const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** The first instant an event may have (rule 49): the epoch. */
export const instantMin = 0; // 1970-01-01T00:00:00Z
/** The last one: the end of the last year of RFC 3339. */
export const instantMax = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

/**
 * The least integer that is taken for milliseconds (rule 49): 1973-03-03. A smaller one is nearly always a time in
 * seconds; whoever means those three years writes them as RFC 3339.
 */
export const millisecondsMin = 100_000_000_000;

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 to a date that exists. */
function epochDay(year: number, month: number, day: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return 365 * year + leaps + daysBeforeMonth[month - 1]! + leapDay + day - 719_528;
}

/** The number that `length` digits make, NaN where there is another character. */
function digits(text: string, from: number, length: number): number {
  let value = 0;
  for (let at = from; at < from + length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = 10 * value + digit;
  }
  return value;
}

/**
 * Days from 1970-01-01 to the date at the beginning of a text, as `2026-05-31`.
 *
 * @returns NaN when there is no such date.
 */
function dayAtStart(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (text[4] !== '-' || text[7] !== '-') return Number.NaN;
  const exists = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  return exists ? epochDay(year, month, day) : Number.NaN;
}

/** Days from 1970-01-01 to a date such as `2026-05-31`; `undefined` when the text is none. */
export function parseDate(text: string): number | undefined {
  const day = text.length === 10 ? dayAtStart(text) : Number.NaN;
  return Number.isNaN(day) ? undefined : day;
}

/** The offset at the end of an RFC 3339 time in minutes; NaN when it is missing or none. */
function offsetMinutes(text: string, from: number): number {
  const mark = text[from];
  if ((mark === 'Z' || mark === 'z') && text.length === from + 1) return 0;
  if ((mark !== '+' && mark !== '-') || text.length !== from + 6 || text[from + 3] !== ':') return Number.NaN;
  const hours = digits(text, from + 1, 2);
  const minutes = digits(text, from + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (mark === '-' ? -1 : 1) * (60 * hours + minutes);
}

/**
 * Milliseconds since the epoch of an RFC 3339 time with offset, such as `2026-05-31T12:00:00.5+02:00`. Parts of a
 * millisecond are cut, not rounded. A text without an offset, a date alone and a second 60 are no such time (rule 32).
 *
 * @returns `undefined` when the text is no such time.
 */
export function parseInstant(text: string): number | undefined {
  const day = dayAtStart(text);
  const hours = digits(text, 11, 2);
  const minutes = digits(text, 14, 2);
  const seconds = digits(text, 17, 2);
  if (text[10] !== 'T' && text[10] !== 't') return undefined;
  if (text[13] !== ':' || text[16] !== ':' || !(hours <= 23 && minutes <= 59 && seconds <= 59))
    return undefined;
  let at = 19;
  let ms = 0;
  if (text[at] === '.') {
    const from = at + 1;
    for (at = from; digits(text, at, 1) >= 0; at += 1)
      if (at - from < 3) ms += digits(text, at, 1) * 10 ** (2 - (at - from));
    if (at === from) return undefined;
  }
  const instant =
    86_400_000 * day + 60_000 * (60 * hours + minutes - offsetMinutes(text, at)) + 1000 * seconds + ms;
  return Number.isNaN(instant) ? undefined : instant;
}
