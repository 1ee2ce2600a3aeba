const hourMs = 3_600_000;

/** Hours in a week. */
export const hoursPerWeek = 168;

/**
 * Which hour of the week an hour is, from 0 to 167, by its number (hours since the epoch). Where clocks change, one hour of a
 * week comes twice or not at all. Hours 0 to 23 are one day, and so on.
 */
export type HourOfWeek = (hour: number) => number;

/** Hours of the week in UTC. */
export const inUtc: HourOfWeek = (hour) => hour % hoursPerWeek;

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * Hours of the week as clocks show them somewhere: what is usual at nine on Mondays stays at nine when clocks change.
 *
 * @param zone A name such as Europe/Berlin. Where clocks are off by half an hour, an hour is the one it begins in.
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
