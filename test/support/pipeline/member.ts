/** One service as a child process that a test may kill, halt and start again. */
import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, type Exit, spawnGuarded, untilReady } from '../../../infra/local/embedded/child.ts';

/** How a service is run. */
export type MemberOptions = {
  /** Its folder under `services/`. */
  readonly service: string;
  /** Its own name among the members, e.g. `processor-2`. */
  readonly name: string;
  /** Where it answers `/ready`. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** What it keeps on disk, if it does. */
  readonly stateDir?: string;
  /** Takes every line it writes. */
  readonly logFile: string;
  /** A checkout of an earlier release that it is first started from; from then on it is of this tree. */
  readonly firstFrom?: string | undefined;
};

const readyTimeoutMs = 120_000;
const linesKept = 20;
const shiftedClock = new URL('../shifted-clock.ts', import.meta.url).href;

/** A running service, which may be down at times. */
export class Member {
  readonly name: string;
  readonly port: number;
  /** Called when it ends and this object has neither asked nor killed it. */
  onExit: (exit: Exit) => void = () => undefined;
  readonly #options: MemberOptions;
  readonly #lines: string[] = [];
  #child: Child | undefined;
  #asked = false;
  #starts = 0;

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.port = options.port;
    this.#options = options;
  }

  /** Whether its process is there, halted or not. */
  get isUp(): boolean {
    return this.#child !== undefined;
  }

  /** Whether it runs the code of an earlier release. */
  get isEarlier(): boolean {
    return this.#options.firstFrom !== undefined && this.#starts === 1;
  }

  /** The id of its process; `undefined` while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it keeps on disk, if it does. */
  get stateDir(): string | undefined {
    return this.#options.stateDir;
  }

  /** The last lines of its log. */
  get lastLines(): string {
    return this.#lines.join('\n');
  }

  /**
   * Starts the process, and returns at once.
   *
   * @param from The tree whose code it runs; by default this one, and for the first start that of `firstFrom`.
   * @param clockShiftMs How far its clock is ahead, in milliseconds; behind when that is below 0.
   */
  start(from?: string, clockShiftMs = 0): void {
    if (this.#child !== undefined) throw new Error(`${this.name} runs already`);
    const { service, env, logFile } = this.#options;
    this.#asked = false;
    this.#starts++;
    const usual = this.isEarlier
      ? this.#options.firstFrom!
      : fileURLToPath(new URL('../../..', import.meta.url));
    const tree = from ?? usual;
    const child = spawnGuarded({
      command: process.execPath,
      args: [
        ...(clockShiftMs === 0 ? [] : ['--import', shiftedClock]),
        join(tree, 'services', service, 'main.ts'),
      ],
      env: { ...process.env, ...env, CLOCK_SHIFT_MS: String(clockShiftMs) },
      output: (line) => {
        appendFileSync(logFile, `${line}\n`);
        this.#lines.push(line);
        if (this.#lines.length > linesKept) this.#lines.shift();
      },
    });
    this.#child = child;
    void child.exited.then((exit) => {
      if (this.#child === child) this.#child = undefined;
      if (!this.#asked) this.onExit(exit);
    });
  }

  /** Waits until it is ready. Throws with its last lines when it exits before. */
  async ready(): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error(`${this.name} does not run.\n${this.lastLines}`);
    await untilReady({
      name: this.name,
      child,
      probe: () => this.isReady(),
      timeoutMs: readyTimeoutMs,
      lastLines: () => this.lastLines,
    });
  }

  /** Whether it says that it is ready now. Throws when it does not answer. */
  async isReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/ready`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  }

  /** `kill -9`, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#asked = true;
    child.kill('SIGKILL');
    await child.exited;
  }

  /** Asks it to end in an orderly way, and waits. */
  async stop(): Promise<Exit | undefined> {
    const child = this.#child;
    if (child === undefined) return undefined;
    this.#asked = true;
    // A halted process would not get the signal.
    child.kill('SIGCONT');
    await child.stop();
    return child.exited;
  }

  /** Halts the process where it stands, until `go`. */
  halt(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Lets a halted process go on. */
  go(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Deletes its data on disk. It must be down. */
  async wipe(): Promise<void> {
    const { stateDir } = this.#options;
    if (this.#child !== undefined) throw new Error(`${this.name} runs: its state cannot be deleted`);
    if (stateDir !== undefined) await rm(stateDir, { recursive: true, force: true });
  }
}
