/**
 * What the processor does about a state that is not its own, is damaged or is gone, and about topics that are set wrong: on
 * real servers, as a process. Each way out is followed with the commands of its runbook, and ends in exact views.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assertNoMembers, deleteGroup, deleteTopics, withAdmin } from '@tidemark/kafka/admin';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { listOffsets } from '@tidemark/kafka/offsets';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import type { Send } from '../../packages/kafka/send-plan.ts';
import { topics } from '@tidemark/topics/topics';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { TaskStore } from '../../services/processor/store.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { Member, type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';
import { nextRelease, nextSchemaId } from '../support/releases.ts';
import { until } from '../support/until.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const group = 'tidemark-processor';
const occurredAt = new Date(Date.now() - 60_000).toISOString();

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
let folder: string;
let processor: Member;
let partitions = 2;
/** Customers published so far, and records: some customers were published twice. */
let published = { customers: 0, records: 0 };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-refusals-'));
  servers = await backend();
  pipeline = await startPipeline({ servers, partitions, processors: 1, sinks: 1, live: false, folder });
  [processor] = pipeline.processors as [Member];
  await assertCountsOn();
});

after(async () => {
  await processor.stop();
  await pipeline.close();
  await servers.close();
  await rm(folder, { recursive: true, force: true });
});

const stateDir = (): string => join(folder, 'processor-1');

const settings = (): Readonly<Record<string, string>> => ({
  KAFKA_BROKERS: servers.brokers.join(','),
  CLICKHOUSE_URL: servers.clickhouseUrl,
  CLICKHOUSE_USER: servers.clickhouseUser,
  CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  STATE_DIR: stateDir(),
  PARTITIONS: String(partitions),
  LOG_LEVEL: 'info',
});

async function memberWith(
  name: string,
  env: Readonly<Record<string, string>>,
  firstFrom?: string,
): Promise<Member> {
  const port = await freePort();
  return new Member({
    service: 'processor',
    name,
    port,
    env: { ...settings(), PROCESSOR_PORT: String(port), ...env },
    logFile: join(folder, `${name}.log`),
    firstFrom,
  });
}

/** The log of a processor that is refused. */
async function refused(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const member = await memberWith(`refused-${published.records}`, env);
  const exited = new Promise<Exit>((resolve) => {
    member.onExit = resolve;
  });
  member.start();
  assert.equal((await exited).code, 1);
  return member.lastLines;
}

/** Runs a command of a sentence or a runbook, as it stands there. */
const shell = (commands: string): Promise<unknown> =>
  run('sh', ['-ec', commands], {
    cwd: repository,
    env: { ...process.env, PATH: `${repository}/node_modules/.bin:${process.env['PATH']}`, ...settings() },
  });

/** Runs the commands under a heading of a runbook, once nobody is a member of the group any more. */
async function follow(page: string, heading: string): Promise<void> {
  await until('the group to be without members', () =>
    assertNoMembers(pipeline.client, group).then(
      () => true,
      () => false,
    ),
  );
  const text = await readFile(join(repository, 'docs/runbooks', page), 'utf8');
  const commands = /```sh\n(.*?)```/s.exec(text.split(`\n## ${heading}\n`)[1] ?? '')?.[1];
  assert.ok(commands, heading);
  await shell(commands);
}

/** The subscription of a customer, as posted. */
const started = (customer: string) => ({
  event_id: `e-${customer}`,
  type: 'subscription.started',
  occurred_at: occurredAt,
  customer_id: customer,
  subscription_id: 's',
  plan_id: 'basic',
  interval: 'month',
  unit_amount: 1_000,
  currency: 'USD',
});

/** Ten customers that are new, and five that were published before. */
async function publish(): Promise<void> {
  const from = Math.max(0, published.customers - 5);
  const events = Array.from({ length: published.customers + 10 - from }, (_, index) =>
    started(`c-${from + index}`),
  );
  const producer = new IdempotentProducer(pipeline.client);
  await producer.send(sendsOf(events as never, partitions, 'test'));
  await producer.close();
  published = { customers: from + events.length, records: published.records + events.length };
}

type Views = {
  readonly customers: string;
  readonly movements: string;
  readonly received: string;
  readonly duplicates: string;
};

const views = async (): Promise<Views> =>
  (
    await pipeline.reading.rows<Views>(
      `SELECT m.customers AS customers, m.movements AS movements, a.received AS received, a.duplicates AS duplicates
       FROM (SELECT toString(uniqExact(customer_id)) AS customers, toString(count()) AS movements FROM tidemark.mrr_movements) AS m
       CROSS JOIN (SELECT toString(sum(received)) AS received, toString(sum(duplicates)) AS duplicates
         FROM tidemark.ingest_audit_hourly) AS a`,
    )
  )[0]!;

/** Everything published is counted: each customer once, each record received once, each repeat a duplicate. */
async function assertExact(): Promise<void> {
  const { customers, records } = published;
  await until('everything to be counted', async () => Number((await views()).received) >= records, 60_000);
  assert.deepEqual(await views(), {
    customers: String(customers),
    movements: String(customers),
    received: String(records),
    duplicates: String(records - customers),
  });
}

/** The processor that runs counts what comes, beside all that came before. */
async function assertCountsOn(): Promise<void> {
  await processor.ready();
  await publish();
  await assertExact();
}

/** Follows count-anew with a processor of other settings, and the sink, from then on. */
async function countAnew(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const [sink] = pipeline.sinks as [Member];
  await sink.stop();
  await follow('state-lost.md', 'Count anew');
  processor = await memberWith('anew', env);
  for (const member of [processor, sink]) member.start();
  await sink.ready();
  await assertCountsOn();
}

test('a second processor on the same state directory is refused, with advice', async () => {
  assert.match(await refused(), /in use by process \d+.*STATE_DIR of its own/);
  assert.ok(await processor.isReady());
});

test('a store that is damaged is rebuilt from the changelog by itself, and nothing counts twice', async () => {
  await processor.stop();
  for (const partition of ['0', '1']) {
    const path = join(stateDir(), group, partition);
    const manifest = (await readdir(path)).find((file) => file.startsWith('MANIFEST'))!;
    await writeFile(join(path, manifest), 'damaged');
  }
  processor.start();
  await assertCountsOn();
  const log = await readFile(join(folder, 'processor-1.log'), 'utf8');
  assert.equal(log.split('thrown away and rebuilt').length - 1, 2, 'each partition once');
});

test('offsets that Kafka has forgotten: the processor goes on where its state stands', async () => {
  await processor.stop();
  await until('the group to be forgotten', async () => {
    await deleteGroup(pipeline.client, group);
    return true;
  });
  processor.start();
  await assertCountsOn();
  const log = await readFile(join(folder, 'processor-1.log'), 'utf8');
  assert.match(log, /Kafka has forgotten offsets.*going on where the state stands/);
});

test('offsets that somebody set ahead of the state are refused, and forgotten as the runbook says', async () => {
  await processor.stop();
  const offset = String(published.records + 1_000);
  await withAdmin(pipeline.client, 'setting offsets', (admin) =>
    admin.setOffsets({
      groupId: group,
      topic: 'events.subscription',
      partitions: [{ partition: 0, offset }],
    }),
  );
  assert.match(await refused(), /the topic has lost its end.*runbooks\/state-refused\.md/);
  await follow('state-refused.md', 'Forget the offsets');
  processor.start();
  await assertCountsOn();
});

test('another application on the same topics is refused; with its own id it goes on', async () => {
  await processor.stop();
  const log = await refused({ APPLICATION_ID: 'other', STATE_DIR: join(folder, 'other') });
  assert.match(log, /APPLICATION_ID=tidemark-processor.*count everything twice/);
  processor.start();
  await assertCountsOn();
});

test('a store that is ahead of its topic is refused and left as it is; without it the state comes from the topic', async () => {
  await processor.stop();
  const path = join(stateDir(), group, '0');
  const store = await TaskStore.open(path);
  const position = store.position!;
  await store.flush({ ...position, state: position.state + 1_000_000 });
  await store.close();
  assert.match(await refused(), /the topic has lost its end.*only complete copy/);
  const again = await TaskStore.open(path);
  assert.equal(again.position?.state, position.state + 1_000_000);
  await again.close();
  await follow('state-refused.md', 'Take another directory');
  processor.start();
  await assertCountsOn();
});

test('a store of another cluster is refused; with another directory the state comes from the topic', async () => {
  await processor.stop();
  const store = await TaskStore.open(join(stateDir(), group, '1'));
  const position = store.position!;
  await store.flush({ ...position, stamp: { ...position.stamp, cluster: 'another' } });
  await store.close();
  assert.match(await refused(), /belongs to Kafka cluster another.*set STATE_DIR to another directory/);
  await rm(`${stateDir()}.before`, { recursive: true });
  await follow('state-refused.md', 'Take another directory');
  processor.start();
  await assertCountsOn();
});

test('topics whose settings lose or keep what they must not are refused, and corrected as the sentence says', async () => {
  await processor.stop();
  await withAdmin(pipeline.client, 'setting topics wrong', (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        ['state', 'cleanup.policy', 'delete'],
        ['events.cart', 'retention.ms', '86400000'],
        ['facts', 'retention.bytes', '1000000'],
      ].map(([topic, name, value]) => ({
        type: 2,
        name: topic!,
        configEntries: [{ name: name!, value: value! }],
      })),
    }),
  );
  const log = await refused();
  assert.match(log, /state has cleanup\.policy=delete: set it to compact/);
  assert.match(
    log,
    /events\.cart has retention\.ms=86400000: set it to 2592000000, or TOPIC_RETENTION to less/,
  );
  assert.match(log, /facts has retention\.bytes=1000000: set it to -1/);
  const command = /`(npx tidemark topics --correct)`/.exec(log)?.[1];
  await shell(command!);
  processor.start();
  await assertCountsOn();
  // What the operator chose otherwise is kept.
  assert.deepEqual(await ensureTopics(pipeline.client, topics(partitions, '')), []);
});

test('a state topic that is gone is refused, and the commands of the runbook count anew, exactly', async () => {
  await processor.stop();
  const before = await views();
  await deleteTopics(pipeline.client, ['state']);
  await ensureTopics(pipeline.client, topics(partitions, ''));
  assert.match(await refused(), /topic state is empty: entities would begin anew.*runbooks\/state-lost\.md/);
  assert.deepEqual(await views(), before);
  await rm(`${stateDir()}.before`, { recursive: true });
  await countAnew();
});

test('another setting of a definition is refused, and counted anew it holds', async () => {
  await processor.stop();
  const changed = { CART_ABANDON_AFTER: '60m' };
  assert.match(await refused(changed), /counted by other definitions.*quietMs=1800000/);
  await rm(`${stateDir()}.before`, { recursive: true });
  await countAnew(changed);
});

/** Gives topics so many partitions, as an operator would by hand. */
const grow = (names: readonly string[], count: number): Promise<unknown> =>
  withAdmin(pipeline.client, 'adding partitions', (admin) =>
    admin.createPartitions({ topicPartitions: names.map((topic) => ({ topic, count })) }),
  );

test('topics with more partitions than the state was made with are refused, and counted anew with as many', async () => {
  await processor.stop();
  const spread = topics(partitions, '').flatMap(({ name, partitions: now }) =>
    now === partitions ? [name] : [],
  );
  await grow(spread, 3);
  partitions = 3;
  const log = await refused({ CART_ABANDON_AFTER: '60m' });
  assert.match(log, /3 partitions and the state was made with 2.*runbooks\/more-partitions\.md/);
  assert.equal((await listOffsets(pipeline.client, 'state', [2], 'end')).get(2), 0, 'nothing was counted');
  // One topic alone is worse still.
  await grow(['events.mention'], 4);
  await assert.rejects(
    shell('npx tidemark topics'),
    /events\.mention has 4 partitions instead of 3.*give all of them 4 as docs\/runbooks\/more-partitions\.md/,
  );
  assert.match(await refused(), /all topics must have the same number of partitions.*events\.mention 4/);
  partitions = 4;
  await rm(`${stateDir()}.before`, { recursive: true });
  await countAnew();
});

test('events that Kafka deleted before they were counted are refused, and passed over when somebody says so', async () => {
  await processor.stop();
  const { customers, records } = published;
  await publish();
  const ends = await listOffsets(pipeline.client, 'events.subscription', [0, 1, 2, 3], 'end');
  await withAdmin(pipeline.client, 'deleting records', async (admin) => {
    // Without it kafkajs does not know the leaders that it has to ask.
    await admin.fetchTopicOffsets('events.subscription');
    const all = [...ends].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    await admin.deleteTopicRecords({ topic: 'events.subscription', partitions: all });
  });
  const log = await refused();
  assert.match(
    log,
    /deleted the records of partition \d of events\.subscription from offset \d+.*runbooks\/state-refused/,
  );
  const passing = await memberWith('passing', { PROCESSOR_PASSES_OVER_DELETED: 'true' });
  passing.start();
  await passing.ready();
  await passing.stop();
  // What was deleted is published again, and counted as if nothing had been.
  published = { customers, records };
  processor.start();
  await assertCountsOn();
});

/** The subscription of a customer, as a publisher of the next release writes it: under a newer id, with one field more. */
function ofNextRelease(customer: string): Send {
  const [send] = sendsOf([started(customer)] as never, partitions, 'test');
  const [record] = send!.records;
  const value = Buffer.concat([record!.value!, Buffer.of(0)]);
  value.writeUInt32BE(nextSchemaId(value.readUInt32BE(1)), 1);
  return { ...send!, records: [{ ...record!, value }] };
}

test('an event of a newer release waits until that release runs, and is no dead letter', async () => {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const before = await listOffsets(pipeline.client, 'dead-letters', numbers, 'end');
  const next = await nextRelease(join(folder, 'next'));
  const topicsOfNext = [join(next, 'services/topics/main.ts')];
  await run(process.execPath, topicsOfNext, { env: { ...process.env, ...settings() } });
  const producer = new IdempotentProducer(pipeline.client);
  await producer.send([ofNextRelease(`c-${published.customers}`)]);
  await producer.close();
  published = { customers: published.customers + 1, records: published.records + 1 };
  await publish();
  await until('the processor to say what it waits for', async () => {
    const answer = await fetch(`http://127.0.0.1:${processor.port}/ready`);
    return /schema id 1001, of a newer release.*docs\/operate\/upgrade\.md/.test(await answer.text());
  });
  assert.ok(processor.isUp, 'it waits, and does not end');
  await processor.stop();
  processor = await memberWith('next', {}, next);
  processor.start();
  await processor.ready();
  await assertExact();
  assert.deepEqual(await listOffsets(pipeline.client, 'dead-letters', numbers, 'end'), before);
});
