import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A jar: `group:artifact:version` or `group:artifact:version:classifier`, with its size in bytes and its hash. */
export type Jar = { readonly artifact: string; readonly bytes: number; readonly sha256: string };

/** How far the fetching is, over all jars together. */
export type JarProgress = { readonly fetchedBytes: number; readonly totalBytes: number };

/** How to fetch. */
export type FetchOptions = {
  /** Folder for the jars; made when missing. */
  readonly dir: string;
  readonly onProgress?: ((progress: JarProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Base address of a Maven repository; default: the address that `mvn-artifact-url` knows, Maven Central. */
  readonly repository?: string | undefined;
  /** Pause before the first of three retries, in ms; doubles with each. */
  readonly pauseMs?: number;
};

const parallel = 6;
const tries = 4;
const silenceMs = 30_000;

/** The per-user folder for what is fetched once: `TIDEMARK_CACHE`, else `tidemark` in the XDG cache folder. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return env['TIDEMARK_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tidemark');
}

/** Where Node keeps the compiled code of our services, which halves the CPU of a start. Node itself knows what has changed. */
export function codeCacheDir(): string {
  return join(cacheDir(), 'code');
}

/** The jars of the embedded Kafka, pinned by hash. */
export async function kafkaJars(): Promise<readonly Jar[]> {
  const text = await readFile(new URL('../kafka/jars.json', import.meta.url), 'utf8');
  return JSON.parse(text) as readonly Jar[];
}

/**
 * Makes sure that all jars are in a folder, whole: what is missing or damaged is fetched. Each file appears under its
 * name only when its hash is right, by a rename; so a broken run leaves no half file, and two runs at once do no harm.
 *
 * @returns The paths, in the order given.
 * @throws Error when a jar cannot be had; the next call goes on with what is missing.
 */
export async function fetchJars(jars: readonly Jar[], options: FetchOptions): Promise<readonly string[]> {
  await mkdir(options.dir, { recursive: true });
  const paths = jars.map((jar) => join(options.dir, fileName(jar)));
  const whole = await Promise.all(jars.map((jar, i) => isWhole(paths[i] ?? '', jar)));
  const missing = jars.filter((_, i) => !whole[i]);
  if (missing.length === 0) return paths;

  const totalBytes = missing.reduce((sum, jar) => sum + jar.bytes, 0);
  let fetchedBytes = 0;
  const count = (bytes: number): void => {
    fetchedBytes += bytes;
    options.onProgress?.({ fetchedBytes, totalBytes });
  };
  count(0);
  // One worker's failure ends the others, so that no download goes on behind the caller's back.
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const queue = missing.values();
  const worker = async (): Promise<void> => {
    for (const jar of queue) await fetchWithRetries(jar, { ...options, signal }, count);
  };
  const done = await Promise.allSettled(
    Array.from({ length: parallel }, () =>
      worker().catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  options.signal?.throwIfAborted();
  const failures = done.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const first =
    failures.find((error) => !(error instanceof Error && error.name === 'AbortError')) ?? failures[0];
  if (first !== undefined) throw first;
  return paths;
}

async function fetchWithRetries(
  jar: Jar,
  options: FetchOptions,
  count: (bytes: number) => void,
): Promise<void> {
  let pauseMs = options.pauseMs ?? 1_000;
  for (let attempt = 1; ; attempt += 1) {
    let got = 0;
    try {
      await fetchOne(jar, options, (bytes) => {
        got += bytes;
        count(bytes);
      });
      return;
    } catch (error) {
      count(-got);
      options.signal?.throwIfAborted();
      if (attempt === tries) {
        throw new Error(
          `${jar.artifact} could not be fetched from the Maven repository (${errorText(error)}). Check the network ` +
            '(behind a proxy: HTTPS_PROXY and NODE_USE_ENV_PROXY=1), or set MAVEN_CENTRAL to a mirror.',
          { cause: error },
        );
      }
      await sleep(pauseMs, undefined, options.signal ? { signal: options.signal } : {});
      pauseMs *= 2;
    }
  }
}

async function fetchOne(jar: Jar, options: FetchOptions, count: (bytes: number) => void): Promise<void> {
  const target = join(options.dir, fileName(jar));
  const part = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`no data for ${silenceMs / 1000} s`)), silenceMs);
  const hash = createHash('sha256');
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      hash.update(chunk);
      count(chunk.length);
      done(null, chunk);
    },
  });
  const signal = AbortSignal.any([stalled.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const response = await fetch(await addressOf(jar, options.repository), { signal });
    if (!response.ok || response.body === null) throw new Error(`the repository answered ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), tap, createWriteStream(part), { signal });
    const found = hash.digest('hex');
    if (found !== jar.sha256) throw new Error(`its SHA-256 is ${found}, not ${jar.sha256}`);
    await rename(part, target);
  } finally {
    clearTimeout(timer);
    await rm(part, { force: true });
  }
}

async function addressOf(jar: Jar, repository: string | undefined): Promise<string> {
  // Loaded only when something is missing: the usual start needs none of it.
  const { default: module } = await import('mvn-artifact-url');
  const base = repository === undefined ? undefined : `${repository.replace(/\/+$/, '')}/`;
  return module.default(coordinates(jar), base);
}

type Coordinates = { groupId: string; artifactId: string; version: string; classifier?: string };

function coordinates(jar: Jar): Coordinates {
  const [groupId, artifactId, version, classifier] = jar.artifact.split(':');
  if (!groupId || !artifactId || !version)
    throw new Error(`"${jar.artifact}" is not group:artifact:version.`);
  return { groupId, artifactId, version, ...(classifier === undefined ? {} : { classifier }) };
}

function fileName(jar: Jar): string {
  const { artifactId, version, classifier } = coordinates(jar);
  return `${[artifactId, version, ...(classifier === undefined ? [] : [classifier])].join('-')}.jar`;
}

async function isWhole(path: string, jar: Jar): Promise<boolean> {
  try {
    if ((await stat(path)).size !== jar.bytes) return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === jar.sha256;
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
