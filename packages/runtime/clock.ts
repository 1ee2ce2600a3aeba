import type { Instant } from '@tidemark/metrics/definition/definition';

/**
 * Where a task's clock of one family stands after a batch. While catching up it is the greatest event time seen, so
 * that a backfill does not publish a flood of premature abandonments and take them back; once caught up, the wall clock.
 * Never ahead of the wall clock, never backwards.
 *
 * @param greatestEventTime The greatest event time of the batch; `-Infinity` for an empty one.
 * @param caughtUp Whether everything received of the family is in.
 */
export function clockAfter(
  clock: Instant,
  greatestEventTime: Instant,
  caughtUp: boolean,
  wallClock: Instant,
): Instant {
  const reached = caughtUp ? wallClock : Math.min(greatestEventTime, wallClock);
  return Math.max(clock, reached);
}
