/**
 * `npm run test:import`: `npx tidemark import` of a CSV file of a million rows (`IMPORT_ROWS` for another number) over the whole
 * pipeline. It is killed in the middle and run again; then every month of the view has exactly the sales of the file, and the
 * rejected rows are those planted. Prints how long it took and how much memory.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { backend } from '../../support/backend.ts';
import { startPipeline } from '../../support/pipeline.ts';
import { until } from '../../support/until.ts';

const rows = Number(process.env['IMPORT_ROWS'] ?? 1_000_000);
const customers = Math.ceil(rows / 20);
const rejectedEvery = Math.ceil(rows / 10);
const firstAt = Date.parse('2025-01-01T00:00:00Z');
const spreadMs = 360 * 86_400_000;
/** Longest wait for what is counted, on a busy machine. */
const countedMs = 3_600_000;
const cli = join(import.meta.dirname, '../../../packages/cli/main.ts');
const mapping = join(import.meta.dirname, 'purchases.yaml');

const folder = await mkdtemp(join(tmpdir(), 'tidemark-import-'));
const file = join(folder, 'purchases.csv');
const checkpoint = `${file}.checkpoint.json`;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const seconds = (since: number): number => (performance.now() - since) / 1_000;

type Month = { purchases: number; cents: bigint };
const expected = new Map<string, Month>();

/** The file, and what its months add up to. */
function* lines(): Generator<string> {
  yield 'id,time,customer,amount,currency\n';
  for (let row = 1; row <= rows; row++) {
    const time = new Date(firstAt + Math.floor((row / rows) * spreadMs)).toISOString();
    const cents = 100 + ((row * 7_919) % 99_900);
    const isWrong = row % rejectedEvery === 0;
    yield `${row},${time},c-${(row * 7_919) % customers},${(cents / 100).toFixed(2)},${isWrong ? 'euros' : 'EUR'}\n`;
    if (isWrong) continue;
    const month = expected.get(time.slice(0, 7)) ?? { purchases: 0, cents: 0n };
    expected.set(time.slice(0, 7), {
      purchases: month.purchases + 1,
      cents: month.cents + BigInt(cents),
    });
  }
}
await piped(Readable.from(lines()), createWriteStream(file));
console.log(`${rows.toLocaleString('en')} rows, ${megabytes((await stat(file)).size)}`);

const servers = await backend();
const pipeline = await startPipeline({
  servers,
  processors: 1,
  sinks: 1,
  live: false,
  collector: true,
  env: { COMMIT_INTERVAL: '1s', SINK_BLOCK_INTERVAL: '1s' },
});

/** The most memory that a process has had at once. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}

const savedRow = async (): Promise<number> =>
  (JSON.parse(await readFile(checkpoint, 'utf8')) as { row: number }).row;

let peak = 0;
async function importing(killAt?: number): Promise<{ readonly code: number | null; readonly out: string }> {
  const args = [
    'import',
    file,
    '--mapping',
    mapping,
    '--collector',
    `http://127.0.0.1:${pipeline.collector!.port}`,
  ];
  const child = spawn(process.execPath, [cli, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const looking = setInterval(
    () =>
      void peakOf(child.pid!).then(
        (bytes) => (peak = Math.max(peak, bytes)),
        () => undefined,
      ),
    500,
  );
  if (killAt !== undefined) {
    await until('the import to be half done', async () => (await savedRow()) >= killAt, countedMs);
    child.kill('SIGKILL');
  }
  const [code] = await exited;
  clearInterval(looking);
  return { code, out };
}

try {
  const began = performance.now();
  await importing(rows / 2);
  console.log(
    `killed after row ${(await savedRow()).toLocaleString('en')} and ${seconds(began).toFixed(0)} s`,
  );
  const { code, out } = await importing();
  const took = seconds(began);
  const report = JSON.parse(out) as { rows: number; accepted: Record<string, number>; rejected: number };
  const wrong = Math.floor(rows / rejectedEvery);
  assert.deepEqual(
    { code, ...report, rejected_file: undefined },
    {
      code: 1,
      rows,
      accepted: { 'purchase.completed': rows - wrong },
      rejected: wrong,
      rejected_file: undefined,
      passed_over: 0,
      complete: true,
    },
  );
  const rejected = (await readFile(`${file}.rejected.ndjson`, 'utf8')).trim().split('\n');
  assert.equal(rejected.length, wrong);
  console.log(
    `imported in ${took.toFixed(0)} s, ${Math.round(rows / took).toLocaleString('en')} rows a second`,
  );
  console.log(
    `memory at most: import ${megabytes(peak)}, collector ${megabytes(await peakOf(pipeline.collector!.pid!))}`,
  );
  await pipeline.counted(countedMs);
  console.log(`counted in the views after ${seconds(began).toFixed(0)} s`);
  const found = await pipeline.reading.rows<{ month: string; purchases: string; cents: string }>(
    `SELECT toString(s.month) AS month, toString(s.purchases) AS purchases, toString(toInt64(s.revenue * 100)) AS cents
     FROM tidemark.sales_monthly AS s WHERE s.purchases > 0 AND s.currency = 'EUR' ORDER BY s.month`,
  );
  assert.deepEqual(
    found.map(({ month, ...row }) => [month.slice(0, 7), row.purchases, row.cents]),
    [...expected].map(([month, { purchases, cents }]) => [month, String(purchases), String(cents)]),
  );
  console.log(`every one of ${found.length} months has the sales of the file`);
} finally {
  await pipeline.close();
  await servers.close();
  await rm(folder, { recursive: true, force: true });
}
