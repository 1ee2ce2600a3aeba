import type { SeriesStore } from '../series/series-store.ts';

/**
 * History counts as changed once its counters have changed by this share: during a backfill, or while history is loaded.
 * One day is a smaller share of the weeks of history, and so are a few late events.
 */
const changedShare = 0.05;
const changedMin = 20;

const hourMs = 3_600_000;

/**
 * The first hour of the history that ends with a day; `undefined` when it is shorter than `warmUpMs`. Hours and days are
 * numbered from the epoch.
 *
 * @param endDay The day after the last one of the history.
 */
export function firstHourOf(
  store: SeriesStore,
  series: string,
  endDay: number,
  { historyMs, warmUpMs }: { readonly historyMs: number; readonly warmUpMs: number },
): number | undefined {
  const endHour = endDay * 24;
  const start = store.start(series) ?? Infinity;
  const first = Math.max(Math.ceil(start / hourMs), endHour - Math.round(historyMs / hourMs));
  return (endHour - first) * hourMs < warmUpMs ? undefined : first;
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
