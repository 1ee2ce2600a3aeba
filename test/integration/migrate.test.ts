import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { migrate, type Migrated } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { checkFactTables } from '@tidemark/clickhouse/schema-checks';
import { readSettings } from '@tidemark/service/settings';
import { type Migration, migrations, publishedKinds } from '@tidemark/metrics';
import { roundHalfEven } from '@tidemark/metrics/definition/money';
import { backend, type ClickHouseServer, type Closable } from '../support/backend.ts';
import { dropDatabases } from '../support/emptying.ts';

const log = pino({ level: 'silent' });
let server: ClickHouseServer & Closable;
let client: ClickHouseClient;

before(async () => {
  server = await backend({ only: 'clickhouse' });
  client = connectClickHouse({
    CLICKHOUSE_URL: new URL(server.clickhouseUrl),
    CLICKHOUSE_USER: server.clickhouseUser,
    CLICKHOUSE_PASSWORD: server.clickhousePassword,
  });
  await run();
});

after(async () => {
  await client.close();
  await server.close();
});

const run = (
  environment: Record<string, string> = {},
  applied: readonly Migration[] = migrations,
): Promise<Migrated> =>
  migrate({ client, settings: readSettings(viewSettings, environment), log, migrations: applied });

/** The project's migrations with one of them changed. */
const changed = (name: string, change: (migration: Migration) => Migration): Migration[] => {
  assert.ok(
    migrations.some((migration) => migration.name === name),
    name,
  );
  return migrations.map((migration) => (migration.name === name ? change(migration) : migration));
};

test('several instances at once apply everything once', async () => {
  await dropDatabases(server);
  const all = await Promise.all([run(), run(), run()]);
  assert.equal(all.filter(({ applied }) => applied.length > 0).length, 1);
  assert.deepEqual(await run(), { applied: [], views: [] });
});

test('every kind of fact has a table that agrees with its declaration', async () => {
  await checkFactTables(client, 'tidemark_store', publishedKinds);
});

test('a declaration that disagrees with its table is named column by column', async () => {
  const wrong = new Map([
    ['progress', { family: 'string', partition: 'string', more: 'money?', data_through: 'instant' }],
    ['nowhere', {}],
  ] as const);
  await assert.rejects(checkFactTables(client, 'tidemark_store', wrong), (error: Error) => {
    for (const fault of [
      'tidemark_store.progress.partition is Int64, not String',
      'tidemark_store.progress.more Nullable(Decimal(38, 6)) is missing',
      'tidemark_store.progress.last_received_at is not declared by the fact',
      'table tidemark_store.nowhere is missing',
    ])
      assert.ok(error.message.includes(fault), error.message);
    return true;
  });
});

test('views are made again when the reporting zone changes, tables are not', async () => {
  const hour = async (): Promise<unknown> =>
    rowsOf(client, "SELECT toString(hour) AS hour FROM tidemark.ingest_audit_hourly WHERE source = 'zone'");
  await client.insert({
    table: 'tidemark_store.ingest_audit',
    values: [{ at: '2026-05-01 10:15:00.000', family: 'cart', source: 'zone', received: 1, sign: 1 }],
    format: 'JSONEachRow',
  });
  assert.deepEqual(await hour(), [{ hour: '2026-05-01 10:00:00.000' }]);
  const { applied, views } = await run({ REPORTING_TIMEZONE: 'Asia/Kolkata' });
  assert.deepEqual(applied, []);
  assert.ok(views.includes('trust/views'));
  // Half past an hour in UTC is the start of an hour there.
  assert.deepEqual(await hour(), [{ hour: '2026-05-01 09:30:00.000' }]);
  await run();
});

test('data_through is the last value of the slowest partition; the BI user reads it', async () => {
  const progress = (at: number, partition: number, through: number, received: number | null): object => ({
    at: Date.UTC(2026, 4, 1, 12, at),
    family: 'mention',
    partition,
    data_through: Date.UTC(2026, 4, 1, 12, through),
    last_received_at: received === null ? null : Date.UTC(2026, 4, 1, 12, received),
    sign: 1,
    recorded_at: Date.UTC(2026, 4, 1, 12, at),
  });
  const values = [
    progress(1, 0, 1, 1),
    progress(3, 0, 3, 2),
    progress(2, 0, 2, 1),
    progress(2, 1, 2, null),
    progress(1, 1, 1, null),
  ];
  for (const value of values)
    await client.insert({ table: 'tidemark_store.progress', values: [value], format: 'JSONEachRow' });
  const bi = connectClickHouse({
    CLICKHOUSE_URL: new URL(server.clickhouseUrl),
    CLICKHOUSE_USER: server.biUser,
    CLICKHOUSE_PASSWORD: server.biPassword,
  });
  const query =
    "SELECT toString(data_through) AS through, toString(last_received_at) AS received FROM tidemark.data_through WHERE family = 'mention'";
  assert.deepEqual(await rowsOf(bi, query), [
    { through: '2026-05-01 12:02:00.000', received: '2026-05-01 12:02:00.000' },
  ]);
  await bi.close();
});

test('a view that somebody dropped is made again', async () => {
  await client.command({ query: 'DROP VIEW tidemark.data_through' });
  assert.deepEqual((await run()).views, ['trust/views']);
});

test('a changed function makes every view anew', async () => {
  const one = {
    kind: 'function',
    database: 'tidemark',
    name: 'one',
    text: 'CREATE OR REPLACE FUNCTION one AS () -> 1',
  } as const;
  const { views } = await run(
    {},
    changed('functions', (migration) => ({ ...migration, views: [...migration.views, one] })),
  );
  assert.ok(views.includes('functions') && views.includes('trust/views'));
  await run();
});

test('a table that was applied and reads otherwise now is refused, a comment in it is not', async () => {
  const written = (change: (statement: string) => string): Migration[] =>
    changed('trust/ingest_audit', (migration) => ({ ...migration, once: migration.once.map(change) }));
  assert.deepEqual(
    await run(
      {},
      written((statement) => `-- more words\n${statement}`),
    ),
    { applied: [], views: [] },
  );
  await assert.rejects(
    run(
      {},
      written((statement) => statement.replace('late Int64', 'late Int32')),
    ),
    /trust\/ingest_audit was applied and its tables read otherwise now.*a name of its own/,
  );
});

test('an installation from before migrations had these names gets the views anew and keeps its tables', async () => {
  const before = await rowsOf<{ ddl: string }>(
    client,
    "SELECT create_table_query AS ddl FROM system.tables WHERE database = 'tidemark_store' ORDER BY name",
  );
  await client.command({ query: 'TRUNCATE TABLE tidemark_store.migrations' });
  const { applied, views } = await run();
  assert.equal(applied.length + views.length, migrations.length);
  assert.deepEqual(
    await rowsOf(
      client,
      "SELECT create_table_query AS ddl FROM system.tables WHERE database = 'tidemark_store' ORDER BY name",
    ),
    before,
  );
});

test('an installation of before gets wider sums in place, and what is in them stays (rule 53)', async () => {
  await dropDatabases(server);
  // Its tables were made under other names of migrations.
  const tablesOfBefore = migrations.map(({ name, once, views }) => ({
    name: `before/${name}`,
    once: once.map((statement) => statement.replaceAll('Int128', 'Int64')),
    views: name === 'functions' ? views : [],
  }));
  await run({}, tablesOfBefore);
  const mention = { at: '2026-05-01 10:15:00.000', channel: 'x', sentiment: '', reach: 2 ** 53 - 1, sign: 1 };
  const put = (count: number): Promise<unknown> =>
    client.insert({
      table: 'tidemark_store.mention',
      values: Array.from({ length: count }, (_, i) => ({ ...mention, mention_id: `${count} ${i}` })),
      format: 'JSONEachRow',
    });
  const reach = 'SELECT toString(sum(reach)) AS reach FROM tidemark_store.mention_15m';
  await put(1_000);
  assert.deepEqual(await rowsOf(client, reach), [{ reach: String(1_000n * (2n ** 53n - 1n)) }]);

  await run();
  await put(900);
  const all = [{ reach: String(1_900n * (2n ** 53n - 1n)) }];
  assert.deepEqual(await rowsOf(client, reach), all);
  await client.command({ query: 'OPTIMIZE TABLE tidemark_store.mention_15m FINAL' });
  assert.deepEqual(await rowsOf(client, reach), all);
  assert.deepEqual(await rowsOf(client, 'SELECT toString(reach) AS reach FROM tidemark.mentions_daily'), all);
  assert.deepEqual(await run(), { applied: [], views: [] });
});

test('a time zone that ClickHouse does not know is refused', async () => {
  await assert.rejects(run({ REPORTING_TIMEZONE: 'Mars/Olympus' }), /REPORTING_TIMEZONE is "Mars\/Olympus"/);
});

test('a view that cannot be read, or a column without a comment, is refused', async () => {
  const wrong = (columns: string): Migration[] => [
    ...migrations,
    {
      name: 'wrong',
      once: [],
      views: [
        {
          kind: 'view',
          database: 'tidemark',
          name: 'wrong',
          text: `CREATE OR REPLACE VIEW tidemark.wrong (${columns}) SQL SECURITY DEFINER AS SELECT 1 AS a COMMENT 'W.'`,
        },
      ],
    },
  ];
  await assert.rejects(run({}, wrong("a UInt8 COMMENT 'A.', b UInt8 COMMENT 'B.'")), /clickhouse\.refused/);
  const bare = /tidemark\.wrong\.a: a COMMENT is missing/;
  await assert.rejects(run({}, wrong('a UInt8')), bare);
  await assert.rejects(run({}, wrong('a UInt8')), bare, 'not taken for applied at the next start');
  await client.command({ query: 'DROP VIEW tidemark.wrong' });
});

test('a table without a deduplication window is refused', async () => {
  await client.command({
    query: 'CREATE TABLE tidemark_store.forgetful (a UInt8) ENGINE = MergeTree ORDER BY a',
  });
  await assert.rejects(run(), /tidemark_store\.forgetful would count a repeated insert twice/);
  await client.command({ query: 'DROP TABLE tidemark_store.forgetful' });
});

test('a lock left behind by a process that died is taken over', { timeout: 60_000 }, async () => {
  await client.command({
    query: 'CREATE TABLE tidemark_store.migration_lock (nothing UInt8) ENGINE = Memory',
  });
  await client.command({ query: 'DROP VIEW tidemark.data_through' });
  assert.deepEqual((await run()).views, ['trust/views']);
});

test('money divides half to even at the sixth decimal, as the code does', async () => {
  const micros = [0n, 1n, -1n, 5n, -5n, 10_000_001n, -10_000_003n, 59_000_000n, 10n ** 26n + 7n];
  const divisors = [1n, 2n, -2n, 3n, 4n, 8n, 7_000_000n, 1_000_000n, -3_000_000n];
  const cases = micros.flatMap((a) => divisors.map((b) => ({ a, b })));
  const found = await rowsOf<{ q: string }>(
    client,
    `SELECT toString(half_even_divide(a, b)) AS q FROM (
       SELECT toDecimal128(p.1, 6) / 1000000 AS a, toDecimal128(p.2, 6) / 1000000 AS b
       FROM (SELECT arrayJoin([${cases.map(({ a, b }) => `(toInt128('${a}'), toInt128('${b}'))`).join(', ')}]) AS p))`,
  );
  const microsOf = (decimal: string): bigint => {
    const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
    return BigInt(`${sign}${whole}${fraction.padEnd(6, '0')}`);
  };
  for (const [index, { a, b }] of cases.entries()) {
    const exact = b < 0n ? roundHalfEven(-a * 1_000_000n, -b) : roundHalfEven(a * 1_000_000n, b);
    assert.equal(microsOf(found[index]!.q), exact, `${a} / ${b}`);
  }
});
