/** The tasks of an instance commit for this share of the time, all together, as far as the longest interval lets them. */
const committingShare = 0.25;
/** Counters need not be fresher than this, however quick commits are. */
const intervalMsMin = 50;
/** So many transactions weigh in the mean. */
const remembered = 8;

/**
 * How often the tasks of one instance commit. A transaction costs the broker nearly the same whatever is in it, and each
 * task has its own. So the interval grows with the number of tasks and with the time that a commit takes, which is long
 * where the broker is busy.
 */
export class CommitPace {
  readonly #intervalMsMax: number;
  #tasks = 0;
  #meanMs = 0;

  /** @param intervalMsMax The longest interval, however long commits take. */
  constructor(intervalMsMax: number) {
    this.#intervalMsMax = intervalMsMax;
  }

  /** A task begins to commit; call what is returned when it has ended. */
  join(): () => void {
    this.#tasks += 1;
    return () => void (this.#tasks -= 1);
  }

  /** A transaction was committed within so many milliseconds. */
  committed(tookMs: number): void {
    this.#meanMs += (tookMs - this.#meanMs) / remembered;
  }

  /** The time from one transaction's begin to the next one's, for each task, in milliseconds. */
  get intervalMs(): number {
    const fairMs = (this.#tasks * this.#meanMs) / committingShare;
    return Math.min(Math.max(fairMs, intervalMsMin), this.#intervalMsMax);
  }
}
