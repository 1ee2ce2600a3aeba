/** Instants at which rules bite: month ends, changes of the clock, and the very edge of every window. */
import { Temporal } from 'temporal-polyfill';
import { type Draw, chance, pick } from './draw.fixtures.ts';

/** Events lie in `[from, to]`, epoch milliseconds. */
export type Range = { readonly from: number; readonly to: number };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A range of days from an instant on. */
export const rangeFrom = (from: number, days = 250): Range => ({ from, to: from + days * day });

const windows = [30 * minute, 7 * day, 180 * day, 30 * day, hour, day];
const steps: readonly [number, ...number[]] = [
  0,
  1,
  ...windows.flatMap((length) => [length - 1, length, length + 1]),
];
const zones = ['UTC', 'Europe/Berlin', 'America/New_York'];
const edges = new Map<string, readonly [number, ...number[]]>();

/** Starts of months and changes of the clock in the range. */
function edgesOf({ from, to }: Range): readonly [number, ...number[]] {
  const name = `${from} ${to}`;
  const known = edges.get(name);
  if (known) return known;
  const found = zones.flatMap((zone) => {
    const start = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
    const months = Array.from({ length: 12 }, (_, i) =>
      start
        .toPlainDate()
        .with({ day: 1 })
        .add({ months: i + 1 })
        .toZonedDateTime(zone),
    );
    const change = start.getTimeZoneTransition('next');
    const after = change?.getTimeZoneTransition('next');
    return [...months, change, after].flatMap((at) => (at ? [at.epochMilliseconds] : []));
  });
  const within = found.filter((at) => at >= from && at <= to);
  const all: readonly [number, ...number[]] = [from, ...within];
  edges.set(name, all);
  return all;
}

/** An instant of the range, of few: so that events meet, or miss each other by a millisecond. */
export function instantIn(draw: Draw, range: Range): number {
  const at = chance(draw, 40)
    ? pick(draw, edgesOf(range)) + pick(draw, [0, -1, 1, hour])
    : range.from + pick(draw, steps) + pick(draw, steps);
  return Math.min(Math.max(at, range.from), range.to);
}

/** A time in one of the forms that the contract takes. */
export function written(draw: Draw, at: number): string | number {
  const local = (hours: number): string => new Date(at + hours * hour).toISOString().slice(0, -1);
  return pick<() => string | number>(draw, [
    () => at,
    () => new Date(at).toISOString(),
    () => `${local(5.5)}+05:30`,
    () => `${local(-8)}999-08:00`,
  ])();
}
