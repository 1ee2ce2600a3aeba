import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';

/** All that happened in a run, as a hash: two runs of the same seed have the same. */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #clock: Clock;
  readonly #say: ((line: string) => void) | undefined;
  #notes = 0;
  #unhashed = '';

  /** @param say Gets each note as a line. */
  constructor(clock: Clock, say?: (line: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** How much was noted. */
  get notes(): number {
    return this.#notes;
  }

  note(who: string, what: string): void {
    const line = `${this.#clock.now.toFixed(1)} ${who} ${what}`;
    this.#notes += 1;
    this.#unhashed += `${line}\n`;
    // Few updates of many lines are cheaper.
    if (this.#unhashed.length > 65_536) this.#update();
    this.#say?.(line);
  }

  /** The hash of all notes, in hexadecimal digits. Nothing can be noted after it. */
  digest(): string {
    this.#update();
    return this.#hash.digest('hex').slice(0, 16);
  }

  #update(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = '';
  }
}
