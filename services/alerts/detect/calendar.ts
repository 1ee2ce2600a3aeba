const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Hours in a week. */
export const hoursPerWeek = 168;

/** Where an hour lies in the week and in the month, by the clocks of one time zone. Hours are numbered from the epoch. */
export type Calendar = {
  /**
   * The hour of the week, from 0 to 167. Hours 0 to 23 are one day, and so on. Where clocks change, one hour of that week
   * occurs twice or not at all.
   */
  readonly hourOfWeek: (hour: number) => number;
  /**
   * What its day is called in every month: its number, and `last`, `first working day` or `last working day`. Working days
   * are Monday to Friday, because no holidays are known here.
   */
  readonly dayNames: (hour: number) => readonly string[];
};

/** The calendar of UTC. */
export const inUtc: Calendar = {
  // The epoch was a Thursday; weeks of UTC may begin with any day, as long as it is always the same.
  hourOfWeek: (hour) => hour % hoursPerWeek,
  dayNames: byDay((hour) => {
    const date = new Date(hour * hourMs);
    return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  }),
};

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * The calendar of a time zone: nine on Monday stays nine on Monday when the clocks change, and the 1st begins at its midnight.
 *
 * @param zone A name such as Europe/Berlin. Where clocks differ from UTC by half an hour, the beginning of an hour decides.
 * @throws RangeError when there is no such zone.
 */
export function inZone(zone: string): Calendar {
  if (zone === 'UTC') return inUtc;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const known = new Map<
    number,
    { readonly slot: number; readonly date: readonly [number, number, number] }
  >();
  const placeOf = (hour: number) => {
    let place = known.get(hour);
    if (place === undefined) {
      const parts = new Map(clock.formatToParts(hour * hourMs).map(({ type, value }) => [type, value]));
      const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
      const slot = weekdays.indexOf(parts.get('weekday')!) * 24 + number('hour');
      known.set(hour, (place = { slot, date: [number('year'), number('month'), number('day')] }));
    }
    return place;
  };
  return { hourOfWeek: (hour) => placeOf(hour).slot, dayNames: byDay((hour) => placeOf(hour).date) };
}

/** The names of the day of an hour, computed once a day. */
function byDay(dateOf: (hour: number) => readonly [year: number, month: number, day: number]) {
  const known = new Map<number, readonly string[]>();
  return (hour: number): readonly string[] => {
    const [year, month, day] = dateOf(hour);
    const at = Date.UTC(year, month - 1, day);
    let names = known.get(at);
    if (names === undefined) known.set(at, (names = namesOf(year, month, day)));
    return names;
  };
}

function namesOf(year: number, month: number, day: number): readonly string[] {
  const at = Date.UTC(year, month - 1, day);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const isWorking = (one: number): boolean => {
    const weekday = new Date(at + (one - day) * dayMs).getUTCDay();
    return weekday !== 0 && weekday !== 6;
  };
  const numbers = Array.from({ length: days }, (_, index) => index + 1);
  const names = [String(day)];
  if (day === days) names.push('last');
  if (day === numbers.find(isWorking)) names.push('first working day');
  if (day === numbers.findLast(isWorking)) names.push('last working day');
  return names;
}
