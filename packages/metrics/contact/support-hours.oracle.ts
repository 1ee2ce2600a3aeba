/** Time within the hours of support, by a calendar. Rule 60. */
import { Temporal } from 'temporal-polyfill';

const weekdays = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];

/** Whether a rule speaks of a date: by its name, or by that of its weekday. */
function speaksOf(days: string, date: Temporal.PlainDate): boolean {
  if (/^\d/.test(days)) return days === date.toString();
  return days.split(',').some((part) => {
    const [first = '', last = first] = part.split('-');
    const day = date.dayOfWeek - 1;
    return weekdays.indexOf(first) <= day && day <= weekdays.indexOf(last);
  });
}

/** The instant of a time of a day; where the clock skips it, that at which it skips. */
function instantOf(date: Temporal.PlainDate, time: string, zone: string): number {
  const local =
    time === '24:00'
      ? date.add({ days: 1 }).toPlainDateTime('00:00')
      : date.toPlainDateTime(Temporal.PlainTime.from(time));
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(local)) return earlier.epochMilliseconds;
  return earlier.getTimeZoneTransition('next')?.epochMilliseconds ?? earlier.epochMilliseconds;
}

/** Seconds between two instants that are within the hours. */
export function workedSeconds(hours: string, from: number, to: number): number {
  const rules = hours.split(';').map((rule) => rule.trim().split(' '));
  const zone = rules.map(([, , name]) => name).find((name) => name !== undefined) ?? 'UTC';
  const dateAt = (at: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  let worked = 0;
  const end = dateAt(to);
  for (let date = dateAt(from); Temporal.PlainDate.compare(date, end) <= 0; date = date.add({ days: 1 })) {
    const speaking = rules.filter(([days = '']) => speaksOf(days, date));
    const dated = speaking.filter(([days = '']) => /^\d/.test(days));
    const [, times = 'off'] = (dated.length > 0 ? dated : speaking).at(-1) ?? [];
    if (times === 'off') continue;
    for (const time of times.split(',')) {
      const [opens = '', closes = ''] = time.split('-');
      const start = Math.max(from, instantOf(date, opens, zone));
      worked += Math.max(0, Math.min(to, instantOf(date, closes, zone)) - start);
    }
  }
  return worked / 1000;
}
