/** The runbook docs/runbooks/kafka-lost.md: the brokers' disks come back from a copy, and do not come back at all. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { type ContractEvent, settingsAt } from '@tidemark/metrics/index.oracle';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { type EmbeddedClickHouse, startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { type Servers, startServers } from '../faults/servers.ts';
import type { ClickHouseServer, KafkaServer } from '../support/backend.ts';
import { realisticHistories } from '../support/histories.ts';
import { pinnedMigrations } from '../support/pinned.ts';
import { type Member, type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';
import { until } from '../support/until.ts';
import { viewDifferences } from '../support/view-differences.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const day = 86_400_000;
const waitMs = 120_000;
const partitions = 2;
const start = Date.now() - 60_000;
const history = realisticHistories(2, 6, { from: start - 90 * day, to: start - day });
const [earlier, later, last] = [history.slice(0, -40), history.slice(-40, -20), history.slice(-20)];

let folder: string;
let servers: Servers;
let pipeline: Pipeline;
let other: EmbeddedClickHouse | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-kafka-lost-'));
  servers = await startServers(folder, undefined);
  pipeline = await startedOn(servers.addresses);
});

after(async () => {
  await pipeline?.close();
  await other?.stop();
  await servers?.stop();
  await rm(folder, { recursive: true, force: true });
});

const kafkaDir = (): string => join(folder, 'kafka');
const stateDir = (): string => join(folder, 'members', 'processor-1');

function startedOn(addresses: KafkaServer & ClickHouseServer): Promise<Pipeline> {
  return startPipeline({
    servers: addresses,
    partitions,
    processors: 1,
    sinks: 1,
    live: false,
    folder: join(folder, 'members'),
  });
}

async function publish(events: readonly ContractEvent[]): Promise<void> {
  const producer = new IdempotentProducer(pipeline.client);
  await producer.send(sendsOf(events, partitions, 'test'));
  await producer.close();
}

/** Runs all commands under a heading of the runbook, as they stand there. */
async function follow(heading: string): Promise<void> {
  const page = await readFile(join(repository, 'docs/runbooks/kafka-lost.md'), 'utf8');
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const commands = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
  assert.ok(commands.length > 0, heading);
  const { brokers, clickhouseUrl, clickhouseUser, clickhousePassword } = servers.addresses;
  const env = {
    ...process.env,
    PATH: `${repository}/node_modules/.bin:${process.env['PATH']}`,
    KAFKA_BROKERS: brokers.join(','),
    CLICKHOUSE_URL: clickhouseUrl,
    CLICKHOUSE_USER: clickhouseUser,
    CLICKHOUSE_PASSWORD: clickhousePassword,
    STATE_DIR: stateDir(),
    PARTITIONS: String(partitions),
  };
  await run('sh', ['-ec', commands.join('')], { cwd: repository, env });
}

/** The end of a processor that refuses what it finds. */
async function refusal(processor: Member): Promise<string> {
  const exited = new Promise<Exit>((resolve) => {
    processor.onExit = resolve;
  });
  processor.start();
  assert.equal((await exited).code, 1);
  return processor.lastLines;
}

/** What the sink says while it refuses. */
async function blocked(sink: Member): Promise<string> {
  sink.start();
  let text = '';
  await until('the sink to refuse', async () => {
    const answer = await fetch(`http://127.0.0.1:${sink.port}/ready`).catch(() => undefined);
    text = (await answer?.text()) ?? '';
    return text.includes('Stop all sinks');
  });
  await sink.stop();
  return text;
}

/** All that the views say otherwise than the batch answer of some events. */
async function wrong(events: readonly ContractEvent[], at: ClickHouseServer): Promise<string> {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const client = connectClickHouse({
    CLICKHOUSE_URL: new URL(at.clickhouseUrl),
    CLICKHOUSE_USER: at.clickhouseUser,
    CLICKHOUSE_PASSWORD: at.clickhousePassword,
  });
  try {
    await migrate({
      client,
      settings: readSettings(viewSettings, {}),
      log: createLog('test', 'silent'),
      migrations: pinnedMigrations(now),
    });
  } finally {
    await client.close();
  }
  const { reading } = pipeline;
  return viewDifferences(await reading.views(), (view) => reading.view(view), events, settingsAt(now, {}));
}

test('disks of the brokers that were copied some time ago come back: all is counted again, and nothing twice', async () => {
  const [broker] = servers.brokers as [Servers['brokers'][number]];
  const [[processor], [sink]] = [pipeline.processors, pipeline.sinks] as unknown as [[Member], [Member]];
  await publish(earlier);
  await pipeline.counted(waitMs);
  await Promise.all([processor.stop(), sink.stop()]);
  await broker.stop();
  await cp(kafkaDir(), `${kafkaDir()}.copy`, { recursive: true });
  await broker.start();
  processor.start();
  sink.start();
  await publish(later);
  await pipeline.counted(waitMs);
  await Promise.all([processor.stop(), sink.stop()]);

  await broker.kill();
  await rm(kafkaDir(), { recursive: true });
  await rename(`${kafkaDir()}.copy`, kafkaDir());
  await broker.start();
  assert.match(await refusal(processor), /state\.ahead/);
  assert.match(await blocked(sink), /it has lost its end.*kafka-lost\.md/);
  await follow('From a copy of the disks');
  processor.start();
  sink.start();
  await publish([...later, ...last]);
  await pipeline.counted(waitMs);
  assert.equal(await wrong(history, servers.addresses), '');
  await Promise.all([processor.stop(), sink.stop()]);
});

test('without a copy the old state and the old tables are refused, and it is counted into another ClickHouse', async () => {
  const [broker] = servers.brokers as [Servers['brokers'][number]];
  const [[processor], [sink]] = [pipeline.processors, pipeline.sinks] as unknown as [[Member], [Member]];
  await broker.kill();
  await rm(kafkaDir(), { recursive: true });
  await broker.start();
  await run('npx', ['tidemark', 'topics'], {
    cwd: repository,
    env: {
      ...process.env,
      KAFKA_BROKERS: servers.addresses.brokers.join(','),
      PARTITIONS: String(partitions),
    },
  });
  assert.match(await refusal(processor), /belongs to Kafka cluster/);
  assert.match(await blocked(sink), /filled from Kafka cluster/);
  await rm(`${stateDir()}.before`, { recursive: true, force: true });
  await follow('Without a copy');
  await pipeline.close();
  const [httpPort, dataDir] = [await freePort(), join(folder, 'other')];
  other = await startClickHouse({ dataDir, httpPort, log: createLog('test', 'silent') });
  const addresses = {
    ...servers.addresses,
    clickhouseUrl: other.url,
    clickhouseUser: other.user,
    clickhousePassword: other.password,
    biUser: other.biUser,
    biPassword: other.biPassword,
  };
  pipeline = await startedOn(addresses);
  await publish(last);
  await pipeline.counted(waitMs);
  assert.equal(await wrong(last, addresses), '');
});
