import { setTimeout as sleep } from 'node:timers/promises';
import { families, topicOf, type Family } from '@tidemark/events/families';
import type { Delivery } from '@tidemark/kafka/partition-fetcher';
import { isFailure } from '@tidemark/service/failures';
import type { ProcessorContext } from './context.ts';
import { stateFailure } from './store-failures.ts';
import { BatchFailure, Suspects } from './suspects.ts';
import { mayRestart, TaskRunner } from './task-runner.ts';

const restartPauseMs = { first: 200, most: 10_000 };
const fencedPauseMs = 3_000;
/** A task that ran for so long starts its pauses from the beginning. */
const steadyMs = 30_000;

const familyOf = new Map<string, Family>(families.map((family) => [topicOf(family), family]));

type Held = {
  runner: TaskRunner | undefined;
  readonly ended: AbortController;
  done: Promise<void>;
  readonly suspects: Suspects;
  /** When its store was last thrown away as damaged, in milliseconds since the epoch. */
  rebuiltAt: number;
};

/** A store that is damaged again so soon after it was rebuilt is not mended by rebuilding it. */
const rebuildAgainAfterMs = 60 * 60_000;

/**
 * The tasks of the partitions that this process is assigned. One that fails is made anew, from what was committed, for as
 * long as the partition is assigned; one that stays assigned over a rebalance goes on undisturbed, for had another
 * process owned it in between, its producer would be fenced.
 */
export class Tasks {
  readonly #context: ProcessorContext;
  readonly #onFatal: (error: unknown) => void;
  readonly #held = new Map<number, Held>();
  /** Ends of tasks whose partition was taken away; the next task of a partition begins after the last one's end. */
  readonly #leaving = new Map<number, Promise<void>>();
  /** Settled with the next assignment; `undefined` while there is one. */
  #assignment: PromiseWithResolvers<void> | undefined;

  constructor(context: ProcessorContext, onFatal: (error: unknown) => void) {
    this.#context = context;
    this.#onFatal = onFatal;
  }

  /** The tasks that run now. */
  get running(): readonly TaskRunner[] {
    return [...this.#held.values()].flatMap(({ runner }) => (runner === undefined ? [] : [runner]));
  }

  /** Partitions assigned whose task is not ready yet. */
  get starting(): readonly number[] {
    return [...this.#held].filter(([, { runner }]) => !runner?.isReady).map(([partition]) => partition);
  }

  /** Hands on what was fetched. */
  deliver(delivery: Delivery): void {
    const family = familyOf.get(delivery.topic);
    if (family !== undefined) this.#held.get(delivery.partition)?.runner?.offer(family, delivery);
  }

  /** The assignment is over: nothing is begun before the next one. */
  async suspend(): Promise<void> {
    this.#assignment ??= Promise.withResolvers();
    await Promise.all(this.running.map((runner) => runner.suspend()));
  }

  /**
   * Makes the assigned partitions the ones that are worked on, at once: a task that is slow to end, as in a fence, keeps none
   * but its own partition waiting, and no later assignment overtakes an earlier one. Resolves when what was taken away has
   * ended.
   */
  async assign(partitions: readonly number[]): Promise<void> {
    for (const [partition, held] of this.#held)
      if (!partitions.includes(partition)) this.#release(partition, held);
    this.#assignment?.resolve();
    this.#assignment = undefined;
    for (const partition of partitions) {
      const known = this.#held.get(partition);
      known?.runner?.resume();
      if (known !== undefined) continue;
      const held: Held = {
        runner: undefined,
        ended: new AbortController(),
        done: Promise.resolve(),
        suspects: new Suspects(),
        rebuiltAt: -Infinity,
      };
      this.#held.set(partition, held);
      held.done = this.#begin(partition, held);
    }
    await Promise.all(this.#leaving.values());
  }

  /** Ends all tasks in an orderly way. */
  async stop(): Promise<void> {
    await this.assign([]);
  }

  #release(partition: number, held: Held): void {
    held.ended.abort();
    this.#held.delete(partition);
    const ended = held.done.finally(() => {
      if (this.#leaving.get(partition) === ended) this.#leaving.delete(partition);
    });
    this.#leaving.set(partition, ended);
  }

  async #begin(partition: number, held: Held): Promise<void> {
    await this.#leaving.get(partition);
    await this.#keepRunning(partition, held);
  }

  async #keepRunning(partition: number, held: Held): Promise<void> {
    const { log, now } = this.#context;
    const { signal } = held.ended;
    let pauseMs = restartPauseMs.first;
    let rebuild = false;
    while (!signal.aborted) {
      await this.#assignment?.promise;
      if (signal.aborted) return;
      const startedAt = now();
      const failure = await this.#runOnce(partition, held, rebuild);
      if (failure === undefined || signal.aborted) return;
      const learned = held.suspects.learn(failure.error);
      const error = failure.error instanceof BatchFailure ? failure.error.cause : failure.error;
      rebuild = isFailure(error) && error.retry === 'restore';
      if (rebuild && now() - held.rebuiltAt < rebuildAgainAfterMs) return this.#onFatal(error);
      if (rebuild) held.rebuiltAt = now();
      if (error === failure.error && !mayRestart(error)) return this.#onFatal(error);
      if (learned !== undefined) pauseMs = restartPauseMs.first;
      if (now() - startedAt > steadyMs) pauseMs = restartPauseMs.first;
      // Whoever fenced this task owns the partition; the group is about to say so, and must have the time to.
      if (isFailure(error, 'kafka.fenced')) pauseMs = Math.max(pauseMs, fencedPauseMs);
      log.warn(
        { err: error, partition, pauseMs, learned },
        'Task failed; it begins anew at what was committed.',
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, restartPauseMs.most);
    }
  }

  /** One life of a task, to its failure or its orderly end. */
  async #runOnce(partition: number, held: Held, rebuild: boolean): Promise<{ error: unknown } | undefined> {
    const { signal } = held.ended;
    const failed = Promise.withResolvers<{ error: unknown } | undefined>();
    const end = (): void => failed.resolve(undefined);
    signal.addEventListener('abort', end);
    held.suspects.begin();
    const runner = new TaskRunner(partition, this.#context, held.suspects);
    held.runner = runner;
    try {
      await runner.start(signal, rebuild, (error) => failed.resolve({ error: stateFailure(error) }));
      return await failed.promise;
    } catch (error) {
      return { error: stateFailure(error) };
    } finally {
      signal.removeEventListener('abort', end);
      held.runner = undefined;
      await runner.stop();
    }
  }
}
