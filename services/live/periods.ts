import { Temporal } from 'temporal-polyfill';

/** A period of time, half-open, in milliseconds since the epoch. */
export type Period = { readonly from: number; readonly to: number };

/** The day, the month and the last hour that `now` lies in, as the reporting zone has them. */
export function periodsAt(now: number, zone: string): { today: Period; month: Period; lastHour: Period } {
  const day = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).startOfDay();
  const month = day.with({ day: 1 }).startOfDay();
  return {
    today: { from: day.epochMilliseconds, to: day.add({ days: 1 }).epochMilliseconds },
    month: { from: month.epochMilliseconds, to: month.add({ months: 1 }).epochMilliseconds },
    lastHour: { from: now - 3_600_000, to: now },
  };
}
