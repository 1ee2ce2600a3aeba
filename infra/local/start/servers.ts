import { join } from 'node:path';
import type { Log } from '@tidemark/service/log';
import { openKafka } from '@tidemark/kafka/client';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { type Environment, readSettings, type SettingsOf } from '@tidemark/service/settings';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { startClickHouse } from '../embedded/clickhouse.ts';
import { startKafka } from '../embedded/kafka.ts';
import { supervise, type SuperviseOptions } from '../embedded/supervise.ts';
import { announceSchemas } from '@tidemark/topics/announced-schemas';
import { topics } from '@tidemark/topics/topics';
import { brokerEnvironment } from './environment.ts';
import type { Running } from './ending.ts';
import type { Screen } from './screen.ts';
import type { startSettings } from './settings.ts';

/** How the servers are started. */
export type ServerOptions = {
  readonly data: string;
  readonly settings: SettingsOf<typeof startSettings>;
  readonly supervision: SuperviseOptions;
  readonly screen: Screen;
  /** Called with each part that must be stopped in the end, as soon as it runs. */
  readonly onRunning: (running: Running) => void;
  /** Gives up the start. */
  readonly signal: AbortSignal;
};

/** How the services reach the servers: variables of their settings. */
export type ServerVariables = Readonly<Record<string, string>>;

/** A server that runs. */
export type Server = {
  readonly variables: ServerVariables;
  /** Where people reach ClickHouse; `undefined` when it is not the embedded one: its users are not ours. */
  readonly shown?: { readonly url: string; readonly passwordFile: string } | undefined;
};

/** The servers: each runs, and has its topics, tables and views, when its promise is kept. */
export type Servers = {
  readonly kafka: Promise<Server>;
  readonly clickHouse: Promise<Server>;
  /** ClickHouse once it runs, for who can wait for tables by itself. */
  readonly emptyClickHouse: Promise<Server>;
};

/**
 * Starts Kafka and ClickHouse, unless an address is given, and restarts them when they end. Neither waits for the other until
 * it has its topics, tables and views.
 */
export function startServers(options: ServerOptions): Servers {
  const { settings, supervision, screen } = options;
  const { log } = supervision;
  const prepared = async (
    starting: Promise<Server>,
    what: string,
    prepare: (variables: Environment) => Promise<void>,
  ): Promise<Server> => {
    const server = await starting;
    screen.note(`Preparing ${what} …`);
    await prepare({ ...process.env, ...server.variables });
    return server;
  };
  const emptyClickHouse = bringUpClickHouse(options);
  const servers = {
    emptyClickHouse,
    kafka: prepared(bringUpKafka(options), 'topics', (variables) =>
      prepareKafka(variables, settings.PARTITIONS, log),
    ),
    clickHouse: prepared(emptyClickHouse, 'tables and views', (variables) =>
      prepareClickHouse(variables, log),
    ),
  };
  // Whoever needs it learns of a failure; until somebody does, it must not end the process.
  for (const server of Object.values(servers)) server.catch(() => undefined);
  return servers;
}

/** How long a server may take, and that people see how long it has taken. */
function waitsFor(server: string, { START_TIMEOUT: timeoutMs }: ServerOptions['settings'], screen: Screen) {
  const onWaiting = (waitedMs: number): void =>
    screen.status(`Waiting for ${server}: ${Math.round(waitedMs / 1000)} of ${timeoutMs / 1000} s`);
  return { timeoutMs, onWaiting };
}

async function bringUpKafka({
  data,
  settings,
  supervision,
  screen,
  onRunning,
  signal: stopping,
}: ServerOptions): Promise<Server> {
  if (settings.KAFKA_BROKERS !== undefined) return { variables: {} };
  const onProgress = ({ fetchedBytes, totalBytes }: { fetchedBytes: number; totalBytes: number }): void => {
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
    screen.status(`Fetching Kafka, once: ${megabytes(fetchedBytes)} of ${megabytes(totalBytes)} MB`);
  };
  const { log } = supervision;
  const dataDir = join(data, 'kafka');
  const kafka = await supervise(
    'kafka',
    (restart) => {
      const signal = AbortSignal.any([restart, stopping]);
      const env = brokerEnvironment(process.env);
      const starting = { ...waitsFor('Kafka', settings, screen), signal, env };
      return startKafka({ dataDir, port: settings.KAFKA_PORT, log, onProgress, ...starting });
    },
    supervision,
  );
  onRunning(kafka);
  return { variables: { KAFKA_BROKERS: kafka.current().brokers } };
}

async function bringUpClickHouse({
  data,
  settings,
  supervision,
  screen,
  onRunning,
  signal: stopping,
}: ServerOptions): Promise<Server> {
  if (settings.CLICKHOUSE_URL !== undefined) return { variables: {} };
  const { log } = supervision;
  const dataDir = join(data, 'clickhouse');
  const clickHouse = await supervise(
    'clickhouse',
    (restart) => {
      const signal = AbortSignal.any([restart, stopping]);
      const starting = { ...waitsFor('ClickHouse', settings, screen), signal };
      return startClickHouse({ dataDir, httpPort: settings.CLICKHOUSE_PORT, log, ...starting });
    },
    supervision,
  );
  onRunning(clickHouse);
  const { url, user, password, biUser, biPassword, biPasswordFile, explainUser, explainPassword } =
    clickHouse.current();
  const variables = {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: user,
    CLICKHOUSE_PASSWORD: password,
    PROCESSOR_CLICKHOUSE_URL: url,
    PROCESSOR_CLICKHOUSE_USER: explainUser,
    PROCESSOR_CLICKHOUSE_PASSWORD: explainPassword,
    LIVE_CLICKHOUSE_URL: url,
    LIVE_CLICKHOUSE_USER: biUser,
    LIVE_CLICKHOUSE_PASSWORD: biPassword,
    LIVE_EXPLAIN_USER: explainUser,
    LIVE_EXPLAIN_PASSWORD: explainPassword,
  };
  return { variables, shown: { url, passwordFile: biPasswordFile } };
}

/** Creates topics, or checks those that exist. */
async function prepareKafka(variables: Environment, partitions: number, log: Log): Promise<void> {
  const settings = readSettings(kafkaSettings, variables);
  const kafka = openKafka(settings, log);
  await ensureTopics(kafka, topics(partitions, settings.KAFKA_PREFIX));
  await announceSchemas(kafka);
}

/** Creates tables and views, or checks those that exist. */
async function prepareClickHouse(variables: Environment, log: Log): Promise<void> {
  const settings = readSettings({ ...clickHouseSettings, ...viewSettings }, variables);
  const client = connectClickHouse(settings);
  try {
    await migrate({ client, settings, log });
  } finally {
    await client.close();
  }
}
