import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { libchdbPath } from 'chdb/libchdb';
import type { Logger } from 'pino';
import { endsOf, spawnGuarded, startTimeoutMs, untilReady } from './child.ts';
import type { Child } from './child.ts';
import { answersHttp } from './http-probe.ts';
import { assertPortFree, loopback } from './ports.ts';
import { keptSecret } from './secrets.ts';

/** How to run the embedded ClickHouse. */
export type ClickHouseOptions = {
  /** Folder of this server's data and logs; made when missing, used again when there. */
  readonly dataDir: string;
  /** Port of the HTTP interface on loopback. */
  readonly httpPort: number;
  /** Port of the native protocol on loopback; not offered when absent. */
  readonly tcpPort?: number;
  readonly log: Logger;
  /** How long it may take to answer, in milliseconds. */
  readonly timeoutMs?: number;
  /** Called every few seconds while it has not answered yet. */
  readonly onWaiting?: (waitedMs: number) => void;
  /** Gives up the start and ends what was started. */
  readonly signal?: AbortSignal;
};

/** A running ClickHouse server in a child process. */
export type EmbeddedClickHouse = Child & {
  /** Address of the HTTP interface, without user and password. */
  readonly url: string;
  /** The services' user. */
  readonly user: 'tidemark';
  readonly password: string;
  /** The BI user. */
  readonly biUser: 'bi';
  readonly biPassword: string;
  /** The file that has the BI user's password. */
  readonly biPasswordFile: string;
  /** The user who may read the facts too. */
  readonly explainUser: 'explain';
  readonly explainPassword: string;
  /** Whether the server answers at all; needs no password. Rejects when nothing comes within some seconds. */
  readonly answers: () => Promise<boolean>;
  /** Where its log files are. */
  readonly logDir: string;
};

const pingTimeoutMs = 10_000;
const template = (name: string): string =>
  fileURLToPath(new URL(`../../clickhouse/config/${name}`, import.meta.url));

/**
 * Starts the ClickHouse server that the npm package chdb carries, on loopback, and waits until it answers a query.
 * The passwords of its users are random, and kept in the data folder.
 *
 * @throws Error when a port is taken (names CLICKHOUSE_PORT or CLICKHOUSE_TCP_PORT), when the package has no server for
 * this platform, or when it does not start.
 */
export async function startClickHouse(options: ClickHouseOptions): Promise<EmbeddedClickHouse> {
  assertPlatform();
  await assertPortFree(options.httpPort, 'CLICKHOUSE_PORT');
  if (options.tcpPort !== undefined) await assertPortFree(options.tcpPort, 'CLICKHOUSE_TCP_PORT');

  const dataDir = resolve(options.dataDir);
  const logDir = join(dataDir, 'logs');
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  const password = await keptSecret(join(dataDir, 'tidemark.password'));
  const biPasswordFile = join(dataDir, 'bi.password');
  const biPassword = await keptSecret(biPasswordFile);
  const explainPassword = await keptSecret(join(dataDir, 'explain.password'));
  await shadowFileFunction(join(dataDir, 'data'));

  const url = `http://${loopback}:${options.httpPort}`;
  const query = queryAsOwner(options.httpPort, password);
  const outFile = join(logDir, 'clickhouse.out');
  const logFile = join(logDir, 'clickhouse.log');
  const child = spawnGuarded({
    command: process.execPath,
    args: [
      fileURLToPath(new URL('./clickhouse-child.ts', import.meta.url)),
      ...serverArguments(options, dataDir, await workloads()),
    ],
    env: {
      ...environment(),
      TIDEMARK_CLICKHOUSE_LOG: logFile,
      TIDEMARK_CLICKHOUSE_USERS: template('users.xml'),
      TIDEMARK_CLICKHOUSE_PASSWORD_SHA256: sha256(password),
      TIDEMARK_CLICKHOUSE_BI_PASSWORD_SHA256: sha256(biPassword),
      TIDEMARK_CLICKHOUSE_EXPLAIN_PASSWORD_SHA256: sha256(explainPassword),
    },
    output: outFile,
    // A client that keeps its connection open, as BI tools do, would delay the end of the server by 6 s. By then everything
    // acknowledged has long been written, so killing it loses nothing.
    graceMs: 3_000,
    askToEnd: async () => {
      await query("KILL QUERY WHERE query LIKE 'SELECT sleepEachRow(1) FROM system.numbers%' ASYNC");
    },
  });
  await untilReady({
    name: 'The embedded ClickHouse',
    child,
    probe: async () => (await query('SELECT 1')).trim() === '1',
    timeoutMs: options.timeoutMs ?? startTimeoutMs,
    onWaiting: options.onWaiting,
    lastLines: () => endsOf([logFile, outFile]),
    signal: options.signal,
  });
  options.log.info({ port: options.httpPort, pid: child.pid, dataDir }, 'ClickHouse is up.');
  return {
    ...child,
    url,
    user: 'tidemark',
    password,
    biUser: 'bi',
    biPassword,
    biPasswordFile,
    explainUser: 'explain',
    explainPassword,
    logDir,
    answers: () => answersHttp(options.httpPort, '/ping', pingTimeoutMs),
  };
}

function assertPlatform(): void {
  try {
    libchdbPath();
  } catch (error) {
    throw new Error(
      `There is no embedded ClickHouse for ${process.platform}-${process.arch} (or npm left out the optional package ` +
        'that holds it): set CLICKHOUSE_URL to a server that runs already.',
      { cause: error },
    );
  }
}

/** The statements of workloads.xml: the embedded engine does not read them by itself. */
async function workloads(): Promise<readonly string[]> {
  const statements = (await readFile(template('workloads.xml'), 'utf8')).matchAll(/\bCREATE ([^;]+);/g);
  return [...statements].map(([, what = '']) => `CREATE OR REPLACE ${what}`);
}

function serverArguments(
  options: ClickHouseOptions,
  dataDir: string,
  before: readonly string[],
): readonly string[] {
  const tcp = options.tcpPort === undefined ? [] : ['--tcp_port', String(options.tcpPort)];
  const listeners = tcp.length > 0 ? ['HTTP', 'TCP'] : ['HTTP'];
  return [
    [...before, ...listeners.map((listener) => `SYSTEM START LISTEN ${listener}`)].join('; '),
    '-C',
    template('server.xml'),
    // The engine takes the level from the command line alone.
    '--log-level',
    'warning',
    '--path',
    join(dataDir, 'data'),
    '--listen_host',
    loopback,
    '--http_port',
    String(options.httpPort),
    ...tcp,
  ];
}

/**
 * Puts a function of ours before the built-in `file(path)`. In a server the built-in one reads below `user_files` only. The
 * embedded engine works like a command-line tool: anybody who may run a query could read any file of the user who started it.
 * `CREATE FUNCTION` refuses the name; the folder from which functions are loaded does not.
 */
async function shadowFileFunction(dataDir: string): Promise<void> {
  const dir = join(dataDir, 'user_defined');
  await mkdir(dir, { recursive: true });
  const body = "throwIf(true, 'file() is switched off in the embedded ClickHouse')";
  await writeFile(join(dir, 'function_file.sql'), `CREATE FUNCTION file AS path -> ${body}\n`);
}

/** Runs a query as `tidemark` over a connection of its own: an open connection would delay the server's shutdown. */
function queryAsOwner(port: number, password: string): (query: string) => Promise<string> {
  const headers = { 'X-ClickHouse-User': 'tidemark', 'X-ClickHouse-Key': password };
  return async (query) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: loopback, port, method: 'POST', agent: false, timeout: 2_000, headers };
      const call = request(options, resolve);
      call.once('error', reject);
      call.once('timeout', () => call.destroy(new Error('ClickHouse did not answer within 2 s.')));
      call.end(query);
    });
    const body = await text(answer);
    if (answer.statusCode !== 200) throw new Error(body);
    return body;
  };
}

/** The variables of this process's environment that the server needs; the others may be secrets. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'LD_LIBRARY_PATH', 'CHDB_LIBCHDB_PATH', 'CHDB_LIBCHDB_DIR'];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
