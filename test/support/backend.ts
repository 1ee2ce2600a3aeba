import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import {
  clickHouseContainer,
  clickHouseImageIsHere,
  kafkaContainer,
  kafkaImageIsHere,
} from './containers.ts';
import { emptyClickHouse, emptyKafka } from './emptying.ts';

/** A real Kafka for a test. */
export type KafkaServer = {
  readonly brokers: string[];
  /** The settings of services that it needs beside the addresses: TLS and login. */
  readonly kafkaSettings?: Readonly<Record<string, string>>;
};

/** A real ClickHouse for a test, with the users of `infra/clickhouse/config/users.xml`. */
export type ClickHouseServer = {
  /** HTTP interface, without user and password. */
  readonly clickhouseUrl: string;
  readonly clickhouseUser: string;
  readonly clickhousePassword: string;
  readonly biUser: string;
  readonly biPassword: string;
  /** Who may read the facts too. */
  readonly explainUser: string;
  readonly explainPassword: string;
};

/** Gives the server back; it is stopped, and its data deleted, when nobody in this process holds it any more. */
export type Closable = { close(): Promise<void> };

type Running<T> = { readonly server: T; readonly stop: () => Promise<void> };

/** The variable with the addresses of the servers that the files of a run share; set by `shared-servers.ts`. */
export const sharedServers = 'TEST_SHARED_SERVERS';

const log = pino({ level: 'silent' });

/**
 * The real servers for tests, the first of these that there are:
 *
 * 1. those that the files of a run share, emptied;
 * 2. those whose addresses are in the environment (`KAFKA_BROKERS`, `CLICKHOUSE_URL`), left as they are;
 * 3. containers, where a Docker engine answers and has their images or can pull them;
 * 4. the embedded ones, on free ports in a temporary folder.
 *
 * A process has one of each, however often it asks. Close it in `after`, or the process does not end.
 */
export function backend(): Promise<KafkaServer & ClickHouseServer & Closable>;
export function backend(options: { readonly only: 'kafka' }): Promise<KafkaServer & Closable>;
export function backend(options: { readonly only: 'clickhouse' }): Promise<ClickHouseServer & Closable>;
export async function backend(options?: {
  readonly only: 'kafka' | 'clickhouse';
}): Promise<Partial<KafkaServer & ClickHouseServer> & Closable> {
  const wanted = [
    ...(options?.only === 'clickhouse' ? [] : [kafka]),
    ...(options?.only === 'kafka' ? [] : [clickHouse]),
  ];
  const taken = await Promise.allSettled(wanted.map((server) => server.take()));
  const running = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.giveBack()));
  };
  const failed = taken.find((result) => result.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }
  return { ...Object.assign({}, ...running.map((one) => one.server)), close };
}

const kafka = shared<KafkaServer>(async () => {
  const ofRun = serversOfRun();
  if (ofRun) {
    await emptyKafka(ofRun);
    return { server: { brokers: ofRun.brokers }, stop: nothing };
  }
  const given = process.env['KAFKA_BROKERS'];
  if (given) return { server: { brokers: given.split(',') }, stop: nothing };
  if (await kafkaImageIsHere()) return kafkaContainer(await freePort());
  return embedded(async (dataDir) => {
    const child = await startKafka({ dataDir, port: await freePort(), log, heapMb: 384 });
    return { server: { brokers: [child.brokers] }, stop: () => child.stop() };
  });
});

const clickHouse = shared<ClickHouseServer>(async () => {
  const ofRun = serversOfRun();
  if (ofRun) {
    await emptyClickHouse(ofRun);
    const { brokers: _, ...server } = ofRun;
    return { server, stop: nothing };
  }
  const given = process.env['CLICKHOUSE_URL'];
  const passwords = {
    clickhouseUser: process.env['CLICKHOUSE_USER'] ?? 'tidemark',
    clickhousePassword: process.env['CLICKHOUSE_PASSWORD'] ?? 'tidemark',
    biUser: 'bi',
    biPassword: process.env['CLICKHOUSE_BI_PASSWORD'] ?? 'bi',
    explainUser: 'explain',
    explainPassword: process.env['CLICKHOUSE_EXPLAIN_PASSWORD'] ?? 'explain',
  };
  if (given) return { server: { clickhouseUrl: given, ...passwords }, stop: nothing };
  if (await clickHouseImageIsHere()) return clickHouseContainer();
  return embedded(async (dataDir) => {
    const child = await startClickHouse({ dataDir, httpPort: await freePort(), log });
    const { url, user, password, biUser, biPassword, explainUser, explainPassword } = child;
    const server = {
      clickhouseUrl: url,
      clickhouseUser: user,
      clickhousePassword: password,
      biUser,
      biPassword,
      explainUser,
      explainPassword,
    };
    return { server, stop: () => child.stop() };
  });
});

function serversOfRun(): (KafkaServer & ClickHouseServer) | undefined {
  const addresses = process.env[sharedServers];
  return addresses === undefined ? undefined : (JSON.parse(addresses) as KafkaServer & ClickHouseServer);
}

async function embedded<T>(start: (dataDir: string) => Promise<Running<T>>): Promise<Running<T>> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  const clean = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const { server, stop } = await start(dir);
    const stopAndClean = async (): Promise<void> => {
      await stop();
      await clean();
    };
    return { server, stop: stopAndClean };
  } catch (error) {
    await clean();
    throw error;
  }
}

/** Starts a server for the first who takes it, and stops it when the last has given it back. */
function shared<T>(start: () => Promise<Running<T>>) {
  let holders = 0;
  let running: Promise<Running<T>> | undefined;
  return {
    async take(): Promise<{ readonly server: T; giveBack(): Promise<void> }> {
      holders += 1;
      const mine = (running ??= start());
      const giveBack = async (): Promise<void> => {
        holders -= 1;
        if (holders > 0) return;
        running = undefined;
        await (await mine).stop();
      };
      try {
        return { server: (await mine).server, giveBack };
      } catch (error) {
        holders -= 1;
        running = undefined;
        throw error;
      }
    },
  };
}

async function nothing(): Promise<void> {}
