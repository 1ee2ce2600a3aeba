/** Calendar of the batch answer: days, ISO weeks and months of the reporting zone, by their first day. */
import { Temporal } from 'temporal-polyfill';

/** How long a period is. */
export type Unit = 'day' | 'week' | 'month';
/** A half-open stretch of time, named by its first day `YYYY-MM-DD`. */
export type Period = { readonly key: string; readonly start: number; readonly end: number };

const quarterHour = 900_000;
const offsets = new Map<string, number>();

/** Milliseconds that local time of the zone is ahead of UTC. No zone in use changes within a quarter of an hour. */
function offsetAt(at: number, zone: string): number {
  const name = `${zone} ${Math.floor(at / quarterHour)}`;
  let offset = offsets.get(name);
  if (offset === undefined) {
    const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    offset = zoned.offsetNanoseconds / 1e6;
    offsets.set(name, offset);
  }
  return offset;
}

/** The local date of an instant. */
export const dateOf = (at: number, zone: string): string =>
  new Date(at + offsetAt(at, zone)).toISOString().slice(0, 10);

/** The start of the local hour, as an ISO instant. */
export const hourOf = (at: number, zone: string): string => iso(hourStart(at, zone));

/** The start of the local hour, in epoch milliseconds. */
export function hourStart(at: number, zone: string): number {
  const offset = offsetAt(at, zone);
  return Math.floor((at + offset) / 3_600_000) * 3_600_000 - offset;
}

/** An instant as canonical text. */
export const iso = (at: number): string => new Date(at).toISOString();

/** The first day of the period that holds a date. */
function firstDay(date: Temporal.PlainDate, unit: Unit): Temporal.PlainDate {
  if (unit === 'month') return date.with({ day: 1 });
  return unit === 'week' ? date.subtract({ days: date.dayOfWeek - 1 }) : date;
}

/** The first day of the period of an instant. */
export const periodOf = (at: number, unit: Unit, zone: string): string =>
  unit === 'month'
    ? `${dateOf(at, zone).slice(0, 7)}-01`
    : firstDay(Temporal.PlainDate.from(dateOf(at, zone)), unit).toString();

const starts = new Map<string, number>();

/** The instant at which a local day begins. */
export function dayStart(date: string, zone: string): number {
  const name = `${zone} ${date}`;
  let start = starts.get(name);
  if (start === undefined) {
    start = Temporal.PlainDate.from(date).toZonedDateTime(zone).startOfDay().epochMilliseconds;
    starts.set(name, start);
  }
  return start;
}

/** The date some days after another. */
export const daysAfter = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);

/** The first day of the period after the one that begins on a day. */
const nextOf = (key: string, unit: Unit): string =>
  unit === 'month' ? `${daysAfter(key, 31).slice(0, 7)}-01` : daysAfter(key, unit === 'week' ? 7 : 1);

/** The period with a given first day. */
export const period = (key: string, unit: Unit, zone: string): Period => ({
  key,
  start: dayStart(key, zone),
  end: dayStart(nextOf(key, unit), zone),
});

/** Every period from the one of `first` to the one of `last`, both included. */
export function periods(first: number, last: number, unit: Unit, zone: string): Period[] {
  const found: Period[] = [];
  const end = periodOf(last, unit, zone);
  for (let key = periodOf(first, unit, zone); key <= end; key = nextOf(key, unit))
    found.push(period(key, unit, zone));
  return found;
}

/** The first day of the month that lies some months after another. */
export const monthsAfter = (month: string, months: number): string =>
  Temporal.PlainDate.from(month).add({ months }).toString();

/** How many months lie between two first days of months. */
export const monthsBetween = (from: string, to: string): number =>
  Temporal.PlainDate.from(from).until(to, { largestUnit: 'month' }).months;
