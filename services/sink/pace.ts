import type { SinkLimits } from './session-context.ts';

/** An instance inserts for this share of the time, as far as the bounds let it. */
const insertingShare = 0.1;
/** Views need not be fresher than this, however quick ClickHouse is. */
const intervalMsMin = 200;
/** So many bytes of facts are worth a block of their own: some hundred rows. */
const worthBytes = 64 * 1024;
/** The tasks of the processor commit at the same time: what comes so long after the first facts goes into their block. Two fetches fit in. */
const gatherMs = 100;
/** While so much waits, the next block waits this share of the longest interval at most. */
const busyShare = 1 / 2;

/**
 * When blocks begin. What a block costs ClickHouse is in the number of its parts and hardly in its rows, so few blocks are
 * cheap, and many make the views fresh. Facts that come after a pause are inserted as soon as those of all tasks are there.
 * Of a trickle a block is made in the longest interval that was asked for. While more waits, the next block begins when this
 * one has taken a tenth of the time, but no later than after half of that interval.
 */
export class Pace {
  readonly #limits: Pick<SinkLimits, 'blockBytesMax' | 'blockIntervalMsMax'>;
  #beganAt = -Infinity;
  #tookMs = 0;
  #waitingSince: number | undefined;

  constructor(limits: Pick<SinkLimits, 'blockBytesMax' | 'blockIntervalMsMax'>) {
    this.#limits = limits;
  }

  /** A block was inserted; instants in milliseconds of one clock. */
  inserted(beganAt: number, endedAt: number): void {
    this.#beganAt = beganAt;
    this.#tookMs = endedAt - beganAt;
    this.#waitingSince = undefined;
  }

  /** How long the next block has to wait from `now` on, in milliseconds; 0 for not. A full one does not wait. */
  waitMs(now: number, waitingBytes: number): number {
    const { blockBytesMax, blockIntervalMsMax: most } = this.#limits;
    if (waitingBytes >= blockBytesMax) return 0;
    if (waitingBytes > 0) this.#waitingSince ??= now;
    if (waitingBytes < worthBytes) {
      const gatheredAt = (this.#waitingSince ?? -Infinity) + Math.min(gatherMs, most);
      return Math.max(0, this.#beganAt + most - now, gatheredAt - now);
    }
    const fairMs = Math.max(intervalMsMin, this.#tookMs / insertingShare);
    return Math.max(0, this.#beganAt + Math.min(fairMs, most * busyShare) - now);
  }
}
