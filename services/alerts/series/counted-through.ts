import type { FactRow } from '@tidemark/events/fact-block-codec';
import type { Family } from '@tidemark/events/families';
import type { Instant } from './series-store.ts';

/** How far each family is counted, from the facts of the kind `progress`. */
export class CountedThrough {
  readonly #partitions: readonly number[];
  /** By family and partition, joined by `|`. */
  readonly #reached = new Map<string, Instant>();

  /** @param partitions All of the topics of events: a family is counted as far as the last of them. */
  constructor(partitions: readonly number[]) {
    this.#partitions = partitions;
  }

  /** Notes facts of the kind `progress`. */
  take(facts: readonly FactRow[]): void {
    for (const { family, partition, data_through } of facts)
      this.#reached.set(`${String(family)}|${String(partition)}`, Number(data_through));
  }

  /** The instant up to which all of the families are counted; `undefined` while one of their partitions is unknown. */
  of(families: readonly Family[]): Instant | undefined {
    let least = Infinity;
    for (const family of families)
      for (const partition of this.#partitions) {
        const reached = this.#reached.get(`${family}|${partition}`);
        if (reached === undefined) return undefined;
        least = Math.min(least, reached);
      }
    return least === Infinity ? undefined : least;
  }
}
