import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertPortFree, freePort } from '../../infra/local/embedded/ports.ts';
import type { Summary } from '@tidemark/live/summary';
import { until } from '../support/until.ts';

const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
const names = ['COLLECTOR_PORT', 'LIVE_PORT', 'CLICKHOUSE_PORT', 'KAFKA_PORT'] as const;
/** Longest wait for what comes up, on a busy machine. */
const startMs = 120_000;
const world = ['--days', '2', '--customers', '80', '--rate', '0.05', '--seed', '5'];

let data = '';
let ports: Readonly<Record<(typeof names)[number], string>>;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'tidemark-start-'));
  const free = await Promise.all(names.map(async (name) => [name, String(await freePort())]));
  ports = Object.fromEntries(free) as typeof ports;
});
after(() => rm(data, { recursive: true, force: true }));

type Launched = {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly out: () => string;
  readonly errors: () => string;
  readonly exited: Promise<number | null>;
};

function launch(args: readonly string[], more: Readonly<Record<string, string>> = {}): Launched {
  const env = { ...process.env, ...ports, ...more };
  const child = spawn(process.execPath, [cli, 'start', '--data', data, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, out: () => out, errors: () => errors, exited };
}

async function asBi(query: string): Promise<string> {
  const password = (await readFile(join(data, 'clickhouse', 'bi.password'), 'utf8')).trim();
  const headers = { 'X-ClickHouse-User': 'bi', 'X-ClickHouse-Key': password, connection: 'close' };
  const url = `http://127.0.0.1:${ports.CLICKHOUSE_PORT}/`;
  const response = await fetch(url, { method: 'POST', body: query, headers });
  return (await response.text()).trim();
}

/** Files and folders below a folder that others than the owner may read or change. */
async function openToOthers(folder: string): Promise<string[]> {
  const open: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    // What a server deletes meanwhile is read by nobody.
    const mode = await stat(join(folder, name)).then(
      (found) => found.mode,
      () => 0,
    );
    if ((mode & 0o077) !== 0) open.push(name);
  }
  return open;
}

async function summary(): Promise<Summary> {
  const response = await fetch(`http://127.0.0.1:${ports.LIVE_PORT}/v1/counters/summary`);
  return (await response.json()) as Summary;
}

test('one command loads a history, counts it, prints the figures and stops', async () => {
  const run = launch([...world, '--once']);
  assert.equal(await run.exited, 0, run.errors());
  const last = run.out().trim().split('\n').at(-1) ?? '';
  const figures = JSON.parse(last) as Summary;
  assert.ok(figures.customers > 50 && figures.customers < 110, `${figures.customers} customers`);
  assert.ok(figures.recurring.some(({ mrr }) => Number(mrr) > 0));
  for (const port of Object.values(ports)) await assertPortFree(Number(port), 'port');
});

test('started again it goes on; a dead service is brought back; Ctrl-C ends it all', async () => {
  const run = launch(world);
  const leave = (): boolean => run.child.kill('SIGKILL');
  process.once('exit', leave);
  await until('the addresses', () => run.out().includes('Collector '), startMs);

  const views = await asBi('SELECT count() > 0, sum(customers) > 0 FROM tidemark.mrr_daily');
  assert.equal(views, '1\t1');
  const repeated = 'SELECT sum(duplicates) / sum(received) < 0.03 FROM tidemark.ingest_audit_hourly';
  assert.equal(await asBi(repeated), '1', 'the history is not sent a second time');

  const second = launch(world, {
    COLLECTOR_PORT: '0',
    LIVE_PORT: '0',
    CLICKHOUSE_PORT: '0',
    KAFKA_PORT: '0',
  });
  assert.equal(await second.exited, 3);
  assert.match(
    second.errors(),
    /Another tidemark start is using .*: stop it, or give another folder with --data/,
  );
  assert.deepEqual(await openToOthers(data), [], 'other users of the machine can read nothing');

  const log = await readFile(join(data, 'logs', 'start.log'), 'utf8');
  const up = [...log.matchAll(/"name":"(\w+)","pid":(\d+),"msg":"Service is up/g)];
  const pid = (name: string): number => Number(up.findLast(([, who]) => who === name)?.[2]);
  for (const name of ['sink', 'processor']) process.kill(pid(name), 'SIGKILL');
  for (const name of ['sink', 'processor'])
    await until(`${name} to be back`, () => run.errors().includes(`${name}: up again.`), startMs);

  // The line that is printed for trying it, as a shell would read it.
  const event = /-d '(\{.*\})'/.exec(run.out())?.[1] ?? '';
  const response = await fetch(`http://127.0.0.1:${ports.COLLECTOR_PORT}/v1/events`, {
    method: 'POST',
    headers: { authorization: 'Bearer dev-key', 'content-type': 'application/json' },
    body: event.replace('"USD"', '"KWD"'),
  });
  assert.equal(response.status, 202);
  await until('the live counter', async () =>
    (await summary()).sales_today.some(
      ({ currency, revenue }) => currency === 'KWD' && Number(revenue) === 5.9,
    ),
  );
  await until(
    'the view',
    async () => (await asBi("SELECT revenue FROM tidemark.sales_daily WHERE currency = 'KWD'")) === '5.9',
  );

  const asked = performance.now();
  run.child.kill('SIGINT');
  assert.equal(await run.exited, 130, run.errors());
  assert.ok(performance.now() - asked < 15_000, 'it stops within seconds');
  for (const port of Object.values(ports)) await assertPortFree(Number(port), 'port');
  process.off('exit', leave);
});

test('a port that is taken is named with its variable, and nothing is begun', async () => {
  const other = createServer().listen(Number(ports.LIVE_PORT), '127.0.0.1');
  await once(other, 'listening');
  try {
    const run = launch(world);
    assert.equal(await run.exited, 3);
    assert.match(run.errors(), new RegExp(`Port ${ports.LIVE_PORT} .*LIVE_PORT`));
    assert.doesNotMatch(run.errors(), /Starting/);
  } finally {
    other.close();
  }
});

test('without Java a sentence says what to install', async () => {
  const run = launch(world, { JAVA_HOME: join(data, 'nowhere') });
  assert.equal(await run.exited, 3);
  assert.match(run.errors(), /install a Java runtime 17/);
});
