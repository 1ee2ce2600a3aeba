import { date, instant, type Column } from './column.ts';
import { zone } from './settings.ts';

/** How long the periods of a view are. */
export type Grain = 'hour' | 'day' | 'week' | 'month';

/** A grain with all that views of it are written with. Periods are those of the reporting zone. */
export type Period = {
  readonly grain: Grain;
  /** How names of views of this grain end. */
  readonly suffix: 'hourly' | 'daily' | 'weekly' | 'monthly';
  /** Name of the column that says which period a row is of. */
  readonly column: 'hour' | 'date' | 'week' | 'month';
  /** The period of an instant, in SQL. */
  readonly of: (instant: string) => string;
  /** That column; `when` says what happened in the period, e.g. `in which the carts were created`. */
  readonly says: (when?: string) => Column;
};

/** A period of whole days. */
export type CivilPeriod = Period & {
  /** The period of a day, in SQL. */
  readonly ofDay: (day: string) => string;
  /** Of an ORDER BY: every period up to that of an instant gets a row. */
  readonly fillTo: (instant: string) => string;
};

const sentence = (text: string, when = ''): string =>
  `${text}${when === '' ? '' : ` ${when},`} in the reporting zone.`;
const dayOf = (at: string): string => `toDate(${at}, ${zone})`;
const weekOf = (at: string): string => `toStartOfWeek(${at}, 1, ${zone})`;
const monthOf = (at: string): string => `toStartOfMonth(${at}, ${zone})`;

const hour: Period = {
  grain: 'hour',
  suffix: 'hourly',
  column: 'hour',
  of: (at) => `toStartOfHour(${at}, ${zone})`,
  says: (when) => instant(`${sentence('Hour', when)} Its start, as an instant.`),
};

/** Days. */
export const day: CivilPeriod = {
  grain: 'day',
  suffix: 'daily',
  column: 'date',
  of: dayOf,
  ofDay: (start) => start,
  fillTo: (at) => `WITH FILL TO ${dayOf(at)} + 1`,
  says: (when) => date(sentence('Day', when)),
};

/** Weeks, each named by its Monday. */
export const week: CivilPeriod = {
  grain: 'week',
  suffix: 'weekly',
  column: 'week',
  of: weekOf,
  ofDay: (start) => `toStartOfWeek(${start}, 1)`,
  fillTo: (at) => `WITH FILL TO ${weekOf(at)} + 7 STEP 7`,
  says: (when) => date(sentence('Monday of the week', when)),
};

/** Months, each named by its first day. */
export const month: CivilPeriod = {
  grain: 'month',
  suffix: 'monthly',
  column: 'month',
  of: monthOf,
  ofDay: (start) => `toStartOfMonth(${start})`,
  fillTo: (at) => `WITH FILL TO addMonths(${monthOf(at)}, 1) STEP toIntervalMonth(1)`,
  says: (when) => date(sentence('First day of the month', when)),
};

/** Every grain. */
export const periods = { hour, day, week, month } as const;

/** The day under way. */
export const today = dayOf('now()');
/** The month under way, by its first day. */
export const thisMonth = monthOf('now()');
