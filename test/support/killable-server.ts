/** A server that a test may kill, halt and start again on the same data. */
import type { Child } from '../../infra/local/embedded/child.ts';

/** One server. */
export type KillableServer = {
  readonly name: string;
  /** `kill -9`, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** Starts it again where it was, and waits until it answers. */
  readonly start: () => Promise<void>;
  /** Asks it to end in an orderly way, and waits. */
  readonly stop: () => Promise<void>;
  /** Halts its process where it stands, until `go`. */
  readonly halt: () => void;
  readonly go: () => void;
};

/** The server that runs in `first`; `again` starts it anew. */
export function killable(name: string, first: Child, again: () => Promise<Child>): KillableServer {
  let child = first;
  const go = (): void => child.kill('SIGCONT');
  return {
    name,
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
    async start() {
      child = await again();
    },
    async stop() {
      // A halted process would not get the signal.
      go();
      await child.stop();
    },
    halt: () => child.kill('SIGSTOP'),
    go,
  };
}
