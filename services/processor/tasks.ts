import { setTimeout as sleep } from 'node:timers/promises';
import type { Family } from '@tidemark/events/families';
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

type Assigned = {
  runner: TaskRunner | undefined;
  readonly ended: AbortController;
  done: Promise<void>;
  readonly suspects: Suspects;
  /** When its store was last deleted as damaged, in milliseconds since the epoch. */
  rebuiltAt: number;
  /** Why the task before this one ended; `undefined` for the first. */
  failed: string | undefined;
};

/** A store that is damaged again this soon after it was rebuilt is not rebuilt again. */
const rebuildAgainAfterMs = 60 * 60_000;

/**
 * The tasks of the partitions that this process is assigned. One that fails is made anew, from what was committed, for as
 * long as the partition is assigned; one that stays assigned over a rebalance goes on undisturbed, for had another
 * process owned it in between, its producer would be fenced.
 */
export class Tasks {
  readonly #context: ProcessorContext;
  readonly #onFatal: (error: unknown) => void;
  readonly #familyOfTopic: ReadonlyMap<string, Family>;
  readonly #assigned = new Map<number, Assigned>();
  /** Ends of tasks whose partition was taken away; the next task of a partition begins after the last one's end. */
  readonly #leaving = new Map<number, Promise<void>>();
  /** Settled with the next assignment; `undefined` while there is one. */
  #assignment: PromiseWithResolvers<void> | undefined;

  constructor(context: ProcessorContext, onFatal: (error: unknown) => void) {
    this.#context = context;
    this.#onFatal = onFatal;
    const { families, names } = context;
    this.#familyOfTopic = new Map(families.map((family) => [names.eventsOf(family), family]));
  }

  /** The tasks that run now. */
  get running(): readonly TaskRunner[] {
    return [...this.#assigned.values()].flatMap(({ runner }) => (runner === undefined ? [] : [runner]));
  }

  /** What keeps assigned partitions from being counted now, a sentence each. */
  get waitingFor(): readonly string[] {
    return [...this.#assigned]
      .filter(([, { runner }]) => !runner?.isReady)
      .map(([partition, { failed }]) =>
        failed === undefined
          ? `Partition ${partition} is being restored.`
          : `Partition ${partition} failed and begins anew: ${failed}`,
      );
  }

  /** Hands on what was fetched. */
  deliver(delivery: Delivery): void {
    const family = this.#familyOfTopic.get(delivery.topic);
    if (family !== undefined) this.#assigned.get(delivery.partition)?.runner?.offer(family, delivery);
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
    for (const [partition, assigned] of this.#assigned)
      if (!partitions.includes(partition)) this.#release(partition, assigned);
    this.#assignment?.resolve();
    this.#assignment = undefined;
    for (const partition of partitions) {
      const known = this.#assigned.get(partition);
      known?.runner?.resume();
      if (known !== undefined) continue;
      const assigned: Assigned = {
        runner: undefined,
        ended: new AbortController(),
        done: Promise.resolve(),
        suspects: new Suspects(),
        rebuiltAt: -Infinity,
        failed: undefined,
      };
      this.#assigned.set(partition, assigned);
      assigned.done = this.#begin(partition, assigned);
    }
    await Promise.all(this.#leaving.values());
  }

  /** Ends all tasks in an orderly way. */
  async stop(): Promise<void> {
    await this.assign([]);
  }

  #release(partition: number, assigned: Assigned): void {
    assigned.ended.abort();
    this.#assigned.delete(partition);
    const ended = assigned.done.finally(() => {
      if (this.#leaving.get(partition) === ended) this.#leaving.delete(partition);
    });
    this.#leaving.set(partition, ended);
  }

  async #begin(partition: number, assigned: Assigned): Promise<void> {
    await this.#leaving.get(partition);
    await this.#keepRunning(partition, assigned);
  }

  async #keepRunning(partition: number, assigned: Assigned): Promise<void> {
    const { log, now } = this.#context;
    const { signal } = assigned.ended;
    let pauseMs = restartPauseMs.first;
    let rebuild = false;
    while (!signal.aborted) {
      await this.#assignment?.promise;
      if (signal.aborted) return;
      const startedAt = now();
      const failure = await this.#runOnce(partition, assigned, rebuild);
      if (failure === undefined || signal.aborted) return;
      const learned = assigned.suspects.learn(failure.error);
      const error = failure.error instanceof BatchFailure ? failure.error.cause : failure.error;
      rebuild = isFailure(error) && error.retry === 'restore';
      if (rebuild && now() - assigned.rebuiltAt < rebuildAgainAfterMs) return this.#onFatal(error);
      if (rebuild) assigned.rebuiltAt = now();
      if (error === failure.error && !mayRestart(error)) return this.#onFatal(error);
      if (learned !== undefined) pauseMs = restartPauseMs.first;
      if (now() - startedAt > steadyMs) pauseMs = restartPauseMs.first;
      // Whoever fenced this task owns the partition; the group is about to say so, and must have the time to.
      if (isFailure(error, 'kafka.fenced')) pauseMs = Math.max(pauseMs, fencedPauseMs);
      assigned.failed = error instanceof Error ? error.message : String(error);
      log.warn(
        { err: error, partition, pauseMs, learned },
        'Task failed; it begins anew at what was committed.',
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, restartPauseMs.most);
    }
  }

  /** One life of a task, to its failure or its orderly end. */
  async #runOnce(
    partition: number,
    assigned: Assigned,
    rebuild: boolean,
  ): Promise<{ error: unknown } | undefined> {
    const { signal } = assigned.ended;
    const failed = Promise.withResolvers<{ error: unknown } | undefined>();
    const end = (): void => failed.resolve(undefined);
    signal.addEventListener('abort', end);
    assigned.suspects.begin();
    const runner = new TaskRunner(partition, this.#context, assigned.suspects);
    assigned.runner = runner;
    try {
      await runner.start(signal, rebuild, (error) => failed.resolve({ error: stateFailure(error) }));
      return await failed.promise;
    } catch (error) {
      return { error: stateFailure(error) };
    } finally {
      signal.removeEventListener('abort', end);
      assigned.runner = undefined;
      await runner.stop();
    }
  }
}
