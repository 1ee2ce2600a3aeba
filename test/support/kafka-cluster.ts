/**
 * Three brokers on loopback, as a small production cluster has them: every partition three times, two of them needed for a
 * write, TLS and login for clients. From the jars of the embedded broker.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedKafka, newClusterId, startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import type { Draw } from '@tidemark/metrics/histories/draw.fixtures';
import { createLog } from '@tidemark/service/log';
import { type Certificate, makeCertificate } from './certificates.ts';
import { type KafkaProxy, startKafkaProxy } from './kafka-proxy.ts';
import { killable, type KillableServer } from './killable-server.ts';

/** A cluster that runs. */
export type KafkaCluster = {
  /** Addresses for clients: with TLS and login. */
  readonly addresses: string[];
  /** The settings that a service needs beside the addresses. */
  readonly settings: Readonly<Record<string, string>>;
  /** `kafka-1` to `kafka-3`; broker n has the number n in Kafka's answers. */
  readonly brokers: readonly KillableServer[];
  /** What stands before the brokers, one each; empty unless asked for. */
  readonly proxies: readonly KafkaProxy[];
};

type Ports = {
  readonly plain: number;
  readonly client: number;
  /** Where clients are sent to: `client`, or the proxy before it. */
  readonly advertised: number;
  readonly controller: number;
};

const user = 'tidemark';
const numbers = [1, 2, 3] as const;
const heapMb = 256;

/**
 * Starts three brokers that keep their data in `folder`, and waits until all answer.
 *
 * @param draw For proxies before the brokers; there are none without it.
 */
export async function startKafkaCluster(folder: string, draw?: Draw): Promise<KafkaCluster> {
  await mkdir(folder, { recursive: true });
  const certificate = await makeCertificate(folder, 'broker');
  const password = randomBytes(12).toString('hex');
  const ports: Ports[] = [];
  for (const _ of numbers) {
    const client = await freePort();
    const advertised = draw === undefined ? client : await freePort();
    ports.push({ plain: await freePort(), client, advertised, controller: await freePort() });
  }
  const clusterId = newClusterId();
  const log = createLog('cluster', 'silent');
  const start = (number: number): Promise<EmbeddedKafka> => {
    const own = ports[number - 1]!;
    return startKafka({
      dataDir: join(folder, `kafka-${number}`),
      port: own.plain,
      controllerPort: own.controller,
      log,
      heapMb,
      node: {
        clusterId,
        properties: propertiesOf(number, ports, certificate),
        formatArguments: ['--add-scram', `SCRAM-SHA-512=[name=${user},password=${password}]`],
      },
    });
  };
  const started = await Promise.allSettled(numbers.map(start));
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(running.map((one) => one.stop()));
    throw failed.reason;
  }
  const brokers = numbers.map((number) =>
    killable(`kafka-${number}`, running[number - 1]!, () => start(number)),
  );
  const proxies =
    draw === undefined
      ? []
      : await Promise.all(
          ports.map(({ advertised, client }) => startKafkaProxy(advertised, client, certificate, draw)),
        );
  return {
    proxies,
    addresses: ports.map(({ advertised }) => `127.0.0.1:${advertised}`),
    settings: {
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA_FILE: certificate.authority,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD: password,
    },
    brokers,
  };
}

function propertiesOf(
  number: number,
  ports: readonly Ports[],
  certificate: Certificate,
): Readonly<Record<string, string>> {
  const { plain, client, advertised, controller } = ports[number - 1]!;
  const voters = ports.map((one, index) => `${index + 1}@127.0.0.1:${one.controller}`);
  return {
    'node.id': String(number),
    'controller.quorum.voters': voters.join(','),
    listeners: `PLAINTEXT://127.0.0.1:${plain},CLIENT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},CLIENT://127.0.0.1:${advertised}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': certificate.keyStore,
    'ssl.keystore.password': certificate.password,
    'ssl.key.password': certificate.password,
    'default.replication.factor': '3',
    'min.insync.replicas': '2',
    'offsets.topic.replication.factor': '3',
    'transaction.state.log.replication.factor': '3',
    'transaction.state.log.min.isr': '2',
    'share.coordinator.state.topic.replication.factor': '3',
    'share.coordinator.state.topic.min.isr': '2',
    // Six coordinators of each kind: every broker is some group's and some transaction's.
    'offsets.topic.num.partitions': '6',
    'transaction.state.log.num.partitions': '6',
    // Leaders go back to the brokers that they were moved from: each broker that is killed leads some.
    'leader.imbalance.check.interval.seconds': '10',
    // Three brokers on two cores.
    'num.network.threads': '1',
    'num.io.threads': '2',
    'background.threads': '2',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'metadata.max.idle.interval.ms': '500',
  };
}
