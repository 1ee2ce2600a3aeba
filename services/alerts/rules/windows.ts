import type { Complain, Path } from '@tidemark/service/yaml-file';
import { parseDuration } from '@tidemark/service/settings';
import { bucketMs } from '@tidemark/runtime/counters';

/** Expands `5m..75m` to every minute of the range; returns any other text as it is. */
export function eachMinute(given: string): string[] {
  const match = /^(\d+)m\.\.(\d+)m$/.exec(given);
  if (match === null) return [given];
  const [first, last] = [Number(match[1]), Number(match[2])];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${first + index}m`);
}

/** The length of a window, milliseconds: whole minutes for spikes up to two hours, otherwise whole quarter hours. */
export function whole(given: string, finestMs: number, field: Path, complain: Complain): number {
  const ms = parseDuration(given) ?? 0;
  const unitMs = ms > 2 * 3_600_000 ? bucketMs : finestMs;
  if (ms > 0 && ms % unitMs === 0) return ms;
  const units = unitMs === bucketMs ? 'quarter hours, the unit of the counters' : 'minutes';
  complain(field, `${given} is not a whole number of ${units}`);
  return bucketMs;
}

/** The length of a window that must be a whole number of quarter hours, milliseconds. */
export function wholeBuckets(given: string, field: Path, complain: Complain): number {
  return whole(given, bucketMs, field, complain);
}
