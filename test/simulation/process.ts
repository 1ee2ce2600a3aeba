/**
 * Processes that live on the virtual clock. Timers, clocks and random numbers of Node are theirs for whatever runs within
 * one, and are Node's own for all else.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { Draw } from '@tidemark/metrics/histories/draw.fixtures';
import type { Clock, Happening } from './clock.ts';

const running = new AsyncLocalStorage<SimulatedProcess>();

/** One instance of a service: it can be halted for a while, and killed at any instant. */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #draw: Draw;
  readonly #epochMs: number;
  #isAlive = true;
  #haltedUntil = 0;

  /**
   * @param epochMs What this process takes the begin of the run for, in milliseconds since the epoch: its clock may be wrong.
   */
  constructor(name: string, clock: Clock, draw: Draw, epochMs: number) {
    this.name = name;
    this.clock = clock;
    this.#draw = draw;
    this.#epochMs = epochMs;
  }

  /** Whether it was not killed. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Until when nothing of it happens. */
  get haltedUntil(): number {
    return this.#haltedUntil;
  }

  /** Milliseconds since the epoch, by its own clock. */
  get wallClock(): number {
    return Math.floor(this.#epochMs + this.clock.now);
  }

  /** A number from 0 up to, not including, 1. */
  random(): number {
    return this.#draw.below(2 ** 30) / 2 ** 30;
  }

  /** Runs `work` within the process, with all that follows from it. */
  run<Result>(work: () => Result): Result {
    return running.run(this, work);
  }

  /** Nothing of it happens any more: what it has begun is never ended. */
  kill(): void {
    this.#isAlive = false;
  }

  /** Nothing of it happens for so long; then everything that should have, at once. */
  halt(ms: number): void {
    this.#haltedUntil = this.clock.now + ms;
    this.clock.hasten(this);
  }

  /** Lets `run` happen within it, after so many milliseconds, if it is alive then. */
  after(ms: number, run: () => void): Happening {
    return this.clock.after(ms, () => this.run(run), this);
  }
}

/** A timer of a process, with what Node's own have. */
class Timer {
  happening: Happening;

  constructor(happening: Happening) {
    this.happening = happening;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

type Callback = (...args: unknown[]) => void;
/** Node's own timers never are shorter. */
const shortestMs = 1;

function timer(process: SimulatedProcess, callback: Callback, ms = 0, args: unknown[] = []): Timer {
  return new Timer(process.after(Math.max(shortestMs, ms), () => callback(...args)));
}

function interval(process: SimulatedProcess, callback: Callback, ms = 0, args: unknown[] = []): Timer {
  const everyMs = Math.max(shortestMs, ms);
  const again = (): void => {
    repeated.happening = process.after(everyMs, again);
    callback(...args);
  };
  const repeated = new Timer(process.after(everyMs, again));
  return repeated;
}

async function sleep(
  process: SimulatedProcess,
  ms = 0,
  value?: unknown,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  const aborted = (): Error =>
    Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), { name: 'AbortError' });
  if (signal?.aborted) throw aborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      happening.isCancelled = true;
      reject(aborted());
    };
    const happening = process.after(Math.max(shortestMs, ms), () => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

type Replaced = { readonly of: object; readonly name: string; readonly by: (own: never) => unknown };

const clear =
  (own: (timer?: never) => void) =>
  (given?: unknown): void => {
    if (given instanceof Timer) given.happening.isCancelled = true;
    else own(given as never);
  };

/** Whatever of Node has to do with time or chance: by process where one runs, else as it was. */
const replacements: readonly Replaced[] = [
  ...[
    { name: 'setTimeout', make: timer },
    { name: 'setInterval', make: interval },
  ].map(({ name, make }) => ({
    of: globalThis,
    name,
    by:
      (own: typeof setTimeout) =>
      (callback: Callback, ms?: number, ...args: unknown[]) => {
        const process = running.getStore();
        return process === undefined ? own(callback, ms, ...args) : make(process, callback, ms, args);
      },
  })),
  { of: globalThis, name: 'clearTimeout', by: clear },
  { of: globalThis, name: 'clearInterval', by: clear },
  {
    of: timersPromises,
    name: 'setTimeout',
    by:
      (own: typeof timersPromises.setTimeout) =>
      (ms?: number, value?: unknown, options?: { readonly signal?: AbortSignal }) => {
        const process = running.getStore();
        return process === undefined ? own(ms, value, options) : sleep(process, ms, value, options);
      },
  },
  { of: Date, name: 'now', by: (own: () => number) => () => running.getStore()?.wallClock ?? own() },
  { of: Math, name: 'random', by: (own: () => number) => () => running.getStore()?.random() ?? own() },
  {
    of: performance,
    name: 'now',
    by: (own: () => number) => () => running.getStore()?.clock.now ?? own.call(performance),
  },
];

/** Gives the processes their timers, clocks and random numbers. @returns Takes them away again. */
export function simulateTime(): () => void {
  const own = replacements.map(({ of, name, by }) => {
    const before = Object.getOwnPropertyDescriptor(of, name);
    const now: unknown = Reflect.get(of, name);
    Object.defineProperty(of, name, { value: by(now as never), configurable: true, writable: true });
    return { of, name, before };
  });
  syncBuiltinESMExports();
  return () => {
    for (const { of, name, before } of own)
      if (before === undefined) Reflect.deleteProperty(of, name);
      else Object.defineProperty(of, name, before);
    syncBuiltinESMExports();
  };
}
