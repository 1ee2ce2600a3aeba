/** Where a generator takes its choices from: a seed, or the numbers fast-check hands it. */
export type Draw = {
  /** A whole number from 0 up to, not including, `limit`. */
  readonly below: (limit: number) => number;
};

/** The same choices for the same seed (mulberry32). */
export function seeded(seed: number): Draw {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
    },
  };
}

/** The given numbers one after the other, then zeros: fewer and smaller numbers make plainer events. */
export function listed(numbers: readonly number[]): Draw {
  let next = 0;
  return { below: (limit) => (numbers[next++] ?? 0) % limit };
}

/** One of a list. */
export function pick<T>(draw: Draw, list: readonly [T, ...T[]]): T {
  return list[draw.below(list.length)] ?? list[0];
}

/** True in about `percent` of a hundred cases; never for a draw of zeros. */
export const chance = (draw: Draw, percent: number): boolean => draw.below(100) >= 100 - percent;

/** A value in about `percent` of a hundred cases, else absent. */
export const maybe = <T>(draw: Draw, percent: number, value: () => T): T | undefined =>
  chance(draw, percent) ? value() : undefined;

/** A whole number between two bounds, both included. */
export const between = (draw: Draw, low: number, high: number): number => low + draw.below(high - low + 1);
