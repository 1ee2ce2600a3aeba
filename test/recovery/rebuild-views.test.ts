/** The runbook docs/runbooks/rebuild-views.md: tables that were lost, that are older than what Kafka has, and a second ClickHouse. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { families } from '@tidemark/events/families';
import { withAdmin } from '@tidemark/kafka/admin';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { type ContractEvent, settingsAt } from '@tidemark/metrics/index.oracle';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { generationOf } from '@tidemark/topics/generation';
import { type EmbeddedClickHouse, startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import type { Status } from '../../services/recount/status.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { realisticHistories } from '../support/histories.ts';
import { pinnedMigrations } from '../support/pinned.ts';
import { Member, type Pipeline, type ReadRow, sendsOf, startPipeline } from '../support/pipeline.ts';
import { backedUp } from '../support/table-backup.ts';
import { until } from '../support/until.ts';
import { viewDifferences } from '../support/view-differences.ts';

const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
const day = 86_400_000;
const waitMs = 120_000;
const partitions = 2;
const start = Date.now() - 60_000;
const history = realisticHistories(1, 8, { from: start - 120 * day, to: start - day });

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
let owner: ClickHouseClient;
let folder: string;
let environment: Record<string, string>;
let published: readonly ContractEvent[] = [];
const members: Member[] = [];
let rebuilding: ChildProcess | undefined;
let second: EmbeddedClickHouse | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-rebuild-'));
  servers = await backend();
  const { clickhouseUrl, clickhouseUser, clickhousePassword } = servers;
  environment = {
    KAFKA_BROKERS: servers.brokers.join(','),
    CLICKHOUSE_URL: clickhouseUrl,
    CLICKHOUSE_USER: clickhouseUser,
    CLICKHOUSE_PASSWORD: clickhousePassword,
    RECOUNT_DIR: join(folder, 'recount'),
    LOG_LEVEL: 'warn',
  };
  owner = connectClickHouse({
    CLICKHOUSE_URL: new URL(clickhouseUrl),
    CLICKHOUSE_USER: clickhouseUser,
    CLICKHOUSE_PASSWORD: clickhousePassword,
  });
  pipeline = await startPipeline({ servers, partitions, processors: 1, sinks: 1, live: false, folder });
});

after(async () => {
  rebuilding?.kill('SIGKILL');
  await Promise.all(members.map((member) => member.stop()));
  await pipeline?.close();
  await second?.stop();
  await loseEverything();
  await owner?.close();
  await servers?.close();
  await rm(folder, { recursive: true, force: true });
});

async function loseEverything(): Promise<void> {
  const found = await rowsOf<{ name: string }>(
    owner,
    "SELECT name FROM system.databases WHERE startsWith(name, 'tidemark')",
  );
  for (const { name } of found) await owner.command({ query: `DROP DATABASE IF EXISTS ${name} SYNC` });
}

async function publish(events: readonly ContractEvent[]): Promise<void> {
  const producer = new IdempotentProducer(pipeline.client);
  await producer.send(sendsOf(events, partitions, 'test'));
  await producer.close();
  published = [...published, ...events];
}

type Env = Readonly<Record<string, string>>;

/** Runs the rebuild; its lines are kept. */
function rebuild(args: readonly string[], env: Env): string[] {
  rebuilding = spawn(process.execPath, [cli, 'rebuild-views', ...args], {
    env: { ...process.env, ...environment, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  createInterface({ input: rebuilding.stderr! }).on('line', (line) => lines.push(line));
  return lines;
}

async function recount(args: readonly string[], env: Env = {}): Promise<string> {
  const given = { env: { ...process.env, ...environment, ...env } };
  return (await promisify(execFile)(process.execPath, [cli, 'recount', ...args], given)).stdout;
}

async function startMember(service: 'processor' | 'sink', generation: number, env: Env): Promise<Member> {
  const port = await freePort();
  const name = `${service}-g${generation}`;
  const member = new Member({
    service,
    name,
    port,
    env: {
      ...environment,
      ...env,
      GENERATION: String(generation),
      STATE_DIR: join(folder, name),
      [`${service.toUpperCase()}_PORT`]: String(port),
    },
    logFile: join(folder, `${name}.log`),
  });
  members.push(member);
  member.start();
  await member.ready();
  return member;
}

/** Waits until a generation has everything that arrived, and has counted all that fell due by now. */
async function counted(generation: number, client = owner): Promise<void> {
  const now = Date.now();
  await until(
    `generation ${generation} to be counted through now`,
    async () => {
      const status = JSON.parse(await recount(['status', String(generation), '--json'])) as Status;
      if (!status.caught_up) return false;
      const [through] = await rowsOf<{ known: string }>(
        client,
        `SELECT toString(countIf(through >= ${now})) AS known FROM (
           SELECT toUnixTimestamp64Milli(argMax(p.data_through, at)) AS through
           FROM ${generationOf(generation, '').store}.progress AS p GROUP BY family, partition)`,
      );
      return Number(through?.known) === families.length * partitions;
    },
    waitMs,
  );
}

/** All that the views of a generation say otherwise than the batch answer of what was published. */
async function wrong(generation: number, client = owner): Promise<string> {
  const databases = generationOf(generation, '');
  const now = Math.floor(Date.now() / 1000) * 1000;
  await migrate({
    client,
    settings: readSettings(viewSettings, {}),
    log: createLog('test', 'silent'),
    migrations: pinnedMigrations(now),
    databases,
  });
  const names = await rowsOf<{ name: string }>(
    client,
    "SELECT name FROM system.tables WHERE database = 'tidemark'",
  );
  return viewDifferences(
    new Set(names.map(({ name }) => name).filter((name) => !/__v\d+$/.test(name))),
    (view) => readView(client, view),
    published,
    settingsAt(now, {}),
  );
}

async function readView(client: ClickHouseClient, view: string): Promise<ReadRow[]> {
  const result = await client.query({
    query: `SELECT * FROM tidemark.${view}`,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_decimals: 1, date_time_output_format: 'iso' },
  });
  return result.json<ReadRow>();
}

/** Follows the runbook into a generation, and has the command killed and started again meanwhile. */
async function rebuiltInto(generation: number, args: readonly string[], env: Env = {}): Promise<void> {
  const page = await readFile(new URL('../../docs/runbooks/rebuild-views.md', import.meta.url), 'utf8');
  assert.ok(
    page.includes(`npx tidemark ${['rebuild-views', ...args].join(' ')}\n`),
    'the page has the command',
  );
  let lines = rebuild(args, env);
  await until(
    `generation ${generation} to be made`,
    async () => lines.some((line) => line.includes(`GENERATION=${generation} npm run start:sink`)),
    waitMs,
  );
  rebuilding!.kill('SIGKILL');
  const port = await freePort();
  lines = rebuild(args, { ...env, FEEDER_PORT: String(port) });
  await Promise.all([startMember('processor', generation, env), startMember('sink', generation, env)]);
  await until(
    `generation ${generation} to serve`,
    async () => lines.some((line) => line.startsWith(`Generation ${generation} serves`)),
    waitMs,
  ).catch((cause: unknown) => {
    throw new Error(lines.join('\n'), { cause });
  });
  assert.match(lines.join('\n'), new RegExp(`Going on with generation ${generation}, which was begun`));
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^tidemark_feeder_entities\{.*\} [1-9]/m);
}

async function endRebuild(): Promise<void> {
  const ended = new Promise((resolve) => rebuilding!.once('exit', resolve));
  rebuilding!.kill('SIGTERM');
  assert.equal(await ended, 0);
}

/** What Kafka has of the facts is deleted, as after its retention. */
async function deleteFacts(): Promise<void> {
  await withAdmin(pipeline.client, 'deleting facts', async (admin) => {
    const ends = await admin.fetchTopicOffsets('facts');
    await admin.deleteTopicRecords({
      topic: 'facts',
      partitions: ends.map(({ partition, high }) => ({ partition, offset: high })),
    });
  });
}

const [earlier, later, last] = [history.slice(0, -40), history.slice(-40, -20), history.slice(-20)];

test('tables from a backup that is older than all facts of Kafka are refused, and rebuilt from the state', async () => {
  const sink = pipeline.sinks[0]!;
  await publish(earlier);
  await pipeline.counted(waitMs);
  await sink.stop();
  const restore = await backedUp(owner);
  sink.start();
  await publish(later);
  await pipeline.counted(waitMs);
  await sink.stop();
  await restore();
  await deleteFacts();
  sink.start();
  await until('the tables to be refused', async () => {
    const answer = await fetch(`http://127.0.0.1:${sink.port}/ready`);
    return /Kafka has deleted the facts of/.test(await answer.text());
  });
  await sink.stop();

  await rebuiltInto(2, []);
  await publish(last);
  await counted(2);
  assert.equal(await wrong(2), '');
  await pipeline.processors[0]!.stop();
  await recount(['drop', '1']);
  assert.equal(await wrong(2), '');
  await endRebuild();
});

test('a ClickHouse that has lost everything is rebuilt, also when a rebuild has made what it lost', async () => {
  await members.find(({ name }) => name === 'sink-g2')!.stop();
  await loseEverything();
  await rebuiltInto(3, ['--lost', '2']);
  await counted(3);
  assert.equal(await wrong(3), '');
  await endRebuild();
});

test('a second ClickHouse is filled beside the first, in which nothing changes', async () => {
  const httpPort = await freePort();
  const log = createLog('test', 'silent');
  second = await startClickHouse({ dataDir: join(folder, 'second'), httpPort, log });
  const { url, user, password } = second;
  const env = { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password };
  const client = connectClickHouse({
    CLICKHOUSE_URL: new URL(url),
    CLICKHOUSE_USER: user,
    CLICKHOUSE_PASSWORD: password,
  });
  try {
    const feeding = spawn(process.execPath, [cli, 'recount', 'feed', '3'], {
      env: { ...process.env, ...environment },
      stdio: 'ignore',
    });
    await rebuiltInto(4, ['--second'], env);
    await counted(4, client);
    assert.equal(await wrong(4, client), '');
    assert.equal(await wrong(3), '');
    feeding.kill('SIGTERM');
    await endRebuild();
  } finally {
    await client.close();
  }
});
