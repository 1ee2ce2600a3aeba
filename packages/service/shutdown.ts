import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './failures.ts';
import type { Log } from './log.ts';

/** Something that has to be stopped before the process ends. */
export type Stoppable = { readonly name: string; readonly stop: () => Promise<void> };

/** What a service's `main.ts` holds to end in an orderly way. */
export type Shutdown = {
  /** Adds what is to be stopped; the last added is stopped first. */
  readonly add: (name: string, stop: () => Promise<void>) => void;
  /** Aborted when the end begins. */
  readonly signal: AbortSignal;
  /** Begins the end for a reason that is no signal, such as a fatal failure. Exits with `code`, that of the first reason. */
  readonly end: (code: number) => Promise<never>;
};

/** Waits for `work`, but no longer than `ms`; then throws `stop.timeout`. The work itself goes on. */
export async function within(ms: number, name: string, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(ms, 'late', { signal: timer.signal }).catch(() => 'in time');
  try {
    const first = await Promise.race([work.then(() => 'in time'), late]);
    if (first === 'late') throw new Failure('stop.timeout', `${name} did not stop within ${ms} ms`);
  } finally {
    timer.abort();
  }
}

/**
 * Ends the process on SIGTERM or SIGINT: stops everything added, newest first, within `deadlineMs` in
 * all, then exits with 0 (130 after SIGINT). A second signal ends it at once; a second failure does not. A rejection nobody
 * handles or an exception nobody catches is a bug: it is logged and the process exits with 1, for the
 * restart repairs what was in its transaction.
 */
export function orderlyShutdown(log: Log, deadlineMs = 8_000): Shutdown {
  const stoppables: Stoppable[] = [];
  const ending = new AbortController();
  const endOnce = async (code: number): Promise<never> => {
    ending.abort();
    const failed = await stopAll(stoppables.toReversed(), deadlineMs, log);
    log.info({ code }, 'Stopped.');
    process.exit(failed && code === 0 ? 1 : code);
  };
  let ended: Promise<never> | undefined;
  const end = (code: number): Promise<never> => (ended ??= endOnce(code));
  const signalled = (code: number): void => {
    if (ended !== undefined) process.exit(code);
    void end(code);
  };
  const bug = (error: unknown): void => {
    log.fatal({ err: error }, 'A bug: nobody handled this error.');
    process.exit(1);
  };
  process.on('SIGTERM', () => signalled(0));
  process.on('SIGINT', () => signalled(130));
  process.on('unhandledRejection', bug);
  process.on('uncaughtException', bug);
  return { add: (name, stop) => void stoppables.push({ name, stop }), signal: ending.signal, end };
}

/**
 * Stops all in the order given, each within what is left of the deadline; whatever fails or is late is
 * logged and the next one stopped all the same.
 *
 * @returns Whether anything failed or was late.
 */
export async function stopAll(
  stoppables: readonly Stoppable[],
  deadlineMs: number,
  log: Log,
): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  let failed = false;
  for (const { name, stop } of stoppables) {
    // Even past the deadline each is asked to stop, and given a moment.
    const leftMs = Math.max(50, deadline - performance.now());
    try {
      await within(leftMs, name, stop());
    } catch (error) {
      failed = true;
      log.error({ err: error, part: name }, 'A part did not stop as it should.');
    }
  }
  return failed;
}
