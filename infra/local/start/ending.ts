/** Something that runs and has to be stopped in the end. */
export type Running = { readonly name: string; readonly stop: () => Promise<void> };

/**
 * The order of stopping: first what brings events in, then what works on them, the servers last. So each part can still
 * finish its last transaction.
 */
const order: readonly (readonly string[])[] = [
  ['simulator'],
  ['collector'],
  ['processor'],
  ['sink', 'live', 'alerts'],
  ['clickhouse', 'kafka'],
];

/** Everything that runs, and the way to stop it in order. */
export class Ending {
  readonly #running = new Map<string, Running>();

  /** Adds what runs; in place of the one of the same name. */
  readonly add = (running: Running): void => {
    this.#running.set(running.name, running);
  };

  /**
   * Stops everything in order, each step's parts together; whatever fails does not keep the next from being stopped.
   * Safe to call again: what was stopped is forgotten.
   *
   * @returns What was thrown on the way.
   */
  async stopAll(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (const names of order) {
      const step = names.flatMap((name) => this.#running.get(name) ?? []);
      for (const name of names) this.#running.delete(name);
      const outcomes = await Promise.allSettled(step.map((running) => running.stop()));
      for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason);
    }
    return failures;
  }
}
