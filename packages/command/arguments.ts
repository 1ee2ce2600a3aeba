import { InvalidArgumentError } from 'commander';
import { parseDuration } from '@tidemark/service/settings';

/** Reads a date or a time, UTC unless it names another zone, as milliseconds since the epoch. */
export function parseTime(given: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('Expected a date or a time such as 2026-05-01 or 2026-05-01T08:00:00Z.');
}

/** Reads a whole number from 1. */
export function parseCount(given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

/**
 * A reader of numbers of a range, both ends included.
 *
 * @param what What is expected, a noun phrase.
 */
export function parseNumber(
  low: number,
  high: number,
  {
    isWhole = false,
    what = `a number from ${low} to ${high}`,
  }: { readonly isWhole?: boolean; readonly what?: string } = {},
): (given: string) => number {
  return (given) => {
    const value = given.trim() === '' ? Number.NaN : Number(given);
    if (value >= low && value <= high && (!isWhole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`Expected ${what}.`);
  };
}

/** Reads a duration, as milliseconds. */
export function parseTimeout(given: string): number {
  const ms = parseDuration(given);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Expected a duration such as 500ms, 30s or 5m.');
}

/** Reads the URL of a server. */
export function parseUrl(given: string): URL {
  const url = URL.parse(given);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:8080.');
}

/** A reader of one of a closed list. */
export function parseOneOf<const Choice extends string>(choices: readonly Choice[]) {
  return (given: string): Choice => {
    const found = choices.find((choice) => choice === given);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Expected one of ${choices.join(', ')}.`);
  };
}
