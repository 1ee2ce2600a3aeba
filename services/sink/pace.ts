import type { SinkLimits } from './session-context.ts';

/** An instance inserts for this share of the time, as far as `blockIntervalMsMax` lets it. */
const insertingShare = 0.1;
/** Views need not be fresher than this, however quick ClickHouse is. */
const intervalMsMin = 200;

/**
 * When blocks begin. What a block costs ClickHouse is in the number of its parts and hardly in its rows, so few blocks are
 * cheap, and many make the views fresh. Facts that come after a pause are inserted at once. While they keep coming, the next
 * block waits until this one has taken a tenth of the time since its begin, but no longer than asked.
 */
export class Pace {
  readonly #limits: Pick<SinkLimits, 'blockBytesMax' | 'blockIntervalMsMax'>;
  #notBefore = -Infinity;

  constructor(limits: Pick<SinkLimits, 'blockBytesMax' | 'blockIntervalMsMax'>) {
    this.#limits = limits;
  }

  /** A block was inserted; instants in milliseconds of one clock. */
  inserted(beganAt: number, endedAt: number): void {
    const fairMs = Math.max(intervalMsMin, (endedAt - beganAt) / insertingShare);
    this.#notBefore = beganAt + Math.min(fairMs, this.#limits.blockIntervalMsMax);
  }

  /** How long the next block has to wait from `now` on, in milliseconds; 0 for not. A full one does not wait. */
  waitMs(now: number, waitingBytes: number): number {
    return waitingBytes >= this.#limits.blockBytesMax ? 0 : Math.max(0, this.#notBefore - now);
  }
}
