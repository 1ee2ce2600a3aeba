/**
 * `npm run test:quick-start`: what a stranger does, with a clock. From an empty folder: a clone of this checkout's last commit,
 * `npm ci`, `npm start`, an own event, the view that counts it, and a chart's SQL in a BI tool. Prints the seconds of each step, and
 * fails where a step does not do what the README says.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../infra/local/embedded/ports.ts';
import { until } from '../../support/until.ts';
import { pythonWith } from '../python.ts';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const startMs = 300_000;
const customer = 'me';

const folder = await mkdtemp(join(tmpdir(), 'tidemark-quick-start-'));
const clone = join(folder, 'tidemark');
// Without what npm adds for the scripts of this checkout: a stranger has the Node of the machine.
const path = (process.env['PATH'] ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
const names = ['COLLECTOR_PORT', 'LIVE_PORT', 'CLICKHOUSE_PORT', 'KAFKA_PORT'] as const;
const ports = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, String(await freePort())])),
) as Record<(typeof names)[number], string>;
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
  PATH: path.join(delimiter),
  ...ports,
};
const at = (port: (typeof names)[number], of = ''): string => `http://127.0.0.1:${ports[port]}${of}`;

const began = performance.now();
const steps: { readonly step: string; readonly seconds: string }[] = [];
async function timed<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
  const from = performance.now();
  const result = await work();
  steps.push({ step, seconds: ((performance.now() - from) / 1_000).toFixed(1) });
  console.log(`${steps.at(-1)!.seconds.padStart(7)} s  ${step}`);
  return result;
}
const inClone = (program: string, ...args: string[]) => run(program, args, { cwd: clone, env });

async function asBi(query: string): Promise<string> {
  const password = await readFile(join(clone, '.tidemark/clickhouse/bi.password'), 'utf8');
  const headers = { 'X-ClickHouse-User': 'bi', 'X-ClickHouse-Key': password.trim(), connection: 'close' };
  const response = await fetch(at('CLICKHOUSE_PORT'), { method: 'POST', body: query, headers });
  return (await response.text()).trim();
}

/** The SQL of the panel of Grafana that shows revenue by day, with what Grafana fills in. */
async function chartSql(): Promise<string> {
  const file = join(clone, 'infra/grafana/dashboards/tidemark-sales-loyalty-repeat-purchase.json');
  type Panel = { readonly title: string; readonly targets?: readonly { readonly rawSql: string }[] };
  const { panels } = JSON.parse(await readFile(file, 'utf8')) as { readonly panels: readonly Panel[] };
  const sql = panels.find(({ title }) => title === 'Sales: major unit (day)')?.targets?.[0]?.rawSql;
  assert.ok(sql !== undefined, 'there is a panel of sales');
  return sql
    .replaceAll('$__fromTime', 'now() - INTERVAL 7 DAY')
    .replaceAll('$__toTime', 'now()')
    .replaceAll('${currency:sqlstring}', "'USD'");
}

let started: ReturnType<typeof spawn> | undefined;
const interrupt = (): void => {
  if (started?.pid !== undefined && started.exitCode === null) process.kill(-started.pid, 'SIGINT');
};
// The system has a group of processes of its own, and would go on without this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupt();
    process.exit(1);
  });
try {
  await timed('git clone', () => run('git', ['clone', '--quiet', root, clone], { env }));
  await timed('npm ci', () => inClone('npm', 'ci', '--no-audit', '--no-fund'));
  await timed('npm start, until the page is there', async () => {
    started = spawn('npm', ['start'], { cwd: clone, env, stdio: 'ignore', detached: true });
    for (const port of ['COLLECTOR_PORT', 'LIVE_PORT'] as const)
      await until(`${port} to be ready`, async () => (await fetch(at(port, '/ready'))).ok, startMs);
  });
  await timed('an own event is published, with the command that the page shows', async () => {
    const { command } = (await (await fetch(at('LIVE_PORT', '/v1/first-event'))).json()) as {
      command: string;
    };
    const { stdout } = await run('bash', ['-c', command], { env });
    assert.match(stdout, /"accepted"/);
  });
  await timed('it is counted in a view', () =>
    until(
      'the event in customer_value',
      async () =>
        (await asBi(`SELECT revenue FROM tidemark.customer_value WHERE customer_id = '${customer}'`)) ===
        '59',
      startMs,
    ),
  );
  process.env['TIDEMARK_PYTHON'] = join(folder, 'python');
  const python = await timed('clickhouse-connect is installed', () =>
    pythonWith('bi', 'clickhouse-connect==1.12.0', 'pandas==3.1.1'),
  );
  await timed("a chart's SQL is drawn from by clickhouse-connect", async () => {
    const script = [
      'import os, clickhouse_connect',
      'e = os.environ',
      'client = clickhouse_connect.get_client(host="127.0.0.1", port=int(e["PORT"]), username="bi", password=e["PASSWORD"])',
      'frame = client.query_df(e["SQL"])',
      'assert len(frame) > 0 and frame["revenue"].iloc[-1] >= 59, frame',
      'print(frame.tail(3).to_string(index=False))',
    ].join('\n');
    const password = (await readFile(join(clone, '.tidemark/clickhouse/bi.password'), 'utf8')).trim();
    const asked = { ...env, PORT: ports.CLICKHOUSE_PORT, PASSWORD: password, SQL: await chartSql() };
    console.log((await run(join(python, 'python'), ['-c', script], { env: asked })).stdout);
  });
  console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  in all`);
} finally {
  if (started?.exitCode === null) {
    const exited = once(started, 'exit');
    interrupt();
    await exited;
  }
  await rm(folder, { recursive: true, force: true });
}
