/** The tasks of an instance commit for this share of the time, all together, as far as their bounds let them. */
const committingShare = 0.25;
/** Counters need not be fresher than this, however quick commits are. */
const intervalMsMin = 50;
/** So many records are worth a transaction of their own. */
const worthRecords = 100;
/** While so many wait, a task waits this share of the longest interval at most. */
const busyShare = 1 / 3;
/** So many transactions weigh in the mean. */
const remembered = 8;

/**
 * When the tasks of one instance commit. A transaction costs the broker nearly the same whatever is in it, and each task has its
 * own. What comes after a pause is committed at once. A trickle is committed at ticks of the clock, the longest interval apart:
 * all tasks have the same ticks, so that who reads what they write is woken once for all. Where many records wait, the
 * interval is shorter, and grows with the number of tasks and with the time that a commit takes, which is long where the
 * broker is busy.
 */
export class CommitPace {
  readonly #intervalMsMax: number;
  #tasks = 0;
  #meanMs = 0;

  /** @param intervalMsMax The longest interval, however few records wait and however long commits take. */
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

  /** When a task may commit that has begun to at `lastAt` before and for which so many records wait; milliseconds of a clock that is never set. */
  nextAt(lastAt: number, waiting: number): number {
    const most = this.#intervalMsMax;
    if (waiting < worthRecords) return nextTick(lastAt, most);
    const fairMs = (this.#tasks * this.#meanMs) / committingShare;
    return lastAt + Math.min(Math.max(fairMs, intervalMsMin), most * busyShare);
  }
}

/** The first tick after an instant of a clock that ticks every so often: the same for all who ask. Without ticks it is the instant. */
export function nextTick(at: number, everyMs: number): number {
  return everyMs === 0 ? at : (Math.floor(at / everyMs) + 1) * everyMs;
}
