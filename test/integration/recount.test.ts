/** A recount with real servers: changed rules and more partitions, while events arrive and parts of it are killed. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as suite from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { families } from '@tidemark/events/families';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { type ContractEvent, type Settings, settingsAt } from '@tidemark/metrics/index.oracle';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { generationOf } from '@tidemark/topics/generation';
import { plus } from '@tidemark/clickhouse/decimals';
import { freePort } from '../../infra/local/embedded/ports.ts';
import type { CountedDefinitions } from '../../services/live/definitions.ts';
import { type Comparison, compareViews } from '../../services/recount/compare.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { permuted, rateFeed, realisticHistories, repeated } from '../support/histories.ts';
import {
  liveDifferences,
  Member,
  type Pipeline,
  type ReadRow,
  sendsOf,
  startPipeline,
} from '../support/pipeline.ts';
import { pinnedMigrations } from '../support/pinned.ts';
import { releaseWith } from '../support/releases.ts';
import { until } from '../support/until.ts';
import { viewDifferences } from '../support/view-differences.ts';

const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
const minute = 60_000;
const day = 24 * 60 * minute;
const [partitionsBefore, partitionsAfter] = (process.env['RECOUNT_PARTITIONS'] ?? '4,12')
  .split(',')
  .map(Number) as [number, number];
/** Before all names in Kafka, as where others use it too. */
const prefix = 'recount.';
const first = generationOf(1, prefix);
const second = generationOf(2, prefix);
const carts = 'cart_abandonment_daily';
type Change = {
  /** Settings of the services of the second generation. */
  readonly env: Readonly<Record<string, string>>;
  /** What the batch answer is computed with then. */
  readonly settings: Partial<Settings>;
  /** What numbers differ by. */
  readonly cause: string;
};
/** What may be changed. The rule of lapses is changed in a release of its own, whose definition has another version. */
const changes = {
  setting: {
    env: { CART_ABANDON_AFTER: '3h' },
    settings: { cartAbandonAfterMs: 180 * minute },
    cause: 'cart-outcomes',
  },
  version: { env: {}, settings: { lapseAfterMs: 30 * day }, cause: 'loyalty' },
  zone: { env: { REPORTING_TIMEZONE: 'Asia/Kolkata' }, settings: { zone: 'Asia/Kolkata' }, cause: 'views' },
  currency: { env: { REPORTING_CURRENCY: 'EUR' }, settings: { reportingCurrency: 'EUR' }, cause: 'views' },
} as const satisfies Record<string, Change>;
const named = (process.env['RECOUNT_CHANGES'] ?? 'setting').split(',') as (keyof typeof changes)[];
const isOneSetting = named.join() === 'setting';
const changed: readonly Change[] = named.map((name) => changes[name]);
const newRules: Change['env'] = Object.assign({}, ...changed.map(({ env }) => env));
const before: Partial<Settings> = {};
const afterwards: Partial<Settings> = Object.assign({}, ...changed.map(({ settings }) => settings));
const seed = Number(process.env['RECOUNT_SEED'] ?? 1);
const customers = Number(process.env['RECOUNT_CUSTOMERS'] ?? 30);

/** What differs is by what was changed, and not by what arrived meanwhile. */
function assertCausesAddUp({ views }: Comparison): void {
  const causesOf = changed.map(({ cause }) => cause);
  for (const { view, cells } of views)
    for (const { key, column, difference, causes } of cells) {
      const sum = Object.values(causes).reduce((total, change) => plus(total, change)!, '0');
      assert.equal(sum, difference, `${view}.${column} ${JSON.stringify(key)}`);
      // A number of a row that only one generation has may be 0: then it comes, and changes nothing.
      const found = Object.keys(causes);
      assert.ok(difference === '0' || found.length > 0, `${view}.${column} ${JSON.stringify(key)}`);
      assert.deepEqual(
        found.filter((cause) => !causesOf.includes(cause)),
        [],
        `${view}.${column} ${JSON.stringify(key)}`,
      );
    }
}

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
let owner: ClickHouseClient;
let folder: string;
let environment: Record<string, string>;
let published: ContractEvent[] = [];
const members: Member[] = [];
let feeder: ChildProcess | undefined;
/** The code of the second generation's processors. */
let tree: string | undefined;

const start = Date.now() - minute;
const draw = seeded(seed);
const range = { from: start - 120 * day, to: start - day };
const all = permuted(draw, [...realisticHistories(seed, customers, range), ...rateFeed(draw, range, 0)]);
const history = all.slice(0, Math.floor(all.length / 2));
const live = all.slice(history.length);

suite.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-recount-'));
  servers = await backend();
  environment = {
    KAFKA_BROKERS: servers.brokers.join(','),
    KAFKA_PREFIX: prefix,
    CLICKHOUSE_URL: servers.clickhouseUrl,
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
    RECOUNT_DIR: join(folder, 'recount'),
    LOG_LEVEL: 'warn',
  };
  owner = connectClickHouse({
    CLICKHOUSE_URL: new URL(servers.clickhouseUrl),
    CLICKHOUSE_USER: servers.clickhouseUser,
    CLICKHOUSE_PASSWORD: servers.clickhousePassword,
  });
  if (named.includes('version'))
    tree = await releaseWith(join(folder, 'release'), 'packages/metrics/purchase/loyalty.ts', [
      ['`1 lapseMs=', '`2 lapseMs='],
      ['buyer.lastAt + lapseMs', 'buyer.lastAt + lapseMs / 6'],
    ]);
  pipeline = await startPipeline({
    servers,
    partitions: partitionsBefore,
    processors: 1,
    sinks: 1,
    live: true,
    env: { KAFKA_PREFIX: prefix },
    folder,
  });
});

suite.after(async () => {
  feeder?.kill('SIGKILL');
  await Promise.all(members.map((member) => member.stop()));
  await pipeline?.close();
  for (const database of [
    'tidemark_serving',
    'tidemark_g1',
    second.views,
    second.store,
    first.views,
    first.store,
  ])
    await owner?.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
  await owner?.close();
  await servers?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Publishes in many small batches, some events twice, every third batch to partitions that are not their entities'. */
async function publish(events: readonly ContractEvent[], pauses: () => Promise<void>): Promise<void> {
  const producer = new IdempotentProducer(pipeline.client);
  const sent = repeated(draw, events, 5);
  for (let from = 0; from < sent.length; from += 100) {
    const isStray = (from / 100) % 3 === 2;
    const partitioner = isStray ? (): number => draw.below(partitionsBefore) : undefined;
    const sends = sendsOf(sent.slice(from, from + 100), partitionsBefore, 'test', partitioner);
    await producer.send(sends.map((send) => ({ ...send, topic: `${prefix}${send.topic}` })));
    await pauses();
  }
  await producer.close();
  published = [...published, ...events];
}

async function recount(...args: string[]): Promise<string> {
  const env = { ...process.env, ...environment, ...newRules };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'recount', ...args], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

function startFeeder(): void {
  feeder = spawn(process.execPath, [cli, 'recount', 'feed', '2'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function startMember(service: 'processor' | 'sink'): Promise<Member> {
  const port = await freePort();
  const name = `${service}-g2`;
  const member = new Member({
    service,
    name,
    port,
    env: {
      ...environment,
      ...newRules,
      GENERATION: '2',
      STATE_DIR: join(folder, name),
      [`${service.toUpperCase()}_PORT`]: String(port),
    },
    stateDir: join(folder, name),
    logFile: join(folder, `${name}.log`),
  });
  members.push(member);
  member.start(tree);
  await member.ready();
  return member;
}

async function rows<Row>(query: string): Promise<Row[]> {
  const result = await owner.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_decimals: 1, date_time_output_format: 'iso' },
  });
  return result.json<Row>();
}

/** From now on the views of both generations take this instant for now. */
async function pin(now: number): Promise<void> {
  for (const databases of [first, second])
    await migrate({
      client: owner,
      settings: readSettings(viewSettings, databases === second ? newRules : {}),
      log: createLog('test', 'silent'),
      migrations: pinnedMigrations(now),
      databases,
    });
}

/** All that a database of views says otherwise than the batch answer under some rules. */
async function wrong(views: string, now: number, rules: Partial<Settings>): Promise<string> {
  const names = await rows<{ name: string }>(`SELECT name FROM system.tables WHERE database = '${views}'`);
  const read = (view: string): Promise<ReadRow[]> =>
    views === first.views ? pipeline.reading.view(view) : rows(`SELECT * FROM ${views}.${view}`);
  const there = new Set(names.map(({ name }) => name).filter((name) => !/__v\d+$/.test(name)));
  return viewDifferences(there, read, published, settingsAt(now, rules));
}

/** Counts of receipt; by hour unless the zone changes, whose hours may begin at another minute. */
const audit = (views: string): Promise<unknown[]> => {
  const hour = named.includes('zone') ? '' : 'hour, ';
  const counts = ['received', 'duplicates', 'voided', 'late', 'dead_lettered'].map(
    (count) => `sum(${count}) AS ${count}`,
  );
  return rows(
    `SELECT ${hour}family, source, ${counts.join(', ')} FROM ${views}.ingest_audit_hourly GROUP BY ${hour}family, source ORDER BY ALL`,
  );
};

async function caughtUp(): Promise<void> {
  let last = 'nothing is known of it';
  const now = Date.now();
  await until(
    'generation 2 to have everything',
    async () => {
      const [through] = await rows<{ behind: string; known: string }>(
        `SELECT toString(countIf(through < ${now})) AS behind, toString(count()) AS known FROM (
           SELECT toUnixTimestamp64Milli(argMax(p.data_through, at)) AS through
           FROM ${second.store}.progress AS p GROUP BY family, partition)`,
      );
      last = `${through?.behind} of ${through?.known} are not counted through now`;
      if (through?.behind !== '0' || Number(through.known) !== families.length * partitionsAfter)
        return false;
      last = await recount('status', '2', '--json');
      return (JSON.parse(last) as { caught_up: boolean }).caught_up;
    },
    120_000,
  ).catch((cause: unknown) => {
    throw new Error(last, { cause });
  });
}

suite.test(
  'a recount under other rules and with more partitions is exact, whatever is killed, and changes nothing that serves',
  async () => {
    await publish(history, async () => undefined);
    await pipeline.counted(120_000);

    const publishing = publish(live, () => new Promise((resolve) => setTimeout(resolve, 20)));
    const made = JSON.parse(
      await recount('start', '--partitions', String(partitionsAfter), '--json'),
    ) as object;
    assert.partialDeepStrictEqual(made, { number: 2, from: 1, partitions: partitionsAfter, isReady: true });

    startFeeder();
    const processor = await startMember('processor');
    const sink = await startMember('sink');
    feeder?.kill('SIGKILL');
    await Promise.all([processor.kill(), sink.kill()]);
    startFeeder();
    processor.start(tree);
    sink.start(tree);
    await publishing;
    await pipeline.counted(120_000);
    await caughtUp();

    const now = Math.floor(Date.now() / 1000) * 1000;
    await pin(now);
    await until('the versions to be published', async () => (await versionsLive()).version !== null);
    assert.equal(await wrong(first.views, now, before), '');
    assert.equal(await wrong(second.views, now, afterwards), '');
    const audited = await audit(first.views);
    assert.deepEqual(await audit(second.views), audited);

    const printed = JSON.parse(await recount('compare', '2', '--json')) as Comparison;
    assert.deepEqual(
      printed.definitions.map(({ definition }) => definition).toSorted(),
      changed
        .map(({ cause }) => cause)
        .filter((cause) => cause !== 'views')
        .toSorted(),
    );
    // Revenue to date grows by the millisecond, so a comparison of views at another instant than theirs would show that too.
    const settings = readSettings(viewSettings, newRules);
    const compared = await compareViews(owner, { before: first, after: second, settings, now });
    assert.deepEqual(
      compared.views.map(({ view }) => view),
      printed.views.map(({ view }) => view),
    );
    assertCausesAddUp(compared);
    const differing = compared.views.map(({ view }) => view);
    assert.ok(differing.includes(carts), differing.join(', '));
    if (isOneSetting)
      assert.deepEqual(
        differing.filter((view) => !view.startsWith('cart_')),
        [],
      );

    const seen = new Set<string>();
    const switched = new AbortController();
    const reading = (async () => {
      while (!switched.signal.aborted) seen.add(await bothViews());
    })();
    // Awaited below; a failure before is that of the test.
    reading.catch(() => undefined);
    const was = await bothViews();
    const cartsBefore = await pipeline.reading.rows(`SELECT * FROM tidemark.${carts} ORDER BY ALL`);
    await recount('promote', '2');
    const is = await bothViews();
    switched.abort();
    await reading;
    assert.notEqual(was, is);
    assert.deepEqual(
      [...seen].filter((one) => one !== was && one !== is),
      [],
      'a reader saw both at once',
    );
    assert.equal(await wrong(first.views, now, afterwards), '');
    assert.deepEqual(await audit(first.views), audited);
    await until('the live figures to be those of the views', async () => {
      const differences = await liveDifferences(pipeline.reading, pipeline.live!.port);
      if (differences !== '') throw new Error(differences);
      return true;
    });
    assert.deepEqual(
      await pipeline.reading.rows(`SELECT * FROM tidemark.${carts}__v1 ORDER BY ALL`),
      cartsBefore,
    );
    assert.match(await commentOf(carts), / Version: cart-outcomes \d+ quietMs=10800000\.$/);
    assert.match(await commentOf(`${carts}__v1`), / Version: cart-outcomes \d+ quietMs=1800000\.$/);
    const kept = await otherVersions();
    assert.ok(kept.includes(`${carts}_as_of__v1`), kept.join(', '));
    if (isOneSetting)
      assert.ok(
        !kept.some((name) => name.startsWith('mrr')),
        'a view that no change concerns has one version',
      );
    const catalogued = await versionsLive();
    assert.equal(catalogued.generation, 2);
    assert.match(catalogued.version ?? '', /quietMs=10800000/);

    await recount('rollback');
    assert.equal(await wrong(first.views, now, before), '');
    assert.ok((await otherVersions()).includes(`${carts}__v2`));

    await recount('promote', '2');
    await assert.rejects(recount('drop', '1'), /has 1 member/);
    await Promise.all([...pipeline.processors, ...pipeline.sinks].map((member) => member.stop()));
    await recount('drop', '1');
    assert.equal(await wrong(first.views, now, afterwards), '');
    assert.deepEqual(await otherVersions(), []);
  },
);

/** Names of the views that readers have of generations that do not serve. */
async function otherVersions(): Promise<string[]> {
  const found = await rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'tidemark' AND position(name, '__v') > 0 ORDER BY name",
  );
  return found.map(({ name }) => name);
}

async function commentOf(view: string): Promise<string> {
  const [found] = await rows<{ comment: string }>(
    `SELECT comment FROM system.tables WHERE database = 'tidemark' AND name = '${view}'`,
  );
  return found?.comment ?? 'there is no such view';
}

/** What the live service says of the definition of carts. */
async function versionsLive(): Promise<{ generation: number; version: string | null }> {
  const response = await fetch(`http://127.0.0.1:${pipeline.live!.port}/v1/definitions`);
  const { generation, definitions } = (await response.json()) as CountedDefinitions;
  return { generation, version: definitions.find(({ name }) => name === 'cart-outcomes')!.version };
}

/** Two views of carts, in one query of a reader. */
async function bothViews(): Promise<string> {
  const of = async (view: string): Promise<string> => JSON.stringify(await pipeline.reading.rows(view));
  return of(
    `SELECT (SELECT sum(abandoned) FROM tidemark.cart_abandonment_daily) AS carts,
       (SELECT sum(abandoned) FROM tidemark.cart_outcomes_hourly) AS outcomes`,
  );
}
