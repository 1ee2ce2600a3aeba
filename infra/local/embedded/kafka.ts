import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { classArchive } from './class-archive.ts';
import { endsOf, spawnGuarded, startTimeoutMs, untilReady } from './child.ts';
import type { Child } from './child.ts';
import { cacheDir, fetchJars, kafkaJars } from './jars.ts';
import type { JarProgress } from './jars.ts';
import { findJava } from './java.ts';
import { answersMetadata } from './kafka-probe.ts';
import { assertPortFree, freePort, loopback } from './ports.ts';

/** How to run the embedded Kafka. */
export type KafkaOptions = {
  /** Folder of this broker's data, settings and logs; made when missing, used again when there. */
  readonly dataDir: string;
  /** Port of the broker on loopback. */
  readonly port: number;
  /** Port of the controller on loopback; any free one when absent. */
  readonly controllerPort?: number;
  readonly log: Logger;
  /** Called while jars are fetched; never when they are there already. */
  readonly onProgress?: (progress: JarProgress) => void;
  /** How long it may take to answer, in milliseconds. */
  readonly timeoutMs?: number;
  /** Called every few seconds while it has not answered yet. */
  readonly onWaiting?: (waitedMs: number) => void;
  /** Gives up the start and ends what was started. */
  readonly signal?: AbortSignal;
  /** Greatest heap of the JVM, in MB. */
  readonly heapMb?: number;
  /**
   * How far the JVM compiles: `quick`, the default, takes little CPU in the first minutes, when most trials and tests end;
   * `full` is for what a broker costs that runs for long under load.
   */
  readonly compiler?: 'quick' | 'full';
  /** The environment of the JVM; this process's when absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** What makes it a node of a cluster; a broker alone when absent. */
  readonly node?: KafkaNode;
};

/** A node among others. `port` stays the one that is asked whether it answers: without TLS and login. */
export type KafkaNode = {
  /** The id that all nodes of the cluster share. */
  readonly clusterId: string;
  /** Settings of the broker in place of those of `infra/local/kafka/server.properties`, or on top of them. */
  readonly properties: Readonly<Record<string, string>>;
  /** More arguments of the tool that formats the storage. */
  readonly formatArguments: readonly string[];
};

/** A running broker: a real Apache Kafka in a child JVM. */
export type EmbeddedKafka = Child & {
  /** Bootstrap address, `127.0.0.1:9092`. */
  readonly brokers: string;
  readonly port: number;
  /** Where its log files are. */
  readonly logDir: string;
  /** Whether the broker answers at all. Rejects when nothing comes within some seconds. */
  readonly answers: () => Promise<boolean>;
};

const run = promisify(execFile);

/**
 * Starts one node of Apache Kafka (KRaft) on loopback, and waits until it answers. Its jars are fetched once into the
 * per-user cache. For trying and testing, not for production.
 *
 * @throws Error when a port is taken (names KAFKA_PORT), Java is missing, jars cannot be had, or it does not start.
 */
export async function startKafka(options: KafkaOptions): Promise<EmbeddedKafka> {
  await assertPortFree(options.port, 'KAFKA_PORT');
  const java = await findJava();
  const cache = join(cacheDir(), 'kafka');
  const jars = await fetchJars(await kafkaJars(), {
    dir: cache,
    onProgress: options.onProgress,
    signal: options.signal,
    repository: process.env['MAVEN_CENTRAL'],
  });
  const dataDir = resolve(options.dataDir);
  const logDir = join(dataDir, 'logs');
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  const properties = await writeProperties(options, dataDir);
  const classPath = jars.join(delimiter);
  const archive = classArchive(java.version, classPath, cache);
  await formatOnce({
    java: [java.command, ...archive.use],
    classPath,
    dataDir,
    properties,
    node: options.node,
  });
  options.signal?.throwIfAborted();

  const outFile = join(logDir, 'kafka.out');
  const child = spawnGuarded({
    command: java.command,
    args: [
      ...jvmOptions(options, logDir),
      ...archive.useOrWrite,
      '-cp',
      classPath,
      'kafka.Kafka',
      properties,
    ],
    env: options.env ?? process.env,
    output: outFile,
    ...(archive.graceMs === undefined ? {} : { graceMs: archive.graceMs }),
  });
  await untilReady({
    name: 'The embedded Kafka',
    child,
    probe: () => answersMetadata(loopback, options.port),
    timeoutMs: options.timeoutMs ?? startTimeoutMs,
    onWaiting: options.onWaiting,
    lastLines: () => endsOf([join(logDir, 'kafka.log'), outFile]),
    signal: options.signal,
  });
  options.log.info({ port: options.port, pid: child.pid, dataDir }, 'Kafka is up.');
  const answers = (): Promise<boolean> => answersMetadata(loopback, options.port);
  const exited = child.exited.then(async (exit) => {
    await archive
      .keep(exit)
      .catch((err: unknown) => options.log.warn({ err }, 'The archive of classes was not kept.'));
    return exit;
  });
  const stop = async (): Promise<void> => {
    await child.stop();
    await exited;
  };
  return {
    ...child,
    exited,
    stop,
    brokers: `${loopback}:${options.port}`,
    port: options.port,
    logDir,
    answers,
  };
}

function jvmOptions({ heapMb = 512, compiler = 'quick' }: KafkaOptions, logDir: string): readonly string[] {
  const log4j = fileURLToPath(new URL('../kafka/log4j2.properties', import.meta.url));
  return [
    `-Xms${Math.min(256, heapMb)}m`,
    `-Xmx${heapMb}m`,
    ...(compiler === 'quick' ? ['-XX:TieredStopAtLevel=1'] : []),
    // The throughput collector with two threads: on a small heap its pauses are short, and it costs no background CPU.
    '-XX:+UseParallelGC',
    '-XX:ParallelGCThreads=2',
    '-XX:MaxDirectMemorySize=128m',
    // A broker without memory is slower than a restart.
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${log4j}`,
    `-Dtidemark.logs=${logDir}`,
  ];
}

async function writeProperties(options: KafkaOptions, dataDir: string): Promise<string> {
  const template = await readFile(new URL('../kafka/server.properties', import.meta.url), 'utf8');
  const values: Record<string, string> = {
    port: String(options.port),
    controllerPort: String(options.controllerPort ?? (await freePort())),
    // Java's properties take a backslash for an escape.
    logDir: join(dataDir, 'data').replaceAll('\\', '/'),
  };
  const text = template
    .split('\n')
    .map((line) =>
      line.startsWith('#')
        ? line
        : line.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
            const value = values[name];
            if (value === undefined)
              throw new Error(`infra/local/kafka/server.properties: \${${name}} is not known.`);
            return value;
          }),
    )
    .join('\n');
  const file = join(dataDir, 'server.properties');
  // Of a setting that is given twice Java takes the last.
  const own = Object.entries(options.node?.properties ?? {}).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, text + own.join(''), { mode: 0o600 });
  return file;
}

/** Formats the storage once. The cluster id is written last, so a format that was cut short is done again. */
async function formatOnce(kafka: {
  /** The command and its first arguments. */
  readonly java: readonly [string, ...string[]];
  readonly classPath: string;
  readonly dataDir: string;
  readonly properties: string;
  readonly node: KafkaNode | undefined;
}): Promise<void> {
  const done = join(kafka.dataDir, 'cluster-id');
  if (existsSync(done)) return;
  await rm(join(kafka.dataDir, 'data'), { recursive: true, force: true });
  const { clusterId = newClusterId(), formatArguments = [] } = kafka.node ?? {};
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    kafka.properties,
    ...formatArguments,
  ];
  try {
    const [command, ...first] = kafka.java;
    await run(command, [...first, '-XX:TieredStopAtLevel=1', '-Xmx128m', '-cp', kafka.classPath, ...tool]);
  } catch (error) {
    throw new Error(`The embedded Kafka's storage in ${kafka.dataDir} could not be formatted.`, {
      cause: error,
    });
  }
  await writeFile(done, `${clusterId}\n`);
}

/** A random id of a cluster as Kafka writes them; never with a dash in front, which the tool would take for an option. */
export function newClusterId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A');
}
