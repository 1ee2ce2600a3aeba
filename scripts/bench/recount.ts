/**
 * What a recount costs: `npx tidemark bench recount`. A backlog is counted, then counted anew in a second generation beside it, with
 * other rules and maybe more partitions. Prints time, CPU by process and bytes on disk of each stage, and writes JSON.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { spawnGuarded } from '../../infra/local/embedded/child.ts';
import { bytesBelow, type Sizes, readSizes } from './load/sizes.ts';
import { othersLine, type Part, type Usage, usageDuring } from './machine/usage.ts';
import { from1 } from './numbers.ts';
import { type Bench, startBench } from './servers.ts';
import { load, untilCounted, untilSunk } from './throughput.ts';
import { workload } from './workload.ts';

const options = new Command('bench:recount')
  .description('Measures what a recount costs: time, CPU by process, bytes on disk.')
  .option('--events <n>', 'events of the history', from1, 1_000_000)
  .option('--customers <n>', 'customers', from1, 50_000)
  .option('--partitions <n>', 'partitions of the first generation', from1, 4)
  .option('--to-partitions <n>', 'partitions of the second one', from1, 4)
  .option('--rate <n>', 'events of the history that are fed in a second at most', from1, 20_000)
  .option('--seed <n>', 'another seed, other events', from1, 1)
  .option('--out <file>', 'where the JSON goes', 'bench-results/recount.json')
  .option('--json', 'print JSON instead of a table', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npx tidemark bench recount --events 100000\n  npx tidemark bench recount --to-partitions 12 --rate 2000\n',
  )
  .parse()
  .opts<{
    events: number;
    customers: number;
    partitions: number;
    toPartitions: number;
    rate: number;
    seed: number;
    out: string;
    json: boolean;
  }>();

const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const stepMs = 20;
const lookEveryMs = 500;

type Stage = { readonly name: string; readonly usage: Usage };

const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-recount-'));
const bench = await startBench(options.partitions);
try {
  const results = await measure(bench);
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else print(results);
} finally {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
}

async function measure(on: Bench) {
  const { events, customers, seed, toPartitions } = options;
  const env = {
    ...process.env,
    KAFKA_BROKERS: String(on.kafka.brokers),
    CLICKHOUSE_URL: on.clickHouse.url,
    CLICKHOUSE_USER: on.clickHouse.user,
    CLICKHOUSE_PASSWORD: on.clickHouse.password,
    RECOUNT_DIR: join(folder, 'copy'),
    RECOUNT_RATE: String(options.rate),
    LOG_LEVEL: 'error',
  };
  const recount = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [cli, 'recount', ...args], { env, maxBuffer: 2 ** 28 }))
      .stdout;
  const parts: Part[] = [
    { name: 'kafka', pid: on.kafka.pid },
    { name: 'clickhouse', pid: on.clickHouse.pid },
  ];
  const stages: Stage[] = [];
  const stage = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    say(`${name} …`);
    const { result, usage } = await usageDuring(parts, run);
    stages.push({ name, usage });
    return result;
  };

  const [processor, sink] = [await on.start('processor'), await on.start('sink')];
  parts.push({ name: 'processor', pid: processor.child.pid }, { name: 'sink', pid: sink.child.pid });
  await stage('the first count', async () => {
    const from = Date.now() - events * stepMs;
    await untilCounted(processor, await load(on, workload({ events, customers, seed, from, stepMs })));
    await untilSunk(on);
  });
  const before = await readSizes({ bench: on });
  await stage('recount start', () => recount('start', '--partitions', String(toPartitions)));
  const copyBytes = bytesBelow(env.RECOUNT_DIR);
  const feeder = spawnGuarded({
    command: process.execPath,
    args: [cli, 'recount', 'feed', '2'],
    env,
    output: say,
  });
  const second = { GENERATION: '2', CART_ABANDON_AFTER: '3h', STATE_DIR: join(folder, 'state-g2') };
  const [processor2, sink2] = [await on.start('processor', second), await on.start('sink', second)];
  for (const [name, { pid }] of [
    ['feeder', feeder],
    ['processor-g2', processor2.child],
    ['sink-g2', sink2.child],
  ] as const)
    parts.push({ name, pid });
  await stage('feed, count and insert', async () => {
    while (!(JSON.parse(await recount('status', '2', '--json')) as { caught_up: boolean }).caught_up)
      await sleep(lookEveryMs);
  });
  const after = await readSizes({ bench: on });
  const storeBytes = bytesBelow(second.STATE_DIR);
  await stage('compare', () => recount('compare', '2', '--json'));
  await stage('promote', () => recount('promote', '2'));
  await feeder.stop();
  return { options, stages, before, after: { ...after, store: after.store + storeBytes }, copyBytes };
}

function print({
  stages,
  before,
  after,
  copyBytes,
}: {
  readonly stages: readonly Stage[];
  readonly before: Sizes;
  readonly after: Sizes;
  readonly copyBytes: number;
}): void {
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const { name, usage } of stages) {
    out(`${name}: ${usage.seconds.toFixed(1)} s · ${othersLine(usage)}`);
    const used = Object.entries(usage.cores).map(
      ([part, cores]) => `${part} ${(cores * usage.seconds).toFixed(1)}`,
    );
    out(`  CPU seconds: ${used.join(' · ')}`);
  }
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  for (const kind of Object.keys(before) as (keyof Sizes)[])
    out(`${kind}: ${megabytes(before[kind])} before, ${megabytes(after[kind])} with both generations`);
  out(`copy of the state, while it is fed: ${megabytes(copyBytes)}`);
}
