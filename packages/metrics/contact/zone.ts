/** Time zones, by the names and the rules that come with the language. Pure: the same instant and zone give the same clock. */
import type { Instant } from '../definition/definition.ts';

const dayMs = 86_400_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Whether this is the name of a time zone, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && clockOf(name) !== undefined;
  } catch {
    return false;
  }
}

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    clocks.set(zone, clock);
  }
  return clock;
}

/** How far the zone's clock is ahead of UTC at an instant: written as `GMT`, `GMT+05:30` or `GMT-00:44:30`. */
function aheadMs(at: Instant, zone: string): number {
  const name = clockOf(zone)
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName');
  const [, sign, hours = 0, minutes = 0, seconds = 0] =
    /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name?.value ?? '') ?? [];
  const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -1000 : 1000) * magnitude;
}

/** What the zone's clock shows at an instant, as if that clock were one of UTC. */
const shownAt = (at: Instant, zone: string): Instant => at + aheadMs(at, zone);

/** The day that the zone's calendar shows at an instant, in days since 1970. */
export function localDayOf(at: Instant, zone: string): number {
  return Math.floor(shownAt(at, zone) / dayMs);
}

/**
 * The instant at which the zone's clock shows a time, given as if that clock were one of UTC: the first one where it
 * comes twice; where the clock skips it, the instant at which it skips.
 */
export function instantOf(shown: Instant, zone: string): Instant {
  const before = shown - aheadMs(shown - dayMs, zone);
  if (shownAt(before, zone) === shown) return before;
  const after = shown - aheadMs(shown + dayMs, zone);
  if (shownAt(after, zone) === shown) return after;
  // The clock is set forward between the two, to a whole second.
  let [earlier, later] = [after, before];
  while (later - earlier > 1000) {
    const middle = earlier + Math.floor((later - earlier) / 2000) * 1000;
    if (shownAt(middle, zone) < shown) earlier = middle;
    else later = middle;
  }
  return later;
}
