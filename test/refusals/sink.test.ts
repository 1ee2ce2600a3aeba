/** The runbook docs/runbooks/sink-positions.md: what the sink refuses, and each way out, its commands taken from the page. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { deleteGroup, deleteTopics, offsetsRetentionMs } from '@tidemark/kafka/admin';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings } from '@tidemark/service/settings';
import { factsRetentionMs, topics } from '@tidemark/topics/topics';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { dropDatabases, emptyTables } from '../support/emptying.ts';
import { backedUp, storeTables } from '../support/table-backup.ts';
import { until } from '../support/until.ts';
import { factSource, type FactSource } from '../integration/fact-source.ts';

const topic = 'facts';
const log = pino({ level: 'silent' });
const partitions = 2;
const repository = fileURLToPath(new URL('../..', import.meta.url));
const runbook = readFileSync(new URL('../../docs/runbooks/sink-positions.md', import.meta.url), 'utf8');

type Sink = { readonly process: ChildProcess; readonly port: number };

let servers: KafkaServer & ClickHouseServer & Closable;
let kafka: KafkaClient;
let clickhouse: ClickHouseClient;
let source: FactSource;
let group: string;
const children = new Set<ChildProcess>();

before(async () => {
  servers = await backend();
  kafka = openKafka(readSettings(kafkaSettings, { KAFKA_BROKERS: servers.brokers.join(',') }), log);
  clickhouse = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  });
});

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await source.close();
  await clickhouse.close();
  await servers.close();
});

/**
 * Every test begins with full tables, whose sink has stopped. Most end so too; after one that does not, or that fails,
 * they are filled from nothing.
 */
let isWhole = false;
beforeEach(async () => {
  if (!isWhole) await fillFromNothing();
  isWhole = false;
});

async function fillFromNothing(): Promise<void> {
  await migrate({ client: clickhouse, settings: readSettings(viewSettings, {}), log });
  await emptyTables(clickhouse);
  group = `positions-${randomUUID()}`;
  await newTopic();
  const sink = await startSink();
  await source.publish(40);
  await source.publish(30);
  await assertExact();
  await stop(sink);
}

async function newTopic(): Promise<void> {
  await source?.close();
  await deleteTopics(kafka, [topic]);
  await ensureTopics(
    kafka,
    topics(partitions, '').filter(({ name }) => name === topic),
  );
  source = await factSource(kafka, topic, partitions, `source-${randomUUID()}`);
}

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${repository}/node_modules/.bin:${process.env['PATH']}`,
  KAFKA_BROKERS: servers.brokers.join(','),
  CLICKHOUSE_URL: servers.clickhouseUrl,
  CLICKHOUSE_USER: servers.clickhouseUser,
  CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  SINK_GROUP: group,
});

async function startSink(more: Readonly<Record<string, string>> = {}): Promise<Sink> {
  const port = await freePort();
  const child = spawn(process.execPath, ['services/sink/main.ts'], {
    cwd: repository,
    env: {
      ...environment(),
      SINK_PORT: String(port),
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'fatal',
      ...more,
    },
    stdio: 'inherit',
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return { process: child, port };
}

async function stop({ process: child }: Sink, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  child.kill(signal);
  await once(child, 'exit');
}

/** Starts a sink that is refused; the sentence that its `/ready` gives. */
async function refusalOf(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const sink = await startSink(more);
  let sentence = '';
  await until('the refusal to show', async () => {
    const answer = await fetch(`http://127.0.0.1:${sink.port}/ready`);
    const { waiting_for: reasons } = (await answer.json()) as { waiting_for: string[] };
    sentence = reasons.find((reason) => reason.includes('sink.positions')) ?? '';
    return answer.status === 503 && sentence !== '';
  });
  const metrics = await (await fetch(`http://127.0.0.1:${sink.port}/metrics`)).text();
  assert.match(metrics, /^tidemark_sink_blocked\S* 1$/m);
  await stop(sink);
  return sentence;
}

/** Runs the commands under a heading of the runbook, as they stand there. */
async function follow(heading: string): Promise<void> {
  const section = runbook.split(`\n## ${heading}\n`)[1];
  const commands = /```sh\n(.*?)```/s.exec(section ?? '')?.[1];
  assert.ok(commands, heading);
  await promisify(execFile)('sh', ['-ec', commands], { cwd: repository, env: environment() });
}

type Sums = { readonly rows: number; readonly received: number; readonly late: number };

const sumsOf = async (): Promise<Sums> =>
  (
    await rowsOf<Sums>(
      clickhouse,
      `SELECT toUInt32(sum(f.rows)) AS rows, sum(f.received) AS received, sum(f.late) AS late
       FROM (SELECT 1 AS rows, received, late FROM tidemark_store.ingest_audit) AS f`,
    )
  )[0]!;

/** Everything published is in the table and in the view once. */
async function assertExact(): Promise<void> {
  await until('all facts to be in ClickHouse', async () => (await sumsOf()).rows >= source.published.rows);
  assert.deepEqual(await sumsOf(), source.published);
  const { received, late } = source.published;
  const view = 'SELECT sum(received) AS received, sum(late) AS late FROM tidemark.ingest_audit_hourly';
  await until('the view to have it all', async () => {
    const [sums] = await rowsOf<{ received: number }>(clickhouse, view);
    return sums!.received >= received;
  });
  assert.deepEqual(await rowsOf(clickhouse, view), [{ received, late }]);
}

/** A sink goes on with what is there and with more, and every fact counts once. */
async function assertGoesOn(): Promise<void> {
  const sink = await startSink();
  await source.publish(25);
  await assertExact();
  await stop(sink);
  isWhole = true;
}

/** Waits until Kafka misses the members of the group, and deletes its offsets as time would. */
const forgetOffsets = (): Promise<void> =>
  until('the group to be forgotten', async () => {
    await deleteGroup(kafka, group);
    return true;
  });

test('offsets that Kafka has forgotten: the sink goes on where the tables stand', async () => {
  await forgetOffsets();
  await assertGoesOn();
});

test('offsets forgotten after a crash: what was planned is finished, once', async () => {
  const sink = await startSink({ SINK_BLOCK_INTERVAL: '0ms', SINK_BLOCK_BYTES: '2000' });
  for (let n = 0; n < 5; n++) await source.publish(60);
  const published = source.published.rows;
  await until('some of it to be in ClickHouse', async () => (await sumsOf()).rows > published - 500);
  await stop(sink, 'SIGKILL');
  await forgetOffsets();
  await assertGoesOn();
});

test('tables that are gone are refused, and filled anew as the runbook says', async () => {
  await dropDatabases(servers);
  assert.match(await refusalOf(), /^The tables are empty, but .*runbooks\/sink-positions\.md/);
  assert.equal((await sumsOf()).rows, 0);
  await follow('Fill the tables anew');
  await assertGoesOn();
});

test('tables emptied by hand, their positions left, are refused without offsets too', async () => {
  for (const { name } of await storeTables(clickhouse))
    if (name !== 'sink_positions')
      await clickhouse.command({ query: `TRUNCATE TABLE tidemark_store.${name}` });
  await forgetOffsets();
  assert.match(await refusalOf(), /^The tables are empty, but /);
  await follow('Fill the tables anew');
  await assertGoesOn();
});

test('a backup that is older than the offsets is refused, and made whole as the runbook says', async () => {
  const restore = await backedUp(clickhouse);
  await assertGoesOn();
  await restore();
  const restored = (await sumsOf()).rows;
  assert.match(await refusalOf(), /the tables have facts up to offset \d+: those between would never be/);
  assert.equal((await sumsOf()).rows, restored);
  await follow('After a backup');
  await assertGoesOn();
});

test('another group is refused while the tables are full', async () => {
  const sentence = await refusalOf({ SINK_GROUP: `${group}-2` });
  assert.match(sentence, new RegExp(`set SINK_GROUP to ${group};`));
  await assertGoesOn();
});

test('a topic that was made anew is refused, and its facts are inserted as the runbook says', async () => {
  await newTopic();
  await source.publish(100);
  assert.match(await refusalOf(), /^Topic facts was made anew since the tables were filled/);
  await follow('Fill the tables anew');
  await assertGoesOn();
});

test('full tables without positions are refused, and filled anew as the runbook says', async () => {
  await clickhouse.command({ query: 'TRUNCATE TABLE tidemark_store.sink_positions' });
  assert.match(await refusalOf(), /^The tables have facts, but tidemark_store\.sink_positions does not say/);
  await assertExact();
  await follow('Fill the tables anew');
  await assertGoesOn();
});

test('full tables of a release without positions go on at the offsets of their group, as the runbook says', async () => {
  await clickhouse.command({ query: 'TRUNCATE TABLE tidemark_store.sink_positions' });
  assert.match(await refusalOf(), /^The tables have facts, but .*sink adopt-offsets/);
  await follow('Adopt the offsets');
  await assertGoesOn();
});

test('facts that Kafka deleted before they were inserted are refused; those that it has can be inserted anew', async () => {
  await source.publish(30);
  const ends = await listOffsets(kafka, topic, [0, 1], 'stable-end');
  const admin = kafka.newAdmin();
  await admin.connect();
  // Without it kafkajs does not know the leaders that it has to ask.
  await admin.fetchTopicOffsets(topic);
  const deleted = [...ends].map(([partition, offset]) => ({ partition, offset: String(offset) }));
  await admin.deleteTopicRecords({ topic, partitions: deleted });
  await admin.disconnect();
  assert.match(await refusalOf(), /^Kafka has deleted the facts of partition \d of facts from offset \d+ to/);
  await follow('Fill the tables anew');
  const sink = await startSink();
  await source.publish(20);
  await until('what Kafka has to be in ClickHouse', async () => (await sumsOf()).rows >= 20 * partitions);
  assert.equal((await sumsOf()).rows, 20 * partitions);
  await stop(sink);
});

test('the offsets of a running group are not forgotten, and the broker keeps offsets as long as facts', async () => {
  const sink = await startSink();
  await source.publish(10);
  await assertExact();
  await assert.rejects(follow('After a backup'), /has 1 member: stop them/);
  await stop(sink);
  const asked = [0, 1].map((partition) => ({ topic, partition }));
  assert.ok((await committedOffsets(kafka, group, asked)).every(({ offset }) => offset !== undefined));
  assert.ok((await offsetsRetentionMs(kafka))! >= factsRetentionMs);
});
