import type { Instant } from '@tidemark/metrics/definition/definition';

/**
 * Which entities want waking, and when: a binary heap with lazy deletion, so that setting is O(log n) and a changed
 * wake leaves its old entry behind to be passed over.
 */
export class Wakes {
  readonly #current = new Map<string, Instant>();
  readonly #heap: { at: Instant; id: string }[] = [];

  /** Entities that want waking at some time. */
  get size(): number {
    return this.#current.size;
  }

  /** Sets or, with `Infinity`, clears the instant at which an entity wants waking. */
  set(id: string, at: Instant): void {
    if (at === Infinity) {
      this.#current.delete(id);
      return;
    }
    if (this.#current.get(id) === at) return;
    this.#current.set(id, at);
    this.#push({ at, id });
  }

  /** The entities due strictly before `clock`, earliest first, at most `limit`; they are no longer set afterwards. */
  take(clock: Instant, limit: number): string[] {
    const due: string[] = [];
    for (let top = this.#heap[0]; top !== undefined && due.length < limit; top = this.#heap[0]) {
      const isCurrent = this.#current.get(top.id) === top.at;
      if (isCurrent && !(top.at < clock)) break;
      this.#pop();
      if (!isCurrent) continue;
      this.#current.delete(top.id);
      due.push(top.id);
    }
    return due;
  }

  #push(entry: { at: Instant; id: string }): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (heap[parent]!.at <= entry.at) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
