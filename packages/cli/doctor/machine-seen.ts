import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { freemem, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { javaMajor } from '@tidemark/local/embedded/java';
import type { MachineSeen, PortHolder } from './machine.ts';

const run = promisify(execFile);
const answerMs = 2_000;

/** What is looked at on this machine. */
export type MachineAsked = {
  readonly environment: NodeJS.ProcessEnv;
  /** The folder of `tidemark start`. */
  readonly data: string;
  readonly isLocal: boolean;
  readonly ports: readonly { readonly variable: string; readonly port: number }[];
};

/** Looks at this machine. */
export async function lookAtMachine({
  environment,
  data,
  isLocal,
  ports,
}: MachineAsked): Promise<MachineSeen> {
  const state = resolve(environment['STATE_DIR'] ?? join(data, 'state'));
  const folders = [...new Set([data, state])];
  const disks = await Promise.all(folders.map(diskOf));
  const files = await secretFiles(data, environment);
  return {
    node: process.versions.node,
    isLocal,
    java: isLocal ? await javaOf(environment) : undefined,
    memory: { total: totalmem(), available: await availableMemory() },
    disks: disks.flatMap((disk) => disk ?? []),
    files,
    unwritable: (await Promise.all(folders.map(unwritable))).flat(),
    ports: await Promise.all(ports.map(async (one) => ({ ...one, holder: await holderOf(one.port) }))),
    openFiles: await openFilesMax(),
  };
}

async function javaOf(environment: NodeJS.ProcessEnv): Promise<number | undefined | null> {
  const home = environment['JAVA_HOME'];
  try {
    const command = home ? join(home, 'bin', 'java') : 'java';
    const { stdout, stderr } = await run(command, ['-version'], { env: environment, timeout: 20_000 });
    return javaMajor(stdout + stderr) ?? null;
  } catch {
    return undefined;
  }
}

/** Linux knows what caches would give back; elsewhere it is what is free. */
async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** The folder, or the nearest one above it that is there. */
async function existing(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) if (await isThere(folder)) return folder;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function diskOf(path: string): Promise<MachineSeen['disks'][number] | undefined> {
  const { bsize, bavail, blocks } = await statfs(await existing(path));
  // Some file systems have no size.
  return blocks === 0 ? undefined : { path, total: blocks * bsize, free: bavail * bsize };
}

async function unwritable(path: string): Promise<string[]> {
  const folder = await existing(path);
  return access(folder, constants.W_OK).then(
    () => [],
    () => [folder],
  );
}

/** Passwords and data of `tidemark start`, and files that settings name. */
async function secretFiles(data: string, environment: NodeJS.ProcessEnv): Promise<MachineSeen['files']> {
  const keys = environment['COLLECTOR_KEYS'] ?? '';
  const passwords = await readdir(join(data, 'clickhouse')).catch(() => []);
  const paths = [
    data,
    ...passwords.filter((name) => name.endsWith('.password')).map((name) => join(data, 'clickhouse', name)),
    environment['KAFKA_SSL_KEY_FILE'] ?? '',
    keys.startsWith('@') ? keys.slice(1) : '',
  ];
  const seen = paths
    .filter((path) => path !== '')
    .map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? [] : [{ path, mode: found.mode }];
    });
  return (await Promise.all(seen)).flat();
}

async function openFilesMax(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const limit = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return limit === undefined ? undefined : Number(limit);
}

/** Whether somebody listens, and whether it is one of ours or a server of ours. */
async function holderOf(port: number): Promise<PortHolder> {
  if (!(await isListenedOn(port))) return 'nobody';
  for (const [path, sign] of [
    ['/health', /"status":"(ok|busy)"/],
    ['/ping', /^Ok\.$/m],
  ] as const) {
    const text = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(answerMs) })
      .then((answer) => answer.text())
      .catch(() => '');
    if (sign.test(text)) return 'tidemark';
  }
  return 'another';
}

function isListenedOn(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: answerMs });
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
