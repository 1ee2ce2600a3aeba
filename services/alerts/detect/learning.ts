import type { SeriesBook } from '../series/series-book.ts';

/**
 * History may have changed when so much was counted since: a backfill, or history that is being loaded. A day is less than
 * this of the weeks that are learned from, and so are some late events.
 */
const changedShare = 0.05;
const changedMin = 20;

/**
 * What was learned from history: anew each day, since what one more day teaches an hour does not, and as soon as history
 * is not what it was.
 */
export class Learning<T> {
  #day: number | undefined;
  #moved = 0;
  #learned: T | undefined;

  /** @param day Number of the day up to which history goes. */
  of(book: SeriesBook, series: string, day: number, learn: () => T): T {
    const moved = book.moved(series);
    const isChanged = moved - this.#moved > Math.max(changedMin, changedShare * this.#moved);
    if (this.#learned === undefined || this.#day !== day || isChanged) {
      this.#learned = learn();
      this.#day = day;
      this.#moved = moved;
    }
    return this.#learned;
  }
}
