/** Servers that can be killed and started again on the same data. */
import { join } from 'node:path';
import { startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import type { Draw } from '@tidemark/metrics/histories/draw.fixtures';
import { createLog } from '@tidemark/service/log';
import type { ClickHouseServer, KafkaServer } from '../support/backend.ts';
import { startKafkaCluster } from '../support/kafka-cluster.ts';
import type { KafkaProxy } from '../support/kafka-proxy.ts';
import { killable, type KillableServer } from '../support/killable-server.ts';

type Kafka = {
  readonly addresses: KafkaServer;
  /** One broker, or the three of a cluster. */
  readonly brokers: readonly KillableServer[];
  /** What stands before the brokers of a cluster. */
  readonly proxies: readonly KafkaProxy[];
};

/** All servers, and their addresses. */
export type Servers = Kafka & {
  readonly addresses: KafkaServer & ClickHouseServer;
  readonly clickhouse: KillableServer;
  readonly stop: () => Promise<void>;
};

const log = createLog('faults', 'silent');

/**
 * Starts an embedded Kafka and an embedded ClickHouse that keep their data in `folder`.
 *
 * @param cluster For Kafka as three brokers with TLS and login, and a proxy before each; one broker without it.
 */
export async function startServers(folder: string, cluster: Draw | undefined): Promise<Servers> {
  const kafkaFolder = join(folder, 'kafka');
  const httpPort = await freePort();
  const startStore = () => startClickHouse({ dataDir: join(folder, 'clickhouse'), httpPort, log });
  const [kafka, store] = await Promise.all([
    cluster === undefined ? oneBroker(kafkaFolder) : threeBrokers(kafkaFolder, cluster),
    startStore(),
  ]);
  const clickhouse = killable('clickhouse', store, startStore);
  return {
    ...kafka,
    clickhouse,
    addresses: {
      ...kafka.addresses,
      clickhouseUrl: store.url,
      clickhouseUser: store.user,
      clickhousePassword: store.password,
      biUser: store.biUser,
      biPassword: store.biPassword,
      explainUser: store.explainUser,
      explainPassword: store.explainPassword,
    },
    async stop() {
      for (const proxy of kafka.proxies) proxy.close();
      // Brokers that end one after the other wait for a leader among those that are gone; nobody needs their data any more.
      const isAlone = kafka.brokers.length === 1;
      const ends = kafka.brokers.map((one) => (isAlone ? one.stop() : one.kill()));
      await Promise.all([...ends, clickhouse.stop()]);
    },
  };
}

async function oneBroker(dataDir: string): Promise<Kafka> {
  const port = await freePort();
  const start = () => startKafka({ dataDir, port, log, heapMb: 384 });
  const broker = await start();
  return {
    addresses: { brokers: [broker.brokers] },
    brokers: [killable('kafka', broker, start)],
    proxies: [],
  };
}

async function threeBrokers(folder: string, draw: Draw): Promise<Kafka> {
  const { addresses, settings, brokers, proxies } = await startKafkaCluster(folder, draw);
  return { addresses: { brokers: addresses, kafkaSettings: settings }, brokers, proxies };
}
