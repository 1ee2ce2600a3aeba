import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { spawnGuarded, startTimeoutMs, untilReady } from './child.ts';
import type { Child } from './child.ts';
import { answersHttp } from './http-probe.ts';
import { codeCacheDir } from './jars.ts';

/** A service that runs as a child process. */
export type ServiceOptions = {
  /** Named in logs and errors. */
  readonly name: string;
  /** Path of its `main.ts`. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Its whole environment; this process's when absent. */
  readonly env?: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** Receives each line the service writes, usually pino's JSON. Default: it goes to stderr as it is. */
  readonly onLine?: (line: string) => void;
  /** The sign that it is ready: `GET /ready` on a port of loopback answers 200, or a log line has this message. */
  readonly ready: { readonly port: number } | { readonly message: string };
  /** How long it may take to be ready, in ms. */
  readonly timeoutMs?: number;
  /** Gives up the start and ends the service. */
  readonly signal?: AbortSignal;
};

const probeTimeoutMs = 2_000;
const linesKept = 15;

/**
 * Starts a service with the Node that runs this, and waits until it is ready. It ends with this process.
 *
 * @throws Error with its last log lines when it exits before, or is not ready in time.
 */
export async function startService(options: ServiceOptions): Promise<Child> {
  const { ready } = options;
  const onLine = options.onLine ?? ((line: string) => process.stderr.write(`${line}\n`));
  const recent: string[] = [];
  let isReady = false;
  const { flags, variables } = startOf(options.name);
  const child = spawnGuarded({
    command: process.execPath,
    args: [...flags, options.entry, ...(options.args ?? [])],
    env: { NODE_COMPILE_CACHE: codeCacheDir(), ...variables, ...(options.env ?? process.env) },
    output: (line) => {
      recent.push(line);
      if (recent.length > linesKept) recent.shift();
      if ('message' in ready && !isReady) isReady = logMessage(line) === ready.message;
      onLine(line);
    },
  });
  await untilReady({
    name: `Service ${options.name}`,
    child,
    probe: () =>
      'message' in ready ? Promise.resolve(isReady) : answersHttp(ready.port, '/ready', probeTimeoutMs),
    timeoutMs: options.timeoutMs ?? startTimeoutMs,
    lastLines: () => recent.join('\n'),
    signal: options.signal,
  });
  options.log.info({ name: options.name, pid: child.pid }, 'Service is up.');
  return child;
}

/** Flags for Node and variables of the environment, as the npm script that starts the service has them. */
function startOf(name: string): { flags: string[]; variables: Record<string, string> } {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: Readonly<Record<string, string>> };
  const words = scripts[`start:${name}`]?.split(' ') ?? [];
  const set = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('='));
  return {
    flags: words.filter((word) => word.startsWith('--')),
    variables: Object.fromEntries(set) as Record<string, string>,
  };
}

/** The `msg` of a line of pino's, or undefined when it is none. */
function logMessage(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as { readonly msg?: unknown };
    return entry.msg;
  } catch {
    // A line that was cut off when the service died has no message; it is passed on as it is.
    return undefined;
  }
}
