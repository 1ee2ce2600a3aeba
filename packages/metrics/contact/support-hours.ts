import { parseDate } from '@tidemark/events/times';
import type { Instant } from '../definition/definition.ts';
import { instantOf, isTimeZone, localDayOf } from './zone.ts';

/** Times of a day, in minutes since its midnight on the clock; 1440 is the next midnight. */
type Times = readonly { readonly from: number; readonly to: number }[];

/** When support works (rule 60): times by weekday, from Monday on, and of single dates by their day since 1970. */
export type SupportHours = {
  readonly zone: string;
  readonly weekdays: readonly Times[];
  readonly dates: ReadonlyMap<number, Times>;
};

const dayMs = 86_400_000;
const minuteMs = 60_000;
const names = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];

/** What a text of hours looks like, for settings and their errors. */
export const supportHoursForm = 'hours such as Mo-Fr 09:00-17:00 Europe/Berlin; 2026-12-25 off';

/**
 * Reads hours: rules between semicolons, each of weekdays or a date with times or `off`, one of them with the time zone.
 * A later rule replaces an earlier one of the same day; a date goes before weekdays.
 *
 * @returns `undefined` when the text is none, or names no time of a weekday.
 */
export function parseSupportHours(text: string): SupportHours | undefined {
  const weekdays: Times[] = names.map(() => []);
  const dates = new Map<number, Times>();
  let zone: string | undefined;
  for (const rule of text.split(';')) {
    const [days = '', hours = '', place, ...rest] = rule.trim().split(/\s+/);
    if (rest.length > 0 || (place !== undefined && (zone !== undefined || !isTimeZone(place))))
      return undefined;
    zone ??= place;
    const times = timesOf(hours);
    const date = parseDate(days);
    const week = date === undefined ? weekOf(days) : [];
    if (times === undefined || week === undefined) return undefined;
    for (const day of week) weekdays[day] = times;
    if (date !== undefined) dates.set(date, times);
  }
  if (zone === undefined || weekdays.every((times) => times.length === 0)) return undefined;
  return { zone, weekdays, dates };
}

/** `Mo-Fr`, `Sa`, `Mo,We-Fr`: weekdays from 0 for Monday. */
function weekOf(text: string): readonly number[] | undefined {
  const days: number[] = [];
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-');
    const [from, to] = [names.indexOf(first), names.indexOf(last)];
    if (rest.length > 0 || from === -1 || to < from) return undefined;
    for (let day = from; day <= to; day++) days.push(day);
  }
  return days;
}

/** `09:00-12:00,13:00-17:00`, in order and apart, or `off`. */
function timesOf(text: string): Times | undefined {
  if (text === 'off') return [];
  const times: { from: number; to: number }[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d\d):([0-5]\d)-(\d\d):([0-5]\d)$/.exec(part);
    if (match === null) return undefined;
    const [, h1, m1, h2, m2] = match;
    const [from, to] = [Number(h1) * 60 + Number(m1), Number(h2) * 60 + Number(m2)];
    if (from < (times.at(-1)?.to ?? 0) || to <= from || to > 1440) return undefined;
    times.push({ from, to });
  }
  return times;
}

/** Days whose times as instants are remembered: more than a case lasts, little in memory. */
const rememberedMax = 20_000;

/**
 * The time within the hours, as a function of two instants, in milliseconds: 0 where the second is not later. What the
 * clock skips is no time; a time of a day that comes twice is the first.
 */
export function workedMsWithin(hours: SupportHours): (from: Instant, to: Instant) => number {
  const { zone, weekdays, dates } = hours;
  const remembered = new Map<number, readonly { from: Instant; to: Instant }[]>();
  const timesOfDay = (day: number): readonly { from: Instant; to: Instant }[] => {
    const known = remembered.get(day);
    if (known !== undefined) return known;
    // 1 January 1970 was a Thursday.
    const times = dates.get(day) ?? weekdays[(day + 3) % 7] ?? [];
    const at = (minutes: number): Instant => instantOf(day * dayMs + minutes * minuteMs, zone);
    const instants = times.map(({ from, to }) => ({ from: at(from), to: at(to) }));
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.set(day, instants);
    return instants;
  };
  return (from, to) => {
    if (to <= from) return 0;
    let workedMs = 0;
    const last = localDayOf(to, zone);
    for (let day = localDayOf(from, zone); day <= last; day++)
      for (const time of timesOfDay(day))
        workedMs += Math.max(0, Math.min(time.to, to) - Math.max(time.from, from));
    return workedMs;
  };
}
