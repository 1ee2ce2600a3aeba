import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { after, before, suite } from 'node:test';
import { pino } from 'pino';
import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { readSettings } from '@tidemark/service/settings';
import { factKinds } from '@tidemark/metrics';
import type { Columns } from '@tidemark/metrics/definition/definition';
import { insertAll } from '../../services/sink/insert-all.ts';
import { clickHouseTables } from '../../services/sink/tables.ts';
import type { Insert } from '../../services/sink/inserts.ts';
import { rowWriters } from '../../services/sink/rows.ts';
import { startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import type { EmbeddedClickHouse } from '../../infra/local/embedded/clickhouse.ts';
import { startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { Kafka, logLevel } from '../../packages/kafka/kafkajs.ts';
import { until } from '../support/until.ts';

const log = pino({ level: 'silent' });
let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidemark-embedded-'));
});
after(() => rm(dir, { recursive: true, force: true }));

/** Runs a program that starts a server and prints its pid, and kills that program the hard way. */
async function killParentOf(source: string): Promise<number> {
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(parent, 'exit');
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  parent.kill('SIGKILL');
  await exited;
  return Number(line);
}

/** Any value of each column. */
function valuesOf(columns: Columns): Record<string, string | number | bigint | boolean | null> {
  const values = {
    string: 'x',
    money: 1_000_000n,
    integer: 2,
    float: 1.5,
    instant: Date.UTC(2026, 3, 1),
    flag: true,
  };
  return Object.fromEntries(
    Object.entries(columns).map(([name, type]) => [
      name,
      values[type.replace('?', '') as keyof typeof values],
    ]),
  );
}

async function untilGone(pid: number): Promise<void> {
  const isGone = (): boolean => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };
  await until(`process ${pid} to follow its parent`, isGone, 5_000);
}

async function withTakenPort(run: (port: number) => Promise<void>): Promise<void> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  await run(address.port).finally(() => taken.close());
}

suite('embedded Kafka', () => {
  test('keeps its data when its parent, and so itself, is killed; and goes on in the same folder', async () => {
    const dataDir = join(dir, 'kafka');
    const port = await freePort();
    const pid = await killParentOf(`
      import { pino } from 'pino';
      import { startKafka } from '../../infra/local/embedded/kafka.ts';
      import { Kafka, logLevel } from '../../packages/kafka/kafkajs.ts';
      const kafka = await startKafka({ dataDir: '${dataDir}', port: ${port}, log: pino({ level: 'silent' }) });
      const client = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING });
      const admin = client.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: true });
      const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'one' }, { value: 'two' }] });
      console.log(kafka.pid);`);
    await untilGone(pid);

    const kafka = await startKafka({ dataDir, port, log });
    try {
      const admin = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      const [offsets] = await admin.fetchTopicOffsets('kept');
      assert.equal(offsets?.high, '2');
      await admin.disconnect();
      await assert.rejects(startKafka({ dataDir, port, log }), new RegExp(`Port ${port} .*KAFKA_PORT`));
    } finally {
      await kafka.stop();
    }
    assert.ok(await kafka.exited);
  });
});

suite('embedded ClickHouse', () => {
  let server: EmbeddedClickHouse;
  const ask = async (user: string, query: string): Promise<string> => {
    const keys: { readonly [user: string]: string } = {
      bi: server.biPassword,
      explain: server.explainPassword,
    };
    const key = keys[user] ?? server.password;
    const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': key };
    const response = await fetch(server.url, { method: 'POST', body: query, headers });
    const text = (await response.text()).trim();
    if (!response.ok) throw new Error(text);
    return text;
  };
  before(async () => {
    server = await startClickHouse({ dataDir: join(dir, 'clickhouse'), httpPort: await freePort(), log });
    for (const statement of [
      'CREATE DATABASE tidemark_store',
      'CREATE DATABASE tidemark',
      'CREATE TABLE tidemark_store.x (day Date, v Int64) ENGINE = MergeTree ORDER BY day',
      'CREATE TABLE tidemark_store.y (day Date, v Int64) ENGINE = MergeTree ORDER BY day',
      "INSERT INTO tidemark_store.x VALUES ('2026-01-01', 1), ('2026-01-02', 2)",
      "CREATE OR REPLACE VIEW tidemark.x (day Date COMMENT 'The day.', v Int64 COMMENT 'The sum.') " +
        'DEFINER = CURRENT_USER SQL SECURITY DEFINER ' +
        "AS SELECT day, sum(v) AS v FROM tidemark_store.x GROUP BY day COMMENT 'Sums.'",
      'CREATE OR REPLACE VIEW tidemark.x_as_of (day Date, v Int64) DEFINER = CURRENT_USER SQL SECURITY DEFINER ' +
        'AS SELECT day, v FROM tidemark_store.x WHERE day <= {known_at:Date}',
      'CREATE OR REPLACE VIEW tidemark.over_x DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT v FROM tidemark.x',
      'CREATE OR REPLACE VIEW tidemark.forgotten AS SELECT * FROM tidemark_store.x',
    ]) {
      await ask('tidemark', statement);
    }
  });
  after(() => server.stop());

  test('keeps its data through kill -9', async () => {
    server.kill('SIGKILL');
    assert.equal((await server.exited).signal, 'SIGKILL');
    server = await startClickHouse({ dataDir: join(dir, 'clickhouse'), httpPort: await freePort(), log });
    assert.equal(await ask('tidemark', 'SELECT sum(v) FROM tidemark_store.x'), '3');
  });

  // ClickHouse recognises a repeated insert by the names of the views it went through, and not all it does to a view keeps those.
  test('an insert that is repeated after a restart changes nothing, in rollups too', async () => {
    const dataDir = join(dir, 'repeated');
    const start = async (): Promise<{ server: EmbeddedClickHouse; client: ClickHouseClient }> => {
      const started = await startClickHouse({ dataDir, httpPort: await freePort(), log });
      const client = connectClickHouse({
        CLICKHOUSE_URL: new URL(started.url),
        CLICKHOUSE_USER: started.user,
        CLICKHOUSE_PASSWORD: started.password,
      });
      return { server: started, client };
    };
    const inserts = [...rowWriters(factKinds)].map(([kind, { columns, write }]): Insert => {
      const fact = {
        ...valuesOf(factKinds.get(kind)!),
        at: Date.UTC(2026, 4, 1),
        sign: 1,
        cause: 'late',
      } as const;
      const rows = [Buffer.from(write({ recorded_at: Date.UTC(2026, 4, 2), facts: [fact] }))];
      return { kind, columns, rows, count: 1, token: `block of ${kind}`, recordedAt: 0 };
    });
    const contentAfterInserts = async (): Promise<unknown> => {
      const { server: started, client } = await start();
      try {
        await migrate({ client, settings: readSettings(viewSettings, {}), log });
        const events = {
          inserted: () => undefined,
          failed: (_: Insert, failure: Error) => assert.fail(failure),
        };
        await insertAll(
          clickHouseTables(client, 'tidemark_store'),
          inserts,
          new AbortController().signal,
          events,
        );
        const tables = await rowsOf<{ name: string; engine: string }>(
          client,
          "SELECT name, engine FROM system.tables WHERE database = 'tidemark_store' AND engine LIKE '%MergeTree' ORDER BY name",
        );
        const contents = tables.map(({ name, engine }) =>
          rowsOf(
            client,
            `SELECT * FROM tidemark_store.${name} ${engine === 'MergeTree' ? '' : 'FINAL'} ORDER BY ALL`,
          ),
        );
        return Object.fromEntries(
          (await Promise.all(contents)).map((rows, index) => [tables[index]!.name, rows]),
        );
      } finally {
        await client.close();
        await started.stop();
      }
    };
    assert.deepEqual(await contentAfterInserts(), await contentAfterInserts());
  });

  test('ends with its parent', async () => {
    const pid = await killParentOf(`
      import { pino } from 'pino';
      import { startClickHouse } from '../../infra/local/embedded/clickhouse.ts';
      const options = { dataDir: '${join(dir, 'orphan')}', httpPort: ${await freePort()} };
      console.log((await startClickHouse({ ...options, log: pino({ level: 'silent' }) })).pid);`);
    await untilGone(pid);
  });

  test('refuses a taken port and names the setting', async () => {
    const dataDir = join(dir, 'refused');
    await withTakenPort(async (httpPort) => {
      await assert.rejects(
        startClickHouse({ dataDir, httpPort, log }),
        /is taken .* set CLICKHOUSE_PORT to a free/,
      );
    });
    await withTakenPort(async (tcpPort) => {
      const options = { dataDir, httpPort: await freePort(), tcpPort, log };
      await assert.rejects(startClickHouse(options), /set CLICKHOUSE_TCP_PORT to a free/);
    });
  });

  test('bi reads the views, with their comments, and may set what clients set', async () => {
    assert.equal(await ask('bi', 'SELECT sum(v) FROM tidemark.x'), '3');
    assert.equal(await ask('bi', "SELECT sum(v) FROM tidemark.x_as_of(known_at = '2026-01-01')"), '1');
    assert.equal(await ask('bi', 'SELECT max(v) FROM tidemark.over_x'), '2');
    const settings = 'max_execution_time = 20, async_insert = 1, mutations_sync = 1, join_use_nulls = 1';
    assert.equal(await ask('bi', `SELECT count() FROM tidemark.x SETTINGS ${settings}`), '2');
    const columns = "SELECT name, comment FROM system.columns WHERE table = 'x' ORDER BY name";
    assert.equal(await ask('bi', columns), 'day\tThe day.\nv\tThe sum.');
    assert.equal(await ask('bi', "SELECT comment FROM system.tables WHERE name = 'x'"), 'Sums.');
    assert.equal(await ask('bi', "SELECT count() FROM system.tables WHERE database = 'tidemark_store'"), '0');
  });

  const denied = /ACCESS_DENIED/;
  const fixed = /READONLY|SETTING_CONSTRAINT_VIOLATION|QUERY_IS_PROHIBITED/;
  const refused: readonly (readonly [string, RegExp])[] = [
    ['SELECT * FROM tidemark_store.x', denied],
    ['SELECT * FROM tidemark.forgotten', denied],
    ["SELECT * FROM mergeTreeIndex('tidemark_store', 'x')", denied],
    ["INSERT INTO tidemark_store.x VALUES ('2026-01-03', 3)", denied],
    ['CREATE TEMPORARY TABLE t (a Int8)', denied],
    ['CREATE VIEW tidemark.y AS SELECT 1', denied],
    ['DROP VIEW tidemark.x', denied],
    ['CREATE FUNCTION f AS x -> x', denied],
    ["SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')", denied],
    ["SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a Int8')", denied],
    ["SELECT * FROM remote('127.0.0.1', 'tidemark_store', 'x', 'tidemark', 'tidemark')", denied],
    ["SELECT * FROM file('/etc/hosts', 'LineAsString')", denied],
    ["INSERT INTO FUNCTION file('x.csv', 'CSV', 'a Int8') VALUES (1)", denied],
    ["SELECT * FROM executable('x.sh', 'CSV', 'a Int8')", denied],
    ["SELECT file('/etc/hosts')", /switched off/],
    ["SELECT file('/etc/hosts') SETTINGS enable_analyzer = 0", /switched off/],
    ["SELECT arrayMap(file, ['/etc/hosts'])", /switched off/],
    ["SELECT * APPLY file FROM (SELECT '/etc/hosts' AS path)", /switched off/],
    ["SELECT file('/etc/hosts', 'none')", /expect 1 argument/],
    ['SET readonly = 0', fixed],
    ['SELECT 1 SETTINGS readonly = 1', fixed],
    ['SELECT 1 SETTINGS allow_ddl = 1', fixed],
    ['SELECT 1 SETTINGS max_execution_time = 0', fixed],
    ['SELECT 1 SETTINGS max_memory_usage = 0', fixed],
    ['SELECT 1 SETTINGS max_threads = 64', fixed],
    ['SELECT 1 SETTINGS max_result_rows = 0', fixed],
    ['SELECT 1 SETTINGS max_result_bytes = 0', fixed],
    ['SELECT 1 SETTINGS max_execution_time = 301', fixed],
    ["SELECT 1 SETTINGS timeout_overflow_mode = 'break'", fixed],
    ['SELECT 1 SETTINGS log_queries = 0', fixed],
    ['SELECT 1 SETTINGS priority = 1', fixed],
    ["SELECT 1 SETTINGS workload = 'default'", fixed],
    ['SELECT 1 SETTINGS use_concurrency_control = 0', fixed],
    ["SELECT 1 SETTINGS profile = 'tidemark', max_threads = 64", fixed],
    ['SELECT 1 SETTINGS add_http_cors_header = 1', fixed],
    [
      'SELECT count() FROM numbers(1e12) WHERE sipHash64(number) = 1 SETTINGS max_execution_time = 1',
      /TIMEOUT/,
    ],
    ['SELECT number FROM numbers(20000000) FORMAT Null', /TOO_MANY_ROWS/],
    ['SELECT sleep(3)', /TOO_SLOW/],
    ['SELECT * FROM system.processes', denied],
    ['SELECT * FROM system.users', denied],
    ['SELECT name FROM system.parts', denied],
    ['SELECT * FROM system.server_settings', denied],
    ['SELECT * FROM system.grants', denied],
    ['KILL QUERY WHERE 1', denied],
    ['SYSTEM STOP LISTEN HTTP', denied],
  ];
  for (const [query, why] of refused) {
    test(`bi is refused: ${query}`, () => assert.rejects(ask('bi', query), why));
  }

  test('explain reads the facts too, and writes nothing', async () => {
    assert.equal(await ask('explain', 'SELECT count() > 0 FROM tidemark_store.x'), '1');
    assert.equal(await ask('explain', 'SELECT count() > 0 FROM tidemark.x'), '1');
    for (const query of [
      "INSERT INTO tidemark_store.x VALUES ('2026-01-03', 3)",
      'DROP VIEW tidemark.x',
      'SELECT * FROM system.users',
      "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')",
    ])
      await assert.rejects(ask('explain', query), denied);
  });

  test('however many queries bi asks, few run at once and the others wait', async () => {
    const endless = 'SELECT count() FROM numbers(1e12) WHERE sipHash64(number) = 1';
    const asked = Array.from({ length: 15 }, () => assert.rejects(ask('bi', endless), /QUERY_WAS_CANCELLED/));
    const isFull = async (): Promise<boolean> => {
      const [running = 0, allowed = 0, waiting = 0] = (
        await ask(
          'tidemark',
          `SELECT sum(inflight_requests), sum(max_requests), sum(queue_length) FROM system.scheduler
            WHERE resource = 'tidemark_query' AND path LIKE '/tidemark/bi/semaphore%'`,
        )
      )
        .split('\t')
        .map(Number);
      return running === Math.min(allowed, asked.length) && waiting === asked.length - running;
    };
    try {
      await until('as many of them to run as may, and the others to wait', isFull, 30_000);
      await ask('tidemark', "INSERT INTO tidemark_store.y VALUES ('2026-01-03', 3)");
    } finally {
      await ask('tidemark', "KILL QUERY WHERE user = 'bi' SYNC");
    }
    await Promise.all(asked);
  });

  test('bi finds the views in the information schema, and no other table', async () => {
    const tables = "SELECT table_schema, table_name, table_comment FROM information_schema.tables WHERE table_schema LIKE 'tidemark%' ORDER BY ALL"; // prettier-ignore
    const found = await ask('bi', tables);
    assert.deepEqual(found.split('\n'), ['tidemark\tforgotten\t', 'tidemark\tover_x\t', 'tidemark\tx\tSums.', 'tidemark\tx_as_of']); // prettier-ignore
    assert.equal(await ask('bi', 'SELECT count() FROM system.parts'), '0');
  });

  const reachless: readonly (readonly [string, RegExp])[] = [
    ["SELECT * FROM file('/etc/hosts', 'LineAsString')", denied],
    ["INSERT INTO FUNCTION file('x.csv', 'CSV', 'a Int8') VALUES (1)", denied],
    ["SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int8')", denied],
    ["SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a Int8')", denied],
    ["SELECT * FROM remote('127.0.0.1', 'tidemark_store', 'x', 'tidemark', 'tidemark')", denied],
    ['CREATE TABLE tidemark_store.f (a String) ENGINE = File(CSV)', denied],
    ["CREATE TABLE tidemark_store.f (a String) ENGINE = URL('http://127.0.0.1:1/', CSV)", denied],
    ["CREATE DICTIONARY tidemark_store.d (a UInt64) PRIMARY KEY a SOURCE(HTTP(url 'http://127.0.0.1:1/' format 'TSV')) LAYOUT(FLAT()) LIFETIME(0)", denied], // prettier-ignore
    ['CREATE USER somebody', denied],
    ['SYSTEM START LISTEN TCP', denied],
    ['SYSTEM STOP LISTEN HTTP', denied],
    ['SELECT 1 SETTINGS add_http_cors_header = 1', fixed],
  ];
  for (const [query, why] of reachless) {
    test(`the services are refused: ${query}`, () => assert.rejects(ask('tidemark', query), why));
  }

  test('no web page may read an answer', async () => {
    const headers = { 'X-ClickHouse-User': 'bi', 'X-ClickHouse-Key': server.biPassword, origin: 'http://evil.example' }; // prettier-ignore
    for (const [method, body] of [
      ['POST', 'SELECT 1'],
      ['OPTIONS', null],
    ] as const) {
      // prettier-ignore
      const response = await fetch(`${server.url}/?add_http_cors_header=0`, { method, body, headers });
      assert.equal(response.headers.get('access-control-allow-origin'), null);
    }
  });

  test('passwords are random, the same after a restart, and the owner alone may read them', async () => {
    assert.match(server.password, /^[\w-]{32}$/);
    assert.match(server.biPassword, /^[\w-]{32}$/);
    assert.notEqual(server.password, server.biPassword);
    for (const name of ['tidemark.password', 'bi.password', 'explain.password'])
      assert.equal((await stat(join(dir, 'clickhouse', name))).mode & 0o777, 0o600);
    const { password } = server;
    await server.stop();
    server = await startClickHouse({ dataDir: join(dir, 'clickhouse'), httpPort: await freePort(), log });
    assert.equal(server.password, password);
  });

  test('a wrong password is refused, and the user without one cannot log in', async () => {
    const as = async (user: string, key: string, query: string): Promise<string> => {
      const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': key };
      const response = await fetch(server.url, { method: 'POST', body: query, headers });
      return response.text();
    };
    assert.match(await as('bi', 'wrong', 'SELECT 1'), /AUTHENTICATION_FAILED/);
    assert.match(await as('tidemark', '', 'SELECT 1'), /AUTHENTICATION_FAILED/);
    for (const query of ['SELECT 1', 'SYSTEM STOP LISTEN HTTP', 'SYSTEM START LISTEN TCP'])
      assert.match(await as('default', '', query), /USER_SESSION_LIMIT_EXCEEDED/);
    assert.ok(await server.answers());
  });
});
