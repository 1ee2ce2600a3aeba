const hourMs = 3_600_000;

/** Hours in a week. */
export const hoursPerWeek = 168;

/**
 * The hour of the week, from 0 to 167, of an hour given by its number (hours since the epoch). Hours 0 to 23 are one day,
 * and so on. Where clocks change, one hour of that week occurs twice or not at all.
 */
export type HourOfWeek = (hour: number) => number;

/** Hours of the week in UTC. */
export const inUtc: HourOfWeek = (hour) => hour % hoursPerWeek;

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * The hours of the week by the clocks of a time zone: nine on Monday stays nine on Monday when the clocks change.
 *
 * @param zone A name such as Europe/Berlin. Where clocks differ from UTC by half an hour, the beginning of an hour decides.
 * @throws RangeError when there is no such zone.
 */
export function inZone(zone: string): HourOfWeek {
  if (zone === 'UTC') return inUtc;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const known = new Map<number, number>();
  return (hour) => {
    const before = known.get(hour);
    if (before !== undefined) return before;
    const parts = new Map(clock.formatToParts(hour * hourMs).map(({ type, value }) => [type, value]));
    const slot = days.indexOf(parts.get('weekday')!) * 24 + Number(parts.get('hour'));
    known.set(hour, slot);
    return slot;
  };
}
