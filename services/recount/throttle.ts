/** Lets so many things pass in a second, on the average. */
export type Throttle = { readonly take: (count: number) => Promise<void> };

/**
 * A throttle.
 *
 * @param clock The time in milliseconds, and a way to wait.
 */
export function throttle(
  perSecond: number,
  clock: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> },
): Throttle {
  let freeAt = -Infinity;
  return {
    async take(count) {
      const now = clock.now();
      const startsAt = Math.max(now, freeAt);
      freeAt = startsAt + (count / perSecond) * 1_000;
      if (startsAt > now) await clock.sleep(startsAt - now);
    },
  };
}
