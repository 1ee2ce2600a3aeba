/** The whole pipeline as it runs in production, service by service, for tests. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { topics } from '@tidemark/topics/topics';
import { type Generation, generationOf } from '@tidemark/topics/generation';
import { families } from '@tidemark/events/families';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { listOffsets } from '@tidemark/kafka/offsets';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import type { ClickHouseServer, KafkaServer } from './backend.ts';
import { Member } from './pipeline/member.ts';
import { type Behind, behind } from './pipeline/progress.ts';
import { openReading, type Reading } from './pipeline/reading.ts';
import { until } from './until.ts';

export { Member } from './pipeline/member.ts';
export {
  auditDifferences,
  freshnessDifferences,
  mentionOf,
  receiptOf,
  type Sent,
  setAside,
} from './pipeline/auditing.ts';
export { differences, liveDifferences } from './pipeline/comparing.ts';
export { type Partitioner, sendsOf } from './pipeline/records.ts';
export { behind } from './pipeline/progress.ts';
export { type Reading, type ReadRow } from './pipeline/reading.ts';

/** What is to run. */
export type PipelineOptions = {
  readonly servers: KafkaServer & ClickHouseServer;
  readonly partitions?: number;
  readonly processors?: number;
  readonly sinks?: number;
  /** Whether there is a live service, or how many. */
  readonly live?: boolean | number;
  /** Whether there is a collector, or how many. */
  readonly collector?: boolean | number;
  /** Settings of all services, e.g. `CART_ABANDON_AFTER`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the members' logs and state go. Default: a temporary folder, deleted in the end. */
  readonly folder?: string;
  /** A checkout of an earlier release, whose code the members run until they are started again. */
  readonly firstFrom?: string | undefined;
};

/** A pipeline that runs. */
export type Pipeline = {
  readonly client: KafkaClient;
  readonly partitions: number;
  readonly processors: readonly Member[];
  readonly sinks: readonly Member[];
  readonly live: Member | undefined;
  readonly collector: Member | undefined;
  /** All of them. */
  readonly members: readonly Member[];
  readonly reading: Reading;
  /**
   * Waits until everything published before the call is counted and in the views, and all that fell due before it too.
   *
   * @throws Error after `ms`, saying where it hangs.
   */
  readonly counted: (ms?: number) => Promise<void>;
  /** Stops all members in an orderly way and lets go of everything. The servers are the caller's. */
  readonly close: () => Promise<void>;
};

const groups = { processor: 'tidemark-processor', sink: 'tidemark-sink' };

/** The names of the first generation, with the prefix of the client. */
function namesIn({ settings }: KafkaClient): Generation & { readonly events: readonly string[] } {
  const names = generationOf(1, settings.KAFKA_PREFIX);
  return { ...names, events: families.map(names.eventsOf) };
}

/** Names a part of the pipeline that is behind. */
function listOf(left: readonly Behind[]): string {
  return left.map((one) => `${one.records} of ${one.topic}/${one.partition} from ${one.from}`).join(', ');
}

/**
 * Makes the topics and starts the services, each a process of its own on free ports.
 *
 * @throws Error when the Kafka has been used already: its topics must be this pipeline's own.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { servers, partitions = 3 } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tidemark-pipeline-')));
  await mkdir(folder, { recursive: true });
  const client = openKafka(
    readSettings(kafkaSettings, {
      KAFKA_BROKERS: servers.brokers.join(','),
      ...servers.kafkaSettings,
      KAFKA_PREFIX: options.env?.['KAFKA_PREFIX'],
    }),
    createLog('test', process.env['LOG_LEVEL'] ?? 'silent'),
  );
  await ensureTopics(client, topics(partitions, client.settings.KAFKA_PREFIX));
  await assertUnused(client, partitions);
  const members = await makeMembers(options, folder);
  for (const member of members) member.start();
  try {
    await Promise.all(members.map((member) => member.ready()));
  } catch (error) {
    await Promise.all(members.map((member) => member.stop()));
    throw error;
  }
  const reading = await openReading(servers);
  const of = (service: string): Member[] => members.filter(({ name }) => name.startsWith(`${service}-`));
  return {
    client,
    partitions,
    processors: of('processor'),
    sinks: of('sink'),
    live: of('live')[0],
    collector: of('collector')[0],
    members,
    reading,
    counted: (ms = 60_000) => counted(client, reading, partitions, ms),
    async close() {
      await Promise.all(members.map((member) => member.stop()));
      await reading.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function assertUnused(client: KafkaClient, partitions: number): Promise<void> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const ends = await Promise.all(
    namesIn(client).events.map((topic) => listOffsets(client, topic, numbers, 'end')),
  );
  const records = ends.flatMap((of) => [...of.values()]).reduce((sum, end) => sum + end, 0);
  if (records > 0)
    throw new Error(`the topics have ${records} records: a test of the pipeline needs new topics`);
}

async function makeMembers(options: PipelineOptions, folder: string): Promise<Member[]> {
  const { servers, processors = 2, sinks = 2, live = true, collector = false, env = {} } = options;
  const shared = {
    KAFKA_BROKERS: servers.brokers.join(','),
    ...servers.kafkaSettings,
    CLICKHOUSE_URL: servers.clickhouseUrl,
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
    LOG_LEVEL: 'info',
    // A test waits for numbers again and again, and minds no cost.
    COMMIT_INTERVAL: '100ms',
    SINK_BLOCK_INTERVAL: '200ms',
    ...env,
  };
  const wanted = { processor: processors, sink: sinks, live: Number(live), collector: Number(collector) };
  const members: Member[] = [];
  for (const [service, count] of Object.entries(wanted)) {
    for (let number = 1; number <= count; number++) {
      const name = `${service}-${number}`;
      const port = await freePort();
      const stateDir = join(folder, name);
      members.push(
        new Member({
          service,
          name,
          port,
          env: {
            ...shared,
            KAFKA_CLIENT_ID: name,
            [`${service.toUpperCase()}_PORT`]: String(port),
            ...(service === 'processor' ? { STATE_DIR: stateDir } : {}),
            ...(service === 'collector' ? { COLLECTOR_DEV_KEY: 'true' } : {}),
          },
          stateDir,
          logFile: join(folder, `${name}.log`),
          firstFrom: options.firstFrom,
        }),
      );
    }
  }
  return members;
}

async function counted(client: KafkaClient, reading: Reading, partitions: number, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  const left = (): number => Math.max(1_000, deadline - performance.now());
  const caughtUp = async (group: 'processor' | 'sink', names: readonly string[]): Promise<void> => {
    let last: readonly Behind[] = [];
    await until(
      `the ${group}s to have done with everything`,
      async () => {
        last = await behind(client, namesIn(client).own(groups[group]), names, partitions);
        return last.length === 0;
      },
      left(),
    ).catch((cause: unknown) => {
      throw new Error(`the ${group}s are behind: ${listOf(last)}`, { cause });
    });
  };
  const { events, facts } = namesIn(client);
  await caughtUp('processor', events);
  // Each task says every few seconds, in the facts, up to where it has counted: what fell due before now is in when all have.
  const now = Date.now();
  await until(
    'all partitions of all families to be counted through now',
    async () => {
      const rows = await reading.rows<{ through: string }>(
        `SELECT toUnixTimestamp64Milli(argMax(p.data_through, at)) AS through
         FROM tidemark_store.progress AS p GROUP BY family, partition`,
      );
      return (
        rows.length === families.length * partitions && rows.every(({ through }) => Number(through) >= now)
      );
    },
    left(),
  );
  await caughtUp('sink', [facts]);
}
