import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import type { Certificate } from './forget/certificate.ts';
import type { Subjects } from './renaming.ts';

/** An erasure that is under way. */
export type Running = {
  readonly id: string;
  readonly customers: number;
  /** What it does, a sentence. */
  readonly step: string;
  /** Where, within the step; `null` at its beginning. */
  readonly place: string | null;
  /** Why it was cut off the last time, before it was gone on with; `null` when it was not. */
  readonly trouble: string | null;
};

/** What an erasure reports while it works. */
export type Course = {
  readonly id: string;
  /** Called once it will be done even if this process ends. */
  readonly onBegun: () => void;
  readonly report: (sentence: string) => void;
  readonly onPlace: (place: string) => void;
};

/** Erases customers, or goes on with what is not done when none are given. */
export type Erase = (ids: Subjects, course: Course) => Promise<Certificate>;

const againAfterMs = 60_000;

/** Runs erasures, one at a time. One that has begun is tried until it is done. */
export class Erasures {
  readonly #erase: Erase;
  readonly #log: Log;
  readonly #ending: AbortSignal;
  #running: Running | undefined;

  constructor(erase: Erase, log: Log, ending: AbortSignal) {
    this.#erase = erase;
    this.#log = log;
    this.#ending = ending;
  }

  /** The one that is under way. */
  get running(): Running | undefined {
    return this.#running;
  }

  /**
   * Begins an erasure.
   *
   * @returns Its id, once it will be done.
   * @throws Failure of what forbids it; then nothing has begun.
   */
  async begin(ids: Subjects): Promise<string> {
    if (this.#running !== undefined)
      throw new Failure('settings.invalid', 'another erasure is under way: ask again when it is done');
    const id = randomUUID();
    const begun = Promise.withResolvers<void>();
    this.#running = { id, customers: ids.size, step: 'It begins.', place: null, trouble: null };
    void this.#run(ids, id, begun);
    await begun.promise;
    return id;
  }

  /** Goes on with an erasure that a process before has begun. */
  resume(id: string, customers: number): void {
    this.#running = { id, customers, step: 'It is gone on with.', place: null, trouble: null };
    const begun = Promise.withResolvers<void>();
    begun.resolve();
    void this.#run(new Set(), id, begun, true);
  }

  async #run(
    ids: Subjects,
    id: string,
    begun: PromiseWithResolvers<void>,
    hasBegunBefore = false,
  ): Promise<void> {
    let hasBegun = hasBegunBefore;
    const course: Course = {
      id,
      onBegun: () => {
        hasBegun = true;
        begun.resolve();
      },
      report: (step) => this.#note({ step, place: null }),
      onPlace: (place) => this.#note({ place }),
    };
    while (!this.#ending.aborted)
      try {
        const { customers, entities } = await this.#erase(hasBegun ? new Set() : ids, course);
        this.#log.info({ id, customers, entities }, 'Customers are erased.');
        break;
      } catch (error) {
        if (!hasBegun) {
          begun.reject(error);
          break;
        }
        this.#log.error({ err: error, id }, 'An erasure was cut off; it is gone on with.');
        if (isFailure(error, 'kafka.instance-taken')) break;
        this.#note({ trouble: error instanceof Error ? error.message : String(error) });
        await sleep(againAfterMs, undefined, { signal: this.#ending }).catch(() => undefined);
      }
    this.#running = undefined;
  }

  #note(change: Partial<Running>): void {
    if (this.#running !== undefined) this.#running = { ...this.#running, ...change };
  }
}
