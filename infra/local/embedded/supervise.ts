import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Child, Exit } from './child.ts';

/** How to keep a child running. */
export type SuperviseOptions = {
  readonly log: Logger;
  /** Called when a child that died is up again. */
  readonly onRestart?: (restart: {
    readonly name: string;
    readonly pid: number;
    readonly exit: Exit;
  }) => void;
  /** Pause before the first restart, in ms; doubles with each that follows soon. */
  readonly pauseMs?: number;
  /** Greatest pause, in ms. */
  readonly pauseMsMax?: number;
  /** After how long a life, in ms, the pause starts from the beginning. */
  readonly steadyMs?: number;
  /** How often a child that has `answers` is asked whether it does, in ms. */
  readonly askEveryMs?: number;
  /** So many askings in a row may fail until the child is killed, to be started again. */
  readonly unansweredMax?: number;
};

/** A child that may be asked whether it still answers; one that lives and is silent is of no use. */
export type Askable = Child & { readonly answers?: () => Promise<boolean> };

/** A child that is started again when it dies. */
export type Supervised<C extends Askable> = {
  readonly name: string;
  /** The child as it runs now, or the last one while it is down. */
  readonly current: () => C;
  /** How often it was started again. */
  readonly restarts: () => number;
  /** Ends the child and the watch over it; also in the middle of a restart. Safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Starts a child and starts it again, after a growing pause, whenever it exits unasked or answers no more.
 *
 * @param name Named in the log.
 * @param start Starts it and waits until it is ready; must give up when the signal aborts.
 * @throws Whatever the first start throws: a child that never ran is a matter for whoever started it.
 */
export async function supervise<C extends Askable>(
  name: string,
  start: (signal: AbortSignal) => Promise<C>,
  options: SuperviseOptions,
): Promise<Supervised<C>> {
  const { log } = options;
  const pauses = { first: options.pauseMs ?? 500, last: options.pauseMsMax ?? 30_000 };
  const stopping = new AbortController();
  let restarts = 0;
  let child = await start(stopping.signal);

  const watch = async (): Promise<void> => {
    let pauseMs = pauses.first;
    while (!stopping.signal.aborted) {
      const since = performance.now();
      const gone = new AbortController();
      void killWhenSilent(name, child, options, AbortSignal.any([gone.signal, stopping.signal]));
      const exit = await child.exited;
      gone.abort();
      if (stopping.signal.aborted) return;
      if (performance.now() - since > (options.steadyMs ?? 60_000)) pauseMs = pauses.first;
      log.warn({ name, ...exit, pauseMs }, 'A child died; it is started again after a pause.');
      pauseMs = await bringBack(exit, pauseMs);
    }
  };
  /** Tries until it is up or `stop` was called; returns the pause before the next restart. */
  const bringBack = async (exit: Exit, firstPauseMs: number): Promise<number> => {
    let pauseMs = firstPauseMs;
    while (!stopping.signal.aborted) {
      try {
        await sleep(pauseMs, undefined, { signal: stopping.signal });
        pauseMs = Math.min(pauseMs * 2, pauses.last);
        child = await start(stopping.signal);
        restarts += 1;
        log.info({ name, pid: child.pid, restarts }, 'A child that had died is up again.');
        options.onRestart?.({ name, pid: child.pid, exit });
        return pauseMs;
      } catch (error) {
        if (!stopping.signal.aborted)
          log.error({ name, err: error, pauseMs }, 'A child could not be started again.');
      }
    }
    return pauseMs;
  };

  const watching = watch();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await child.stop();
    await watching;
    // A restart that was just completing when `stop` was called has left a new child.
    await child.stop();
  };
  let stopped: Promise<void> | undefined;
  return { name, current: () => child, restarts: () => restarts, stop: () => (stopped ??= stop()) };
}

/** Asks a child again and again whether it answers, and kills it after too many askings in vain. Never rejects. */
async function killWhenSilent(
  name: string,
  child: Askable,
  { log, askEveryMs = 5_000, unansweredMax = 6 }: SuperviseOptions,
  ended: AbortSignal,
): Promise<void> {
  if (child.answers === undefined) return;
  let unanswered = 0;
  while (unanswered < unansweredMax) {
    await sleep(askEveryMs, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return;
    const answered = await child.answers().catch(() => false);
    unanswered = answered ? 0 : unanswered + 1;
  }
  if (ended.aborted) return;
  log.warn({ name, pid: child.pid, unanswered }, 'A child lives but does not answer; it is killed.');
  child.kill('SIGKILL');
}
