import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClickHouse, type EmbeddedClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import type { Child } from '../../infra/local/embedded/child.ts';
import { startKafka, type EmbeddedKafka, type KafkaOptions } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { startService } from '../../infra/local/embedded/service.ts';
import { partitionsDefault, topics } from '@tidemark/topics/topics';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { openKafka, type KafkaClient } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';

/** The name of a service that the benchmark can run, which is also its folder. */
export type ServiceName = 'collector' | 'processor' | 'sink' | 'live' | 'alerts';

/** A service that runs, with the port of its `/metrics`. */
export type RunningService = { readonly port: number; readonly child: Child };

/** Real servers in a folder of their own, and services against them. */
export type Bench = {
  readonly kafka: EmbeddedKafka;
  readonly clickHouse: EmbeddedClickHouse;
  readonly client: KafkaClient;
  readonly partitions: number;
  /** Folder with the log of each partition of the broker. */
  readonly logsDir: string;
  readonly stateDir: string;
  readonly start: (name: ServiceName, env?: Readonly<Record<string, string>>) => Promise<RunningService>;
  readonly query: (sql: string) => Promise<string>;
  readonly close: () => Promise<void>;
};

const log = createLog('bench', 'warn');

/**
 * Starts Kafka and ClickHouse afresh and makes the topics.
 *
 * @param compiler See the embedded Kafka.
 */
export async function startBench(
  partitions = partitionsDefault,
  compiler: NonNullable<KafkaOptions['compiler']> = 'quick',
): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  const stateDir = join(dir, 'state');
  const kafka = await startKafka({ dataDir: join(dir, 'kafka'), port: await freePort(), compiler, log });
  const [httpPort, tcpPort] = [await freePort(), await freePort()];
  const clickHouse = await startClickHouse({ dataDir: join(dir, 'clickhouse'), httpPort, tcpPort, log });
  const client = openKafka(readSettings(kafkaSettings, { KAFKA_BROKERS: String(kafka.brokers) }), log);
  await ensureTopics(client, topics(partitions, ''));
  const running = new Set<Child>();
  return {
    kafka,
    clickHouse,
    client,
    partitions,
    logsDir: join(dir, 'kafka', 'data'),
    stateDir,
    async start(name, env = {}) {
      const port = await freePort();
      const child = await startService({
        name,
        entry: new URL(`../../services/${name}/main.ts`, import.meta.url).pathname,
        env: {
          ...process.env,
          KAFKA_BROKERS: String(kafka.brokers),
          CLICKHOUSE_URL: clickHouse.url,
          CLICKHOUSE_USER: clickHouse.user,
          CLICKHOUSE_PASSWORD: clickHouse.password,
          LIVE_CLICKHOUSE_URL: clickHouse.url,
          LIVE_CLICKHOUSE_USER: clickHouse.biUser,
          LIVE_CLICKHOUSE_PASSWORD: clickHouse.biPassword,
          STATE_DIR: stateDir,
          COLLECTOR_DEV_KEY: 'true',
          COLLECTOR_REQUESTS_PER_SECOND: '0',
          LOG_LEVEL: 'error',
          [`${name.toUpperCase()}_PORT`]: String(port),
          ...env,
        },
        log,
        ready: { port },
      });
      running.add(child);
      void child.exited.then(() => running.delete(child));
      return { port, child };
    },
    async query(sql) {
      const url = new URL(clickHouse.url);
      url.search = String(new URLSearchParams({ user: clickHouse.user, password: clickHouse.password }));
      const answer = await fetch(url, { method: 'POST', body: sql });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${sql}: ${text}`);
      return text.trim();
    },
    async close() {
      await Promise.allSettled([...running].map((child) => child.stop()));
      await clickHouse.stop();
      await kafka.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * Memory of a service in MB as Linux reports it: all that is resident (`all`), and the part that is its own (`own`). The rest is
 * mapped files of the page cache, mostly its state on disk. 0 on other systems.
 */
export async function residentMb({ child }: RunningService): Promise<{ all: number; own: number }> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  const megabytes = (name: string): number =>
    Math.round((Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024) / 1e6);
  return { all: megabytes('VmRSS'), own: megabytes('RssAnon') };
}

/** What a service says of itself at `/metrics`: the sum of a measure over its labels, 0 when it has none. */
export async function measured({ port }: RunningService, ...names: readonly string[]): Promise<number[]> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return names.map((name) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0),
  );
}
