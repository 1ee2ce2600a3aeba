/** The command line against real servers: what it reads, and faults that are planted there and that the doctor names. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { findingsOf } from '../../packages/cli/doctor/check.ts';
import { clickHouseAccessChecks, clickHouseChecks } from '../../packages/cli/doctor/clickhouse.ts';
import { clickHouseSeenSettings, lookAtClickHouse } from '../../packages/cli/doctor/clickhouse-seen.ts';
import { brokerChecks, kafkaAccessChecks } from '../../packages/cli/doctor/kafka.ts';
import { kafkaSeenSettings, lookAtKafka } from '../../packages/cli/doctor/kafka-seen.ts';
import { topicChecks } from '../../packages/cli/doctor/topics.ts';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { encodeEvent } from '@tidemark/events/codec';
import type { Answer } from '@tidemark/explain/answer';
import { acceptJson } from '@tidemark/events/validate';
import { withAdmin } from '@tidemark/kafka/admin';
import { type Broker, type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { openTransactions } from '@tidemark/kafka/transactions';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { readSettings } from '@tidemark/service/settings';
import { topics } from '@tidemark/topics/topics';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { endTransaction } from '../../packages/kafka/transaction-requests.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { until } from '../support/until.ts';

const bin = fileURLToPath(new URL('../../packages/cli/bin.js', import.meta.url));
const log = pino({ level: 'silent' });
const [topicResource, partitions] = [2, 2];

let servers: KafkaServer & ClickHouseServer & Closable;
let kafka: KafkaClient;
let clickhouse: ClickHouseClient;
let environment: Record<string, string>;

before(async () => {
  servers = await backend();
  environment = {
    KAFKA_BROKERS: servers.brokers.join(','),
    CLICKHOUSE_URL: servers.clickhouseUrl,
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
    LIVE_CLICKHOUSE_URL: servers.clickhouseUrl,
    LIVE_CLICKHOUSE_PASSWORD: servers.biPassword,
  };
  kafka = openKafka(readSettings(kafkaSettings, environment), log);
  clickhouse = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  });
  await ensureTopics(kafka, topics(partitions, ''));
  await migrateNow();
});
after(async () => {
  await clickhouse?.close();
  await servers?.close();
});

const migrateNow = (): Promise<unknown> =>
  migrate({ client: clickhouse, settings: readSettings(viewSettings, {}), log });

/** What the doctor finds in Kafka; records that wait are no matter. */
async function inKafka(more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const settings = readSettings(kafkaSeenSettings, { ...environment, ...more });
  const { access, seen } = await lookAtKafka(settings, log, Date.now);
  if (seen === undefined) return findingsOf(kafkaAccessChecks, access).map(({ id }) => id);
  return [...findingsOf(topicChecks, seen), ...findingsOf(brokerChecks, seen)]
    .filter(({ id }) => !id.startsWith('lag.'))
    .map(({ id, problem }) => `${id}: ${problem}`);
}

/** What the doctor finds in ClickHouse; its disks are this machine's. */
async function inClickHouse(more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const settings = readSettings(clickHouseSeenSettings, { ...environment, ...more });
  const { LIVE_CLICKHOUSE_PASSWORD: biPassword = '' } = { ...environment, ...more };
  const reader = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.biUser,
    CLICKHOUSE_PASSWORD: biPassword,
  });
  try {
    const { access, seen } = await lookAtClickHouse(settings, { client: reader, user: 'bi' }, 1);
    if (seen === undefined) return findingsOf(clickHouseAccessChecks, access).map(({ id }) => id);
    return findingsOf(clickHouseChecks, seen)
      .filter(({ id }) => id !== 'clickhouse.disk')
      .map(({ id, problem }) => `${id}: ${problem}`);
  } finally {
    await reader.close();
  }
}

const command = (query: string): Promise<unknown> =>
  clickhouse.command({ query, clickhouse_settings: { mutations_sync: '1' } });

test('servers that are well have no finding', async () => {
  assert.deepEqual(await inKafka(), []);
  assert.deepEqual(await inClickHouse(), []);
});

test('settings of topics that are planted are named, each by its own check', async () => {
  const before = topics(partitions, '');
  const configOf = (name: string) => before.find((topic) => topic.name === name)!.config;
  const set = (all: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<unknown> =>
    withAdmin(kafka, 'setting topics', (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: Object.entries(all).map(([name, config]) => ({
          type: topicResource,
          name,
          configEntries: Object.entries({ ...configOf(name), ...config }).map(([key, value]) => ({
            name: key,
            value,
          })),
        })),
      }),
    );
  const planted = {
    state: { 'cleanup.policy': 'delete' },
    'events.cart': { 'retention.ms': '86400000' },
    'events.survey': { 'message.timestamp.type': 'CreateTime' },
    facts: { 'unclean.leader.election.enable': 'true', 'max.message.bytes': '1000000' },
    counters: { 'segment.ms': '60000' },
  };
  await set(planted);
  const expected = [
    'kafka.cleanup-policy: state has cleanup.policy=delete instead of compact.',
    'kafka.message-bytes: facts has max.message.bytes=1000000 instead of 4194304.',
    'kafka.retention: events.cart has retention.ms=86400000 instead of 2592000000.',
    'kafka.settings-differ: counters has segment.ms=60000 instead of 3600000.',
    'kafka.timestamp-type: events.survey has message.timestamp.type=CreateTime instead of LogAppendTime.',
    'kafka.unclean-election: facts allows unclean elections: acknowledged records may be lost.',
  ];
  // A change takes a moment to come to the broker that is asked.
  await until('the settings', async () => (await inKafka()).length >= expected.length);
  assert.deepEqual((await inKafka()).toSorted(), expected);
  await set(Object.fromEntries(Object.keys(planted).map((name) => [name, {}])));
  await until('the settings as they were', async () => (await inKafka()).length === 0);
});

test('what differs from the settings by which topics are made is named', async () => {
  assert.deepEqual(await inKafka({ REPLICATION: '1', MIN_INSYNC: '1' }), []);
  assert.deepEqual(await inKafka({ REPLICATION: '3' }), [
    'kafka.replication-set: REPLICATION is 3, more than there are brokers (1): no topic can be made so.',
  ]);
  assert(
    (await inKafka({ MIN_INSYNC: '2' })).includes(
      'kafka.min-insync-set: facts has min.insync.replicas=1 instead of MIN_INSYNC=2: services refuse it.',
    ),
  );
  assert.deepEqual(await inKafka({ KAFKA_PREFIX: 'acme.' }), [
    'kafka.prefix: None of the topics of KAFKA_PREFIX="acme." is there, and those of KAFKA_PREFIX="" are.',
  ]);
});

test('a topic that is gone, and one with more partitions, are named', async () => {
  await withAdmin(kafka, 'changing topics', async (admin) => {
    await admin.deleteTopics({ topics: ['archive'] });
    await admin.createPartitions({ topicPartitions: [{ topic: 'dead-letters', count: 3 }] });
  });
  await until('the topic to be gone', async () =>
    (await inKafka()).some((one) => one.includes('archive is missing')),
  );
  const found = await inKafka();
  assert(found.includes('kafka.topics-missing: Topic archive is missing.'));
  assert(found.includes('kafka.partitions-unequal: facts has 2 partitions, and others have 3.'));
  await withAdmin(kafka, 'taking it away', (admin) => admin.deleteTopics({ topics: ['dead-letters'] }));
  await until('it to be gone', async () =>
    (await inKafka()).some((one) => one.includes('dead-letters is missing')),
  );
  await ensureTopics(kafka, topics(partitions, ''));
});

test('a transaction that is open is seen with its start and its time', async () => {
  const cluster = kafka.newCluster();
  await cluster.connect();
  const transactionalId = 'left-open';
  try {
    let coordinator: Broker | undefined;
    let identity: Awaited<ReturnType<Broker['initProducerId']>> | undefined;
    // The first transaction of a broker makes the topic of transactions.
    await until('a coordinator', async () => {
      coordinator = await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: 1 });
      identity = await coordinator.initProducerId({ transactionalId, transactionTimeout: 40_000 });
      return true;
    });
    const { nodeId } = coordinator!;
    const { producerId, producerEpoch } = identity!;
    const producer = { producerId: Number(producerId), producerEpoch, version: 1 as const };
    const transaction = { transactionalId, ...producer };
    await coordinator!.addPartitionsToTxn({ ...transaction, topics: [{ topic: 'facts', partitions: [0] }] });
    const [open, ...others] = await openTransactions(kafka, [nodeId]);
    assert.deepEqual([open?.transactionalId, open?.timeoutMs, others], [transactionalId, 40_000, []]);
    assert(Math.abs(open!.startedAt - Date.now()) < 30_000, String(open!.startedAt));
    await endTransaction(coordinator!, transaction, false);
    await until('it to be ended', async () => (await openTransactions(kafka, [nodeId])).length === 0);
  } finally {
    await cluster.disconnect();
  }
});

test('a generation that nobody has made, and a Kafka that is not there, are named', async () => {
  assert(
    (await inKafka({ GENERATION: '7' })).includes(
      'generation.unknown: GENERATION is 7, and no recount has made it.',
    ),
  );
  assert.deepEqual(await inKafka({ KAFKA_BROKERS: `127.0.0.1:${await freePort()}` }), ['kafka.unreachable']);
});

// what is done, what is found, what undoes it
const planted: readonly [string, RegExp, string | undefined][] = [
  ['DROP VIEW tidemark.mrr_daily', /^clickhouse\.views-missing: View tidemark\.mrr_daily is missing\.$/, undefined],
  ['ALTER TABLE tidemark_store.cost_day MODIFY SETTING non_replicated_deduplication_window = 0', /^clickhouse\.deduplication: tidemark_store\.cost_day would count a repeated insert twice/, 'ALTER TABLE tidemark_store.cost_day MODIFY SETTING non_replicated_deduplication_window = 10000'],
  ["INSERT INTO tidemark_store.migrations VALUES ('cart/tomorrow', 'tables', 'x', now64(3))", /^clickhouse\.migrations-unknown: Migration cart\/tomorrow is applied/, "ALTER TABLE tidemark_store.migrations DELETE WHERE name = 'cart/tomorrow'"],
  ["INSERT INTO tidemark_store.migrations VALUES ('cart/views', 'views', 'x', now64(3))", /^clickhouse\.views-outdated: cart\/views were written by another version/, undefined],
  ['ALTER TABLE tidemark_store.cost_day ADD COLUMN mood String', /^clickhouse\.columns: facts and their tables disagree: tidemark_store\.cost_day\.mood is not declared/, 'ALTER TABLE tidemark_store.cost_day DROP COLUMN mood'],
]; // prettier-ignore
for (const [plant, expected, undo] of planted)
  test(`the doctor names what ${plant.split(' ').slice(0, 4).join(' ')} has done`, async () => {
    await command(plant);
    const found = await inClickHouse();
    if (undo === undefined) await migrateNow();
    else await command(undo);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, expected);
    assert.deepEqual(await inClickHouse(), []);
  });

test('wrong passwords, a wrong address and an unknown time zone of ClickHouse are named', async () => {
  assert.deepEqual(await inClickHouse({ CLICKHOUSE_PASSWORD: 'wrong' }), ['clickhouse.login']);
  assert.deepEqual(await inClickHouse({ CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}` }), [
    'clickhouse.unreachable',
  ]);
  assert.match(
    (await inClickHouse({ LIVE_CLICKHOUSE_PASSWORD: 'wrong' })).join(),
    /^clickhouse\.reader-login: bi cannot log in/,
  );
  const zone = await inClickHouse({ REPORTING_TIMEZONE: 'Mars/Base' });
  assert(
    zone.includes('clickhouse.time-zone: ClickHouse does not know the time zone Mars/Base.'),
    zone.join(),
  );
});

/** Runs the command line with the settings of these servers. */
function tidemark(...args: readonly string[]): Promise<{ code: number; out: string; errors: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(process.execPath, [bin, ...args], { env, timeout: 60_000 }, (error, out, errors) =>
      resolve({ code: Number(error?.code ?? 0), out, errors }),
    );
  });
}

async function publishCart(id: string): Promise<void> {
  const now = Date.now();
  const given = {
    event_id: id,
    type: 'cart.created',
    occurred_at: now,
    cart_id: id,
    value: 100,
    currency: 'USD',
  };
  const verdict = acceptJson(given, { now, defaultSource: 'shop' });
  assert(verdict.ok);
  const producer = new TransactionalProducer(kafka, { transactionalId: 'test-cli' });
  await producer.fence();
  const records = [{ key: Buffer.from(id), value: encodeEvent(verdict.event) }];
  await producer.commit({
    sends: [{ topic: 'events.cart', partition: 0, records }],
    offsets: [],
    groupId: '',
  });
  await producer.close();
}

test('tail shows what is there and, until it is stopped, what comes', async () => {
  await publishCart('first');
  const { code, out } = await tidemark('tail', 'events', '--family', 'cart', '--no-follow', '--json');
  assert.equal(code, 0);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: { event_id: string } });
  assert.deepEqual(
    events.map(({ event }) => event.event_id),
    ['first'],
  );

  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [bin, 'tail', 'events', '--family', 'cart'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  await until('the first', () => /cart\.created .*cart_id=first/.test(seen));
  await publishCart('second');
  await until('the second', () => /cart_id=second/.test(seen));
  child.kill();
});

test('query reads as the BI user: a view, SQL without a database, and nothing of the store', async () => {
  const [view, sql, list, forbidden, unknown] = await Promise.all([
    tidemark('query', 'data_through', '--json'),
    tidemark('query', 'SELECT currentUser() AS user, count() AS rows FROM mrr_daily', '--json'),
    tidemark('query', '--list'),
    tidemark('query', 'SELECT * FROM tidemark_store.cost_day'),
    tidemark('query', 'mrr_dayly'),
  ]);
  assert.equal(view.code, 0, view.errors);
  assert.deepEqual(JSON.parse(sql.out), { user: 'bi', rows: 0 });
  assert.match(list.out, /^mrr_daily {2,}\S/m);
  assert.doesNotMatch(list.out, /^\w+_(as_of|restated)\b/m, 'forms that are read with parameters');
  assert.equal(forbidden.code, 1);
  assert.match(forbidden.errors, /Not enough privileges|ACCESS_DENIED/);
  assert.match(unknown.errors, /There is no view mrr_dayly; --list shows all\. Alike are mrr_daily/);
});

test('doctor says by its exit code whether there is a fault, and its JSON has the fix', async () => {
  const settings = await tidemark('doctor', '--list', '--json');
  assert.equal(settings.code, 0);
  environment['GENERATION'] = '7';
  const faulty = await tidemark('doctor', '--json');
  delete environment['GENERATION'];
  assert.equal(faulty.code, 1);
  const { findings } = JSON.parse(faulty.out) as { findings: { id: string; fix: string }[] };
  const found = findings.find(({ id }) => id === 'generation.unknown');
  assert.match(found?.fix ?? '', /npx tidemark recount start/);
});

test('explain goes from a figure to its facts; a wrong question is answered with the figures there are', async () => {
  await command(
    `INSERT INTO tidemark_store.mrr_movement (at, customer_id, currency, movement, amount, customers, event_id, sign, recorded_at, cause)
     VALUES ('2026-05-03 10:00:00', 'c-1', 'EUR', 'new', 30, 1, 'e-1', 1, now64(3), 'late')`,
  );
  const asked = ['--view', 'mrr_monthly', '--period', '2026-05', '--key', 'currency=EUR'];
  const [figure, wrong] = await Promise.all([
    tidemark('explain', ...asked, '--column', 'new', '--json'),
    tidemark('explain', ...asked, '--column', 'old'),
  ]);
  assert.equal(figure.code, 0, figure.errors);
  const { value, is_equal, parts } = JSON.parse(figure.out) as Answer;
  assert.deepEqual([value, is_equal, parts?.count], ['30', true, 1]);
  const [fact] = parts!.rows;
  assert.deepEqual([fact?.['customer_id'], fact?.['event_id'], fact?.['cause']], ['c-1', 'e-1', 'late']);
  assert.deepEqual(parts!.events, { family: 'subscription', column: 'customer_id' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /mrr_monthly has no column old; its figures are new, expansion/);
});
