import { join } from 'node:path';
import type { Log } from '@tidemark/service/log';
import { openKafka } from '@tidemark/kafka/client';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings, type Environment, type SettingsOf } from '@tidemark/service/settings';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { startClickHouse, type EmbeddedClickHouse } from '../embedded/clickhouse.ts';
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

/** The servers that run. */
export type Servers = {
  readonly variables: ServerVariables;
  /** For people; `undefined` when ClickHouse is not the embedded one: its users are not ours. */
  readonly clickHouse: { readonly url: string; readonly passwordFile: string } | undefined;
};

/** Starts Kafka and ClickHouse, unless an address is given, and restarts them when they end. */
export async function startServers(options: ServerOptions): Promise<Servers> {
  const [kafka, clickHouse] = await Promise.all([bringUpKafka(options), bringUpClickHouse(options)]);
  if (clickHouse === undefined) return { variables: kafka, clickHouse: undefined };
  const { url, user, password, biUser, biPassword, biPasswordFile, explainUser, explainPassword } =
    clickHouse;
  const variables = {
    ...kafka,
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: user,
    CLICKHOUSE_PASSWORD: password,
    LIVE_CLICKHOUSE_URL: url,
    LIVE_CLICKHOUSE_USER: biUser,
    LIVE_CLICKHOUSE_PASSWORD: biPassword,
    LIVE_EXPLAIN_USER: explainUser,
    LIVE_EXPLAIN_PASSWORD: explainPassword,
  };
  return { variables, clickHouse: { url, passwordFile: biPasswordFile } };
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
}: ServerOptions): Promise<ServerVariables> {
  if (settings.KAFKA_BROKERS !== undefined) return {};
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
  return { KAFKA_BROKERS: kafka.current().brokers };
}

async function bringUpClickHouse({
  data,
  settings,
  supervision,
  screen,
  onRunning,
  signal: stopping,
}: ServerOptions): Promise<EmbeddedClickHouse | undefined> {
  if (settings.CLICKHOUSE_URL !== undefined) return undefined;
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
  return clickHouse.current();
}

/** Creates topics, tables and views, or checks those that exist. */
export async function prepareServers(variables: Environment, partitions: number, log: Log): Promise<void> {
  const settings = readSettings({ ...kafkaSettings, ...clickHouseSettings, ...viewSettings }, variables);
  const client = connectClickHouse(settings);
  const kafka = openKafka(settings, log);
  try {
    await Promise.all([
      ensureTopics(kafka, topics(partitions)).then(() => announceSchemas(kafka)),
      migrate({ client, settings, log }),
    ]);
  } finally {
    await client.close();
  }
}
