import { parseDuration } from '@tidemark/service/settings';
import { bucketMs } from '@tidemark/runtime/counters';
import type { Complain, Path } from './schema-errors.ts';

/** `5m..75m` is every minute from the one to the other; anything else is itself. */
export function eachMinute(given: string): string[] {
  const match = /^(\d+)m\.\.(\d+)m$/.exec(given);
  if (match === null) return [given];
  const [first, last] = [Number(match[1]), Number(match[2])];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${first + index}m`);
}

/** A window that counters can be summed over: spikes up to two hours by minutes, all others by quarter hours. */
export function whole(given: string, finestMs: number, field: Path, complain: Complain): number {
  const ms = parseDuration(given) ?? 0;
  const unitMs = ms > 2 * 3_600_000 ? bucketMs : finestMs;
  if (ms > 0 && ms % unitMs === 0) return ms;
  const units = unitMs === bucketMs ? 'quarter hours, in which everything is counted' : 'minutes';
  complain(field, `${given} is not a whole number of ${units}`);
  return bucketMs;
}

/** A stretch in milliseconds that is a whole number of quarter hours. */
export function wholeBuckets(given: string, field: Path, complain: Complain): number {
  return whole(given, bucketMs, field, complain);
}
