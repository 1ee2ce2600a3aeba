import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { StartedTestContainer } from 'testcontainers';
import type { ClickHouseServer, KafkaServer } from './backend.ts';

const kafkaImage = 'apache/kafka:4.4.0';
const clickHouseImage = 'clickhouse/clickhouse-server:26.7';
const startTimeoutMs = 120_000;

/**
 * Whether a container of Kafka can be run here: a Docker engine (or what passes for one) answers, and has the image or can
 * pull it. Where it cannot pull, a sentence on stderr says so.
 */
export const kafkaImageIsHere = (): Promise<boolean> => imageIsHere(kafkaImage);

/** The same for ClickHouse. */
export const clickHouseImageIsHere = (): Promise<boolean> => imageIsHere(clickHouseImage);

async function imageIsHere(name: string): Promise<boolean> {
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  const runtime = await getContainerRuntimeClient().catch(() => undefined);
  if (runtime === undefined) return false;
  const image = ImageName.fromString(name);
  try {
    if (!(await runtime.image.exists(image))) await runtime.image.pull(image);
    return true;
  } catch (error) {
    process.stderr.write(
      `Docker answers and cannot pull ${name} (${error instanceof Error ? error.message : String(error)}): the embedded server is started instead.\n`,
    );
    return false;
  }
}

/**
 * Kafka in a container, with the settings of the embedded one where they matter to tests.
 *
 * @param port The same inside and outside, because the broker reports its clients the address to use.
 */
export async function kafkaContainer(
  port: number,
): Promise<{ server: KafkaServer; stop: () => Promise<void> }> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(kafkaImage)
    .withExposedPorts({ container: port, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:29093',
      KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://localhost:29093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
      KAFKA_OFFSETS_RETENTION_MINUTES: '43200',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '8',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(startTimeoutMs)
    .start();
  return { server: { brokers: [`127.0.0.1:${port}`] }, stop: () => end(container) };
}

const config = (name: string): string =>
  fileURLToPath(new URL(`../../infra/clickhouse/config/${name}`, import.meta.url));

/** ClickHouse in a container, with our users and workloads. */
export async function clickHouseContainer(): Promise<{
  server: ClickHouseServer;
  stop: () => Promise<void>;
}> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(clickHouseImage)
    .withExposedPorts(8123)
    .withEnvironment({
      // The image would restrict `default` in its own way; ours is in users.xml.
      CLICKHOUSE_SKIP_USER_SETUP: '1',
      TIDEMARK_CLICKHOUSE_PASSWORD_SHA256: sha256('tidemark'),
      TIDEMARK_CLICKHOUSE_BI_PASSWORD_SHA256: sha256('bi'),
      TIDEMARK_CLICKHOUSE_EXPLAIN_PASSWORD_SHA256: sha256('explain'),
    })
    .withCopyFilesToContainer([
      { source: config('users.xml'), target: '/etc/clickhouse-server/users.d/tidemark.xml' },
      { source: config('workloads.xml'), target: '/etc/clickhouse-server/config.d/tidemark.xml' },
    ])
    .withWaitStrategy(Wait.forHttp('/ping', 8123))
    .withStartupTimeout(startTimeoutMs)
    .start();
  const server = {
    clickhouseUrl: `http://${container.getHost()}:${container.getMappedPort(8123)}`,
    clickhouseUser: 'tidemark',
    clickhousePassword: 'tidemark',
    biUser: 'bi',
    biPassword: 'bi',
    explainUser: 'explain',
    explainPassword: 'explain',
  };
  return { server, stop: () => end(container) };
}

async function end(container: StartedTestContainer): Promise<void> {
  await container.stop();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
