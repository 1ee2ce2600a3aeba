import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a child process ended: its exit code, or the signal that killed it. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A running child process that dies with this one, whatever way this one ends. */
export type Child = {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks the child to end and waits for it; kills it when it takes longer than `graceMs`. Safe to call twice. */
  stop(): Promise<void>;
  /** Sends a signal to the child and all it started. Without effect once it has exited. */
  kill(signal: NodeJS.Signals): void;
};

/** What to run, and how to end it. */
export type ChildOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Where stdout and stderr go: a file, started anew when it has grown past 1 MB; or a function, called with each line.
   */
  readonly output: string | ((line: string) => void);
  /** How long `stop` waits before it kills, in ms. */
  readonly graceMs?: number;
  /** How to ask the child to end. Default: SIGTERM. */
  readonly askToEnd?: (child: { readonly pid: number }) => Promise<void>;
};

const outBytesMax = 1_000_000;

/*
 * The child's stdin is a pipe that only this process keeps open. When this process is gone, even by `kill -9`, the
 * pipe closes and the watcher ends the child's whole process group. The group's id cannot be given to another process
 * while the watcher is in it, so it never hits a stranger. `exec` makes the child's pid the one that spawn returned.
 * What the child writes is for its owner alone.
 */
const guard =
  'umask 077; exec 3<&0; (cat <&3; kill -s KILL -- -$$) >/dev/null 2>&1 & exec 3<&-; exec "$@" </dev/null';

/**
 * Starts a process that ends with this one. It has a process group of its own, so Ctrl-C in a terminal reaches only this
 * process, which then ends its children in order.
 *
 * @throws Error when the process cannot be started at all.
 */
export function spawnGuarded(options: ChildOptions): Child {
  const out = typeof options.output === 'string' ? openOut(options.output) : undefined;
  const child = spawn('/bin/sh', ['-c', guard, 'sh', options.command, ...options.args], {
    detached: true,
    env: options.env ?? process.env,
    stdio: ['pipe', out ?? 'pipe', out ?? 'pipe'],
  });
  if (out !== undefined) closeSync(out);
  if (typeof options.output === 'function') {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', options.output);
    }
  }
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${options.command} could not be started: is /bin/sh there?`);

  let gone = false;
  const exited = new Promise<Exit>((resolve) => {
    // With pipes it is settled after the last line was read, so that an error can quote it.
    child.once(out === undefined ? 'close' : 'exit', (code, signal) => {
      gone = true;
      resolve({ code, signal });
    });
  });
  // A write to a dead child's stdin would be an unhandled error; nothing is ever written to it.
  child.stdin?.on('error', () => undefined);

  const kill = (signal: NodeJS.Signals): void => {
    if (gone) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (gone) return;
    const late = AbortSignal.timeout(options.graceMs ?? 8_000);
    // The watcher is in the group too: SIGTERM goes to the child alone, or the watcher would die first.
    if (options.askToEnd) await Promise.race([options.askToEnd({ pid }).catch(() => terminate(pid)), exited]);
    else terminate(pid);
    await Promise.race([exited, aborted(late)]);
    kill('SIGKILL');
    await exited;
  };
  return { pid, exited, kill, stop: () => (stopping ??= stop()) };
}

function openOut(file: string): number {
  if (existsSync(file) && statSync(file).size > outBytesMax) truncateSync(file);
  return openSync(file, 'a');
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What `untilReady` watches. */
export type Readiness = {
  /** Named in errors. */
  readonly name: string;
  readonly child: Child;
  /** Resolves true once the server answers; may throw while it does not. */
  readonly probe: () => Promise<boolean>;
  readonly timeoutMs: number;
  /** The last lines of its logs, for the error when it exits or does not answer. */
  readonly lastLines: () => string;
  readonly signal?: AbortSignal | undefined;
  /** Called every `waitingEveryMs`, by default five seconds, while it waits, with how long it has waited, in milliseconds. */
  readonly onWaiting?: ((waitedMs: number) => void) | undefined;
  readonly waitingEveryMs?: number;
};

/** How long a server may take to start unless the caller says so, in milliseconds: a busy machine takes minutes for a JVM. */
export const startTimeoutMs = 300_000;

/**
 * Waits until a child answers; kills it when it does not in time or when the signal aborts.
 *
 * @throws Error with the last lines of the child's logs when it exits or does not answer in time.
 */
export async function untilReady(ready: Readiness): Promise<void> {
  const begun = performance.now();
  const deadline = begun + ready.timeoutMs;
  const { waitingEveryMs = 5_000 } = ready;
  let waitingAt = begun + waitingEveryMs;
  let last: unknown;
  for (;;) {
    if (performance.now() > waitingAt) {
      waitingAt += waitingEveryMs;
      ready.onWaiting?.(performance.now() - begun);
    }
    const exit = await Promise.race([ready.child.exited, attempt()]);
    if (exit === true) return;
    if (exit !== false) {
      const how = exit.signal ? `was killed by ${exit.signal}` : `exited with code ${exit.code}`;
      throw new Error(`${ready.name} ${how} before it was ready.\n${ready.lastLines()}`);
    }
    if (ready.signal?.aborted || performance.now() > deadline) {
      ready.child.kill('SIGKILL');
      await ready.child.exited;
      ready.signal?.throwIfAborted();
      throw new Error(
        `${ready.name} did not answer within ${ready.timeoutMs / 1000} s.\n${ready.lastLines()}`,
        {
          cause: last,
        },
      );
    }
  }

  async function attempt(): Promise<boolean> {
    try {
      if (await ready.probe()) return true;
    } catch (error) {
      last = error;
    }
    await sleep(50);
    return false;
  }
}

/** The last lines of files, each under its name; those that are missing or empty are left out. */
export function endsOf(files: readonly string[]): string {
  return files
    .filter((file) => existsSync(file))
    .map((file) => {
      const text = readFileSync(file, 'utf8').trimEnd();
      return text === '' ? '' : `--- end of ${file}\n${text.split('\n').slice(-15).join('\n')}`;
    })
    .filter((text) => text !== '')
    .join('\n');
}
