/** Servers that can be killed and started again on the same data. */
import { join } from 'node:path';
import type { Child } from '../../infra/local/embedded/child.ts';
import { startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { createLog } from '@tidemark/service/log';
import type { ClickHouseServer, KafkaServer } from '../support/backend.ts';

/** One server. */
export type Server = {
  readonly name: 'kafka' | 'clickhouse';
  /** `kill -9`, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** Starts it again where it was, and waits until it answers. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Both servers, and their addresses. */
export type Servers = {
  readonly addresses: KafkaServer & ClickHouseServer;
  readonly kafka: Server;
  readonly clickhouse: Server;
};

/** Starts an embedded Kafka and an embedded ClickHouse that keep their data in `folder`. */
export async function startServers(folder: string): Promise<Servers> {
  const log = createLog('faults', 'silent');
  const [kafkaPort, httpPort] = [await freePort(), await freePort()];
  const startBroker = () => startKafka({ dataDir: join(folder, 'kafka'), port: kafkaPort, log, heapMb: 384 });
  const startStore = () => startClickHouse({ dataDir: join(folder, 'clickhouse'), httpPort, log });
  const [broker, store] = await Promise.all([startBroker(), startStore()]);
  return {
    addresses: {
      brokers: [broker.brokers],
      clickhouseUrl: store.url,
      clickhouseUser: store.user,
      clickhousePassword: store.password,
      biUser: store.biUser,
      biPassword: store.biPassword,
    },
    kafka: serverOf('kafka', broker, startBroker),
    clickhouse: serverOf('clickhouse', store, startStore),
  };
}

function serverOf(name: Server['name'], first: Child, again: () => Promise<Child>): Server {
  let child = first;
  return {
    name,
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
    async start() {
      child = await again();
    },
    stop: () => child.stop(),
  };
}
