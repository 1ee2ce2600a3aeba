import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { registeredSchemas, schemaText } from '@tidemark/events/registry';
import { topics } from '@tidemark/topics/topics';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { spawnGuarded } from '../../../infra/local/embedded/child.ts';
import { cacheDir, fetchJars, type Jar } from '../../../infra/local/embedded/jars.ts';
import { findJava } from '../../../infra/local/embedded/java.ts';
import type { Bench } from '../servers.ts';
import type { Contestant } from './contestant.ts';

/** The peer, compiled once: what it takes to start it. */
export type Peer = {
  readonly java: string;
  readonly classPath: string;
  /** Its classes, and the schemas of events by id. */
  readonly dir: string;
  readonly remove: () => Promise<void>;
};

const run = promisify(execFile);
const source = (name: string): string => new URL(name, import.meta.url).pathname;

/**
 * Fetches the jars of Kafka Streams and compiles the peer.
 *
 * @throws Error when there is no Java compiler, or a jar cannot be had.
 */
export async function buildPeer(): Promise<Peer> {
  const { command: java } = await findJava();
  const jars = await fetchJars(JSON.parse(readFileSync(source('jars.json'), 'utf8')) as readonly Jar[], {
    dir: join(cacheDir(), 'streams'),
    repository: process.env['MAVEN_CENTRAL'],
  });
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-peer-'));
  const classes = join(dir, 'classes');
  const schemas = join(dir, 'schemas');
  await mkdir(schemas);
  for (const schema of registeredSchemas)
    await writeFile(join(schemas, `${schema.id}.avsc`), schemaText(schema));
  const files = readdirSync(source('peer')).map((name) => source(`peer/${name}`));
  const compiler = java === 'java' ? 'javac' : join(dirname(java), 'javac');
  try {
    await run(compiler, ['-d', classes, '-cp', jars.join(delimiter), ...files]);
  } catch (error) {
    throw new Error(
      'The peer could not be compiled; it needs a JDK of 17 or newer (Debian: openjdk-17-jdk-headless).',
      { cause: error },
    );
  }
  return {
    java,
    classPath: [classes, ...jars].join(delimiter),
    dir,
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Starts the peer on the events that are there. */
export async function startPeer(bench: Bench, peer: Peer, commitMs: number): Promise<Contestant> {
  const [facts] = topics(bench.partitions, '').filter(({ name }) => name === 'facts');
  await ensureTopics(bench.client, [{ ...facts!, name: 'peer-facts' }]);
  let counted = 0;
  const child = spawnGuarded({
    command: peer.java,
    args: [
      '-Xmx512m',
      '-cp',
      peer.classPath,
      'Peer',
      bench.kafka.brokers,
      join(bench.stateDir, 'peer'),
      join(peer.dir, 'schemas'),
      String(commitMs),
    ],
    output(line) {
      if (line.startsWith('{')) ({ counted } = JSON.parse(line) as { counted: number });
      // It has no log: slf4j says so in lines of its own.
      else if (!line.startsWith('SLF4J')) process.stderr.write(`peer: ${line}\n`);
    },
  });
  return { pid: child.pid, exited: child.exited, counted: async () => counted, stop: () => child.stop() };
}
