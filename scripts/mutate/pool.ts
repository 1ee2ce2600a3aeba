import { Worker } from 'node:worker_threads';
import type { Answer, Baselines, Killer, Task } from './worker.ts';

/** What became of a mutant. */
export type Fate =
  | { readonly outcome: 'killed'; readonly by: NonNullable<Killer> }
  /** The tests did not end. */
  | { readonly outcome: 'timeout' }
  /** No test notices it, but the compiler does. */
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'survived' }
  /** No test reaches it. */
  | { readonly outcome: 'unreached' };

/** Whether no test has noticed a mutant. */
export function isSurvivor({ outcome }: Fate): boolean {
  return outcome === 'survived' || outcome === 'unreached';
}

/** Mutants whose modules stay in a thread's memory before it is replaced. */
const mutantsPerThreadMax = 150;

/** A test that takes longer never ends; those that are run take a second or so. */
const testLimitMs = 10_000;

/** One thread at a time that is asked one thing at a time, and replaced when it does not answer. */
export class Thread {
  #worker: Worker | undefined;
  #mutants = 0;

  /** Runs all tests without a mutant. */
  async baseline(task: Extract<Task, { kind: 'baseline' }>): Promise<Baselines> {
    const answer = await this.#runTask(task, undefined);
    if (answer?.kind !== 'baseline') throw new Error('the tests did not run without a mutant');
    return answer.baselines;
  }

  /** Runs a mutant's tests. */
  async fateOf(task: Extract<Task, { kind: 'mutant' }>): Promise<Fate> {
    if (++this.#mutants > mutantsPerThreadMax) await this.close();
    const answer = await this.#runTask(task, testLimitMs);
    if (answer === undefined) return { outcome: 'timeout' };
    if (answer.kind !== 'mutant') throw new Error('a thread answered something else');
    return answer.killer === undefined ? { outcome: 'survived' } : { outcome: 'killed', by: answer.killer };
  }

  async close(): Promise<void> {
    this.#mutants = 0;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #runTask(task: Task, limitMs: number | undefined): Promise<Answer | undefined> {
    const worker = (this.#worker ??= new Worker(new URL('worker.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // What tests and mutants print is not read.
      stdout: true,
      stderr: true,
    }));
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
    let timer: NodeJS.Timeout | undefined;
    const startTimer = (): void => {
      clearTimeout(timer);
      if (limitMs !== undefined) timer = setTimeout(() => resolve(undefined), limitMs);
    };
    const onMessage = (message: Answer): void => {
      if (message.kind === 'next-test') startTimer();
      else resolve(message);
    };
    const onError = (error: unknown): void => {
      this.#worker = undefined;
      // An error that no test waited for: the mutant made it.
      if (task.kind === 'mutant')
        resolve({ kind: 'mutant', killer: { file: task.mutant.file, name: `(unhandled) ${String(error)}` } });
      else reject(error instanceof Error ? error : new Error(String(error)));
    };
    worker.on('message', onMessage).on('error', onError);
    startTimer();
    worker.postMessage(task);
    const answer = await promise;
    clearTimeout(timer);
    worker.off('message', onMessage).off('error', onError);
    if (answer === undefined) await this.close();
    return answer;
  }
}
