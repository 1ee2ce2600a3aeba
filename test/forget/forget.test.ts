/**
 * Customers are forgotten while the pipeline runs: nothing of them is found on any disk, and no number changes. `npm run test:forget`.
 * FORGET_CUSTOMERS and FORGET_SUBJECTS say how many there are, and how many of them are forgotten.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as suite from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { withAdmin } from '@tidemark/kafka/admin';
import { setTopicConfigs } from '@tidemark/kafka/topic-settings';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import type { ContractEvent } from '@tidemark/metrics/index.oracle';
import { topics } from '@tidemark/topics/topics';
import { type EmbeddedClickHouse, startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { type EmbeddedKafka, newClusterId, startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { Finder } from '../../services/personal-data/forget/finder.ts';
import { tableContents } from '../../services/processor/table-format.ts';
import { searchFiles } from '../../services/personal-data/forget/search-files.ts';
import type { Found } from '../../services/personal-data/forget/search.ts';
import { until } from '../support/until.ts';
import { idsIn, unnamed } from '../support/unnamed.ts';
import type { Certificate } from '../../services/personal-data/forget/certificate.ts';
import { permuted, realisticHistories, repeated } from '../support/histories.ts';
import { type Pipeline, sendsOf, startPipeline } from '../support/pipeline.ts';
import { Member } from '../support/pipeline/member.ts';

const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
const day = 86_400_000;
const partitions = 3;
/** Before all names in Kafka, as where others use it too. */
const prefix = 'forget.';
const customers = Number(process.env['FORGET_CUSTOMERS'] ?? 20);
const subjectCount = Number(process.env['FORGET_SUBJECTS'] ?? 6);
const seed = Number(process.env['FORGET_SEED'] ?? 1);
const days = Number(process.env['FORGET_DAYS'] ?? 60);

let folder: string;
let kafka: EmbeddedKafka;
let clickhouse: EmbeddedClickHouse;
let pipeline: Pipeline;
let service: Member | undefined;
let owner: ClickHouseClient;
let environment: Record<string, string>;
const draw = seeded(seed);
const start = Date.now() - 60_000;
const range = { from: start - days * day, to: start - day };
/** With ids and words that nothing else has. */
const idOf = (number: string): string => `person-${number.padStart(6, '0')}-of-the-test`;
const events = (
  JSON.parse(
    JSON.stringify(realisticHistories(seed, customers, range)).replaceAll(
      /customer-(\d+)/g,
      (_, number: string) => idOf(number),
    ),
  ) as ContractEvent[]
).map((event): ContractEvent =>
  event.type === 'survey.answered' && event['customer_id'] !== undefined
    ? { ...event, comment: `the words of ${event['customer_id'] as string} in ${event.event_id}` }
    : event,
);
const ids = idsIn(events);
const everybody = permuted(
  draw,
  Array.from({ length: customers }, (_, number) => idOf(String(number))),
);
const subjects = everybody.slice(0, subjectCount);
/** Those whom the API is asked to forget. */
const others = everybody.slice(subjectCount, subjectCount + 3);

const texts = events.flatMap(({ comment, customer_id }) =>
  typeof comment === 'string' && subjects.includes(String(customer_id)) ? [comment] : [],
);

suite.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-forget-'));
  const log = pino({ level: 'silent' });
  kafka = await startKafka({
    dataDir: join(folder, 'kafka'),
    port: await freePort(),
    log,
    heapMb: 512,
    node: {
      clusterId: newClusterId(),
      properties: {
        'log.retention.check.interval.ms': '2000',
        'log.cleaner.backoff.ms': '1000',
        'log.segment.delete.delay.ms': '1000',
      },
      formatArguments: [],
    },
  });
  clickhouse = await startClickHouse({
    dataDir: join(folder, 'clickhouse'),
    httpPort: await freePort(),
    log,
  });
  owner = connectClickHouse({
    CLICKHOUSE_URL: new URL(clickhouse.url),
    CLICKHOUSE_USER: clickhouse.user,
    CLICKHOUSE_PASSWORD: clickhouse.password,
  });
  environment = {
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_PREFIX: prefix,
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_USER: clickhouse.user,
    CLICKHOUSE_PASSWORD: clickhouse.password,
  };
  pipeline = await startPipeline({
    servers: {
      brokers: [kafka.brokers],
      clickhouseUrl: clickhouse.url,
      clickhouseUser: clickhouse.user,
      clickhousePassword: clickhouse.password,
      explainUser: clickhouse.explainUser,
      explainPassword: clickhouse.explainPassword,
      biUser: clickhouse.biUser,
      biPassword: clickhouse.biPassword,
    },
    partitions,
    processors: 1,
    sinks: 1,
    live: false,
    env: { KAFKA_PREFIX: prefix },
    folder: join(folder, 'pipeline'),
  });
});

suite.after(async () => {
  await service?.kill();
  await pipeline?.close();
  await owner?.close();
  await Promise.all([kafka?.stop(), clickhouse?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

async function publish(some: readonly ContractEvent[]): Promise<void> {
  const producer = new IdempotentProducer(pipeline.client);
  const sends = sendsOf(some, partitions, 'test').map((send) => ({
    ...send,
    topic: `${prefix}${send.topic}`,
  }));
  for (let from = 0; from < sends.length; from += 2_000) await producer.send(sends.slice(from, from + 2_000));
  await producer.close();
}

async function forget(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'forget', ...args], {
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** All rows of all views, without ids. */
async function numbers(): Promise<Map<string, string[]>> {
  const read = new Map<string, string[]>();
  for (const view of await pipeline.reading.views())
    if (!/_(restated|as_of)$/.test(view) && view !== 'data_through')
      read.set(view, unnamed(await pipeline.reading.view(view), ids));
  return read;
}

/** Where something is found of the customers, as the command says. */
async function left(file: string): Promise<string[]> {
  const printed = await forget('--dry-run', '--file', file, '--json');
  const { places } = JSON.parse(printed) as { places: Found[] };
  return places.filter(({ found }) => found > 0).map(({ place, found }) => `${found} in ${place}`);
}

suite.test(
  'customers are forgotten: nothing of them is found on any disk, and no number changes',
  async () => {
    await publish(repeated(draw, permuted(draw, events), 5));
    await pipeline.counted(240_000);
    await hasten();
    await pipeline.reading.pin(Math.floor(Date.now() / 1000) * 1000, 'UTC');
    const before = await numbers();

    const file = join(folder, 'ids.txt');
    await writeFile(file, `${subjects.join('\n')}\n`);
    const certificate = JSON.parse(await forget('--file', file, '--json')) as Certificate;
    assert.equal(certificate.customers, subjects.length);
    for (const place of [`topic ${prefix}state`, `topic ${prefix}events.cart`, 'table tidemark_store.sale'])
      assert.ok(certificate.places.find((one) => one.place === place)!.found_before! > 0, place);
    const after = await numbers();
    for (const [view, rows] of before) assert.deepEqual(after.get(view), rows, view);

    await deletePartsAtOnce();
    await rm(file);
    await until('nothing of them to be on a disk', nothingOnDisks, 240_000);
    await writeFile(file, `${subjects.join('\n')}\n`);
    assert.deepEqual(await left(file), []);

    // What comes of them later is refused, and changes nothing but the counts of receipt.
    await pipeline.counted(60_000);
    const settled = await numbers();
    const late = events.filter(({ customer_id }) => subjects.includes(String(customer_id))).slice(-50);
    await publish(late.map((event) => ({ ...event, event_id: `${event.event_id}-late` })));
    await pipeline.counted(60_000);
    const then = await numbers();
    for (const [view, rows] of settled)
      if (!view.startsWith('ingest_audit')) assert.deepEqual(then.get(view), rows, view);
  },
);

suite.test(
  'an erasure that the API was asked for is done, though the service is killed meanwhile',
  async () => {
    const token = 'a-token-for-this-test';
    const port = await freePort();
    service = new Member({
      service: 'personal-data',
      name: 'personal-data',
      port,
      env: { ...environment, PERSONAL_DATA_PORT: String(port), PERSONAL_DATA_TOKEN: token },
      logFile: join(folder, 'personal-data.log'),
    });
    service.start();
    await service.ready();
    const ask = async (path: string, body?: object): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const before = await numbers();
    const answer = await ask('/v1/erasures', { customer_ids: others });
    assert.equal(answer.status, 202);
    const { id } = (await answer.json()) as { id: string };
    const state = async () =>
      (await (await ask(`/v1/erasures/${id}`)).json()) as { status: string; step: string };
    await until(
      'rows to be put under pseudonyms',
      async () => /rows|Deleting/.test((await state()).step),
      120_000,
    );
    await service.kill();
    service.start();
    await service.ready();
    await until('the erasure to be done', async () => (await state()).status === 'done', 240_000);
    const after = await numbers();
    for (const [view, rows] of before) assert.deepEqual(after.get(view), rows, view);
    await writeFile(join(folder, 'others.txt'), others.join('\n'));
    const found = await left(join(folder, 'others.txt'));
    assert.deepEqual(
      found.filter((place) => / in table tidemark_store/.test(place)),
      [],
    );
  },
);

/** ClickHouse looks for replaced parts minutes apart while nothing happens, and at once when a table begins. */
async function deletePartsAtOnce(): Promise<void> {
  for (const name of await storeTables()) {
    await owner.command({ query: `DETACH TABLE tidemark_store.${name}` });
    await owner.command({ query: `ATTACH TABLE tidemark_store.${name}` });
  }
}

let strangers = 0;

/** Kafka compacts a topic while something is written to it, and a record that deletes is gone with the second time. */
async function publishStrangers(): Promise<void> {
  const more = Array.from({ length: 20 }, (): ContractEvent => {
    strangers += 1;
    return {
      event_id: `stranger-${strangers}`,
      type: 'subscription.started',
      occurred_at: new Date(range.to).toISOString(),
      customer_id: `stranger-${strangers}`,
      subscription_id: `of-stranger-${strangers}`,
      plan_id: 'basic',
      interval: 'month',
      unit_amount: 1_000,
      currency: 'USD',
    } as ContractEvent;
  });
  await publish(more);
}

/** @throws Error with the files in which something of the customers is found. */
async function nothingOnDisks(): Promise<boolean> {
  await publishStrangers();
  const sought = { ids: subjects, finder: new Finder([...subjects, ...texts]) };
  const files: string[] = [];
  const { searched } = await searchFiles(
    folder,
    sought,
    (path, found) => files.push(`${found} in ${path}`),
    (name, bytes) => (name.endsWith('.ldb') ? tableContents(bytes) : []),
  );
  assert.ok(searched > 1_000_000);
  if (files.length > 0) throw new Error(files.join('\n'));
  return true;
}

/** Kafka and ClickHouse delete at once what they would keep for minutes, and what they compact within days. */
async function hasten(): Promise<void> {
  const compacted = topics(partitions, prefix).filter(({ config }) => config['cleanup.policy'] === 'compact');
  const soon = {
    'min.compaction.lag.ms': '0',
    'max.compaction.lag.ms': '1000',
    'min.cleanable.dirty.ratio': '0.001',
    'delete.retention.ms': '1000',
    'segment.ms': '1000',
  };
  await withAdmin(pipeline.client, 'hastening', (admin) =>
    setTopicConfigs(admin, new Map(compacted.map(({ name }) => [name, soon]))),
  );
  for (const name of await storeTables())
    await owner.command({
      query: `ALTER TABLE tidemark_store.${name} MODIFY SETTING old_parts_lifetime = 1`,
    });
}

async function storeTables(): Promise<readonly string[]> {
  const tables = await pipeline.reading.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'tidemark_store' AND engine LIKE '%MergeTree'",
  );
  return tables.map(({ name }) => name);
}
