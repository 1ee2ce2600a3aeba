/** The virtual clock: what happens next, at which instant, and to which process. */
import type { SimulatedProcess } from './process.ts';

/** Something that is to happen. */
export type Happening = {
  at: number;
  readonly order: number;
  readonly run: () => void;
  /** Whose it is: it does not happen once that process is dead, and waits while it is halted. */
  readonly process: SimulatedProcess | undefined;
  isCancelled: boolean;
  /** When it would have happened, had its process not been halted. */
  wasAt?: number;
};

const laterThan = (a: Happening, b: Happening): boolean =>
  a.at > b.at || (a.at === b.at && a.order > b.order);

// Taken before anything is replaced.
const nextTurn = setImmediate;

/**
 * Instants in milliseconds since the begin of a run. Nothing takes time but what is asked for, and what is to happen at the
 * same instant happens in the order in which it was asked for. So the same run happens again.
 */
export class Clock {
  /** A binary heap, the earliest first. */
  readonly #heap: Happening[] = [];
  #now = 0;
  #asked = 0;

  /** Milliseconds since the begin of the run. */
  get now(): number {
    return this.#now;
  }

  /** Lets `run` happen after so many milliseconds. */
  after(ms: number, run: () => void, process?: SimulatedProcess): Happening {
    const at = this.#now + Math.max(0, ms);
    const happening = { at, order: this.#asked++, run, process, isCancelled: false };
    this.#push(happening);
    return happening;
  }

  /** Resolves after so many milliseconds, for what is in no process. */
  async wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.after(ms, resolve));
  }

  /** What waits for a process that was halted waits no longer than the process does now. */
  hasten(process: SimulatedProcess): void {
    for (const one of this.#heap)
      if (one.process === process && one.wasAt !== undefined)
        one.at = Math.max(one.wasAt, process.haltedUntil, this.#now);
    this.#heap.sort((a, b) => (laterThan(a, b) ? 1 : -1));
  }

  /**
   * Lets things happen, one after the other, until `isOver`, which is asked after each.
   *
   * @throws Error when nothing is left to happen.
   */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const next = this.#pop();
      if (next === undefined) throw new Error('nothing is left to happen');
      if (next.isCancelled || next.process?.isAlive === false) continue;
      const haltedUntil = next.process?.haltedUntil ?? 0;
      if (haltedUntil > next.at) {
        next.wasAt ??= next.at;
        next.at = haltedUntil;
        this.#push(next);
        continue;
      }
      this.#now = Math.max(this.#now, next.at);
      next.run();
      // All that follows from it without waiting happens first.
      await new Promise((resolve) => nextTurn(resolve));
    }
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(happening);
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!laterThan(heap[above]!, happening)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = happening;
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && laterThan(heap[below]!, heap[below + 1]!)) below++;
      if (!laterThan(last, heap[below]!)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}
