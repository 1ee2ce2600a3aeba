import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { deleteTopics } from '@tidemark/kafka/admin';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { committedOffsets, listOffsets, offsetTopics } from '@tidemark/kafka/offsets';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { readSettings } from '@tidemark/service/settings';
import { topics } from '@tidemark/topics/topics';
import { decodePlan, encodePlan } from '../../services/sink/plan.ts';
import { clickHouseTables } from '../../services/sink/tables.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { emptyClickHouse } from '../support/emptying.ts';
import { until } from '../support/until.ts';
import { factSource, type FactSource } from './fact-source.ts';
import { flakyProxy, seeded } from './flaky-proxy.ts';
import { type StepOfBlock, stepsOfBlock } from './steps-of-block.ts';

const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' });
const topic = 'facts';
const partitions = 4;
const everyPartition = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
const group = `sink-${randomUUID()}`;

let servers: KafkaServer & ClickHouseServer & Closable;
let kafka: KafkaClient;
let clickhouse: ClickHouseClient;
let source: FactSource;
const children = new Set<ChildProcess>();

before(async () => {
  servers = await backend();
  kafka = openKafka(readSettings(kafkaSettings, { KAFKA_BROKERS: servers.brokers.join(',') }), log);
  clickhouse = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  });
  await migrate({ client: clickhouse, settings: readSettings(viewSettings, {}), log });
  await emptyClickHouse(servers);
  await newTopic();
  source = await factSource(kafka, topic, partitions, `source-${randomUUID()}`);
});

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await source.close();
  await clickhouse.close();
  await servers.close();
});

/** The servers may be used by other tests as well: this topic begins empty. */
async function newTopic(): Promise<void> {
  await deleteTopics(kafka, [topic]);
  await ensureTopics(
    kafka,
    topics(partitions, '').filter(({ name }) => name === topic),
  );
}

function start(script: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    env: {
      ...process.env,
      KAFKA_BROKERS: servers.brokers.join(','),
      CLICKHOUSE_URL: servers.clickhouseUrl,
      CLICKHOUSE_USER: servers.clickhouseUser,
      CLICKHOUSE_PASSWORD: servers.clickhousePassword,
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

const startSink = (environment: Readonly<Record<string, string>> = {}): ChildProcess =>
  start('../../services/sink/main.ts', { SINK_GROUP: group, ...environment });

/** The status of an instance's `/ready`; 0 while it does not answer. */
const readiness = (port: number): Promise<number> =>
  fetch(`http://127.0.0.1:${port}/ready`).then(
    ({ status }) => status,
    () => 0,
  );

/** The figures of an instance; nothing while it does not answer. */
const metricsOf = (port: number): Promise<string> =>
  fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
  return child.exitCode;
}

type Sums = { rows: number; received: number; late: number };

const tableSums = async (): Promise<Sums> =>
  (
    await rowsOf<Sums>(
      clickhouse,
      'SELECT toUInt32(count()) AS rows, sum(received) AS received, sum(late) AS late FROM tidemark_store.ingest_audit',
    )
  )[0]!;

/** Everything published is in ClickHouse once: in the table, in the rollup behind it, in the view. */
async function assertExact(): Promise<void> {
  await until('all facts to be in ClickHouse', async () => {
    const { rows } = await tableSums();
    return rows >= source.published.rows;
  });
  assert.deepEqual(await tableSums(), source.published);
  const [{ distinct } = { distinct: 0 }] = await rowsOf<{ distinct: number }>(
    clickhouse,
    'SELECT toUInt32(uniqExact(received)) AS distinct FROM tidemark_store.ingest_audit',
  );
  assert.equal(distinct, source.published.rows);
  const { received, late } = source.published;
  // The rollup is written after the table.
  const rollup = 'SELECT sum(received) AS received, sum(late) AS late FROM tidemark.ingest_audit_hourly';
  await until('the rollup to have it all', async () => {
    const [sums] = await rowsOf<{ received: number }>(clickhouse, rollup);
    return sums!.received >= received;
  });
  assert.deepEqual(await rowsOf(clickhouse, rollup), [{ received, late }]);
}

/** Whether any partition's offset, or its position with the tables, carries a plan that is not known to be done. */
const isPlanLeft = async (): Promise<boolean> =>
  [
    ...(await committedOffsets(kafka, group, everyPartition)).map(({ metadata }) => metadata),
    ...(await clickHouseTables(clickhouse, 'tidemark_store').positions(topic)).map(({ plan }) => plan),
  ].some((metadata) => decodePlan(metadata) !== undefined);

test('killed at every step of a block, with answers lost, every fact is counted once', async (t) => {
  const chance = seeded(20_261);
  const port = Number(new URL(servers.clickhouseUrl).port);
  const proxy = await flakyProxy(port, { swallow: 0.1, delay: 0.4, delayMs: 60 }, chance);
  t.after(proxy.close);
  const environment = {
    CLICKHOUSE_URL: `http://127.0.0.1:${proxy.port}`,
    GROUP: group,
    TOPIC: topic,
    PARTITIONS: '0,1,2,3',
  };
  const steps = Object.keys(stepsOfBlock) as StepOfBlock[];
  // Forwards, so that each meets what the step before it left; and backwards.
  for (const step of [...steps, ...steps.toReversed()]) {
    const child = start('sink-child.ts', { ...environment, STOP_AT: step });
    const stopped = once(child.stdout!, 'data');
    for (let n = 0; n < 8; n++) await source.publish(1 + Math.floor(chance() * 200));
    assert.equal(String((await stopped)[0]), `at ${step}\n`);
    await kill(child);
    assert.equal(await isPlanLeft(), stepsOfBlock[step], step);
  }
  const last = start('sink-child.ts', environment);
  await assertExact();
  await kill(last);
});

test('two instances, one killed, one stopped, one put to sleep and overtaken, count every fact once', async (t) => {
  const chance = seeded(7);
  const admin = kafka.newAdmin();
  await admin.connect();
  t.after(() => admin.disconnect());
  /** Waits until so many share the partitions and none is being missed. */
  const untilShared = (members: number): Promise<void> =>
    until(`${members} members to share the partitions`, async () => {
      const [described] = (await admin.describeGroups([group])).groups;
      return described?.state === 'Stable' && described.members.length === members;
    });
  /** An instance that has its share of the partitions and has inserted some of them. */
  const join = async (): Promise<ChildProcess> => {
    const port = await freePort();
    const settings = { SINK_BLOCK_INTERVAL: '0ms', SINK_BLOCK_BYTES: '30000', SINK_PORT: String(port) };
    const sink = startSink(settings);
    await until('the sink to have inserted a block', async () =>
      /^\w*sink_blocks_inserted_total\S* [1-9]/m.test(await metricsOf(port)),
    );
    return sink;
  };
  let publishing = true;
  const load = (async () => {
    while (publishing) {
      await source.publish(1 + Math.floor(chance() * 100));
      await sleep(chance() * 60);
    }
  })();
  const [first, second] = await Promise.all([join(), join()]);
  await kill(first);
  const third = await join();
  assert.equal(await kill(second, 'SIGTERM'), 0);
  const fourth = await join();
  await untilShared(2);
  // Asleep for longer than a session: the group gives its partitions to the other, who does its block again; then it wakes.
  fourth.kill('SIGSTOP');
  await untilShared(1);
  fourth.kill('SIGCONT');
  await untilShared(2);
  publishing = false;
  await load;
  await assertExact();
  for (const child of [third, fourth]) assert.equal(await kill(child, 'SIGTERM'), 0);
});

test('while ClickHouse is away facts wait, readiness says so, and nothing is lost', async () => {
  const chance = seeded(3);
  const proxy = await flakyProxy(
    Number(new URL(servers.clickhouseUrl).port),
    { swallow: 0, delay: 0, delayMs: 0 },
    chance,
  );
  const port = await freePort();
  const sink = startSink({
    CLICKHOUSE_URL: `http://127.0.0.1:${proxy.port}`,
    SINK_PORT: String(port),
    LOG_LEVEL: 'fatal',
  });
  await assertExact();
  await until('the sink to be ready', async () => (await readiness(port)) === 200);
  proxy.up = false;
  const before = (await tableSums()).rows;
  for (let n = 0; n < 5; n++) await source.publish(50);
  await until('the sink to be unready', async () => (await readiness(port)) === 503);
  const metrics = await metricsOf(port);
  assert.match(metrics, /^tidemark_sink_blocked\{service="sink"\} 1$/m);
  assert.match(metrics, /^tidemark_sink_insert_failures_total\{.*code="clickhouse\.unavailable"/m);
  assert.equal((await tableSums()).rows, before);
  proxy.up = true;
  await assertExact();
  await until('the sink to be ready again', async () => (await readiness(port)) === 200);
  assert.equal(await kill(sink, 'SIGTERM'), 0);
  await proxy.close();
});

test('an insert that a materialized view broke off half-way is made whole, and not doubled', async () => {
  await clickhouse.command({
    query: `CREATE TABLE tidemark_store.fuse (a UInt8) ENGINE = MergeTree ORDER BY a
            SETTINGS non_replicated_deduplication_window = 10000`,
  });
  await clickhouse.command({
    query: `CREATE MATERIALIZED VIEW tidemark_store.breaking TO tidemark_store.fuse AS
            SELECT throwIf((SELECT count() FROM tidemark_store.fuse) = 0, 'the fuse is out') AS a
            FROM tidemark_store.ingest_audit_by_quarter`,
  });
  const port = await freePort();
  const sink = startSink({ SINK_PORT: String(port), LOG_LEVEL: 'fatal' });
  for (let n = 0; n < 5; n++) await source.publish(20);
  await until('the refusal to show', async () =>
    /^tidemark_sink_insert_failures_total\{.*code="clickhouse\.refused".*\} [2-9]/m.test(
      await metricsOf(port),
    ),
  );
  await clickhouse.insert({ table: 'tidemark_store.fuse', values: [{ a: 1 }], format: 'JSONEachRow' });
  await assertExact();
  await clickhouse.command({ query: 'DROP VIEW tidemark_store.breaking' });
  assert.equal(await kill(sink, 'SIGTERM'), 0);
});

test('a graceful stop leaves no plan behind', async () => {
  const sink = startSink();
  await source.publish(100);
  await assertExact();
  assert.equal(await kill(sink, 'SIGTERM'), 0);
  const committed = await committedOffsets(kafka, group, everyPartition);
  const ends = await stableEnds();
  for (const { partition, offset, metadata } of committed) {
    assert.equal(metadata, '');
    // Behind the last record stands the marker of its transaction.
    assert.equal(offset, ends.get(partition)! - 1);
  }
});

test('a plan whose partitions have come to different owners is inserted whole by each, and counts once', async () => {
  const committed = await committedOffsets(kafka, group, everyPartition);
  for (let n = 0; n < 3; n++) await source.publish(100);
  const ends = await stableEnds();
  // As an instance leaves it that had them all and died before, while or after it inserted.
  const plan = committed.map(({ partition, offset }) => ({
    partition,
    first: offset ?? 0,
    last: ends.get(partition)! - 1,
  }));
  const metadata = encodePlan(plan);
  const topics = offsetTopics(
    committed.map(({ partition, offset }) => ({ topic, partition, offset: offset ?? 0, metadata })),
  );
  const cluster = kafka.newCluster();
  await cluster.connect();
  const coordinator = await cluster.findGroupCoordinator({ groupId: group, coordinatorType: 0 });
  await coordinator.offsetCommit({ groupId: group, memberId: '', groupGenerationId: -1, topics });
  await cluster.disconnect();

  const owners = ['0,3', '1', '2'].map((owned) =>
    start('sink-child.ts', { GROUP: group, TOPIC: topic, PARTITIONS: owned }),
  );
  for (let n = 0; n < 3; n++) await source.publish(100);
  await assertExact();
  await until('every owner to go past the plan', async () =>
    (await committedOffsets(kafka, group, everyPartition)).every(
      ({ partition, offset }) => offset! > plan[partition]!.last,
    ),
  );
  await assertExact();
  for (const owner of owners) await kill(owner);
});

async function stableEnds(): Promise<ReadonlyMap<number, number>> {
  return listOffsets(
    kafka,
    topic,
    everyPartition.map(({ partition }) => partition),
    'stable-end',
  );
}
