import type { SeriesStore } from '../series/series-store.ts';

/**
 * History counts as changed once its counters have changed by this share: during a backfill, or while history is loaded.
 * One day is a smaller share of the weeks of history, and so are a few late events.
 */
const changedShare = 0.05;
const changedMin = 20;

const hourMs = 3_600_000;

/** The hours to learn from, numbered from the epoch. */
export type History = {
  /** Days of the month are learned from this hour on. */
  readonly monthlyHour: number;
  /** Hours of the week are learned from this hour on. */
  readonly firstHour: number;
  /** The hour after the last one. */
  readonly endHour: number;
};

/**
 * Days of the month are learned from so many weeks: each day occurs twice or three times. Together with the longest window
 * of the shipped rules they lie within the 100 days for which counters are kept (`COUNTERS_KEPT`).
 */
const monthlyWeeks = 13;

/**
 * The history that ends with a day; `undefined` when it is shorter than `warmUpMs`.
 *
 * @param endDay The day after the last one of the history: days since the epoch.
 */
export function historyOf(
  store: SeriesStore,
  series: string,
  endDay: number,
  { historyMs, warmUpMs }: { readonly historyMs: number; readonly warmUpMs: number },
): History | undefined {
  const endHour = endDay * 24;
  const start = Math.ceil((store.start(series) ?? Infinity) / hourMs);
  const firstHour = Math.max(start, endHour - Math.round(historyMs / hourMs));
  if ((endHour - firstHour) * hourMs < warmUpMs) return undefined;
  return {
    monthlyHour: Math.min(firstHour, Math.max(start, endHour - monthlyWeeks * 7 * 24)),
    firstHour,
    endHour,
  };
}

/**
 * Caches what was learned from history. It is learned again each day, because an hour more changes little, and as soon as
 * history has changed.
 */
export class Learning<T> {
  #day: number | undefined;
  #moved = 0;
  #learned: T | undefined;

  /** @param day Number of the last day of the history. */
  of(store: SeriesStore, series: string, day: number, learn: () => T): T {
    const moved = store.moved(series);
    const isChanged = moved - this.#moved > Math.max(changedMin, changedShare * this.#moved);
    if (this.#learned === undefined || this.#day !== day || isChanged) {
      this.#learned = learn();
      this.#day = day;
      this.#moved = moved;
    }
    return this.#learned;
  }
}
