/**
 * The benchmark: `npx tidemark bench run`. It measures a seeded backlog through the real pipeline, part by part and as a whole, latencies
 * at a steady rate, memory, and restarts with and without local state. It prints a table and writes JSON.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { pacedLatency } from './latency.ts';
import { from1 } from './numbers.ts';
import { othersLine, usageDuring, type Usage } from './machine/usage.ts';
import { measured, residentMb, startBench, type Bench, type RunningService } from './servers.ts';
import {
  collectorThroughput,
  load,
  processorThroughput,
  publisherThroughput,
  rounded,
  sinkThroughput,
  untilCounted,
  untilMerged,
  untilSunk,
} from './throughput.ts';
import type { Event } from '@tidemark/events/types';
import { workload } from './workload.ts';

const options = new Command('bench')
  .description('Measures the pipeline on this machine, with the real servers.')
  .option('--events <n>', 'events in the backlog', from1, 1_000_000)
  .option('--customers <n>', 'customers', from1, 50_000)
  .option('--seed <n>', 'another seed, other events', from1, 1)
  .option('--seconds <n>', 'seconds at each steady rate', from1, 20)
  .option('--out <file>', 'where the JSON goes', 'bench-results/bench.json')
  .option('--json', 'print JSON instead of a table', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npx tidemark bench run\n  npx tidemark bench run --events 100000 --seconds 5 --json\n',
  )
  .parse()
  .opts<{ events: number; customers: number; seed: number; seconds: number; out: string; json: boolean }>();

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const stepMs = 20;
const partShare = 0.2;

const bench = await startBench();
try {
  const results = await measureAll(bench);
  await mkdir(new URL('.', `file://${process.cwd()}/${options.out}`), { recursive: true });
  await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else print(results);
} finally {
  await bench.close();
}

type Results = Awaited<ReturnType<typeof measureAll>>;

async function measureAll(on: Bench) {
  const { events, customers, seed } = options;
  /** What others had of the machine during each measurement. */
  const others: Record<string, Usage> = {};
  const watched = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const { result, usage } = await usageDuring([], run);
    others[name] = usage;
    return result;
  };
  const from = Date.now() - events * stepMs;
  const part = [
    ...workload({ events: Math.ceil(events * partShare), customers, seed: seed + 1, from, stepMs }),
  ];
  say(`collector: ${part.length} events as NDJSON …`);
  const collector = await watched('collector', () => collectorThroughput(on, part));
  say(`publisher: ${part.length} events …`);
  const publisher = await watched('publisher', () => publisherThroughput(on, part));
  say(`loading the backlog of ${events} …`);
  const loaded = await load(on, workload({ events, customers, seed, from, stepMs }));
  const backlog = loaded + 2 * part.length;
  say(`processor: ${backlog} records …`);
  const { processor, ...counted } = await watched('processor', () =>
    processorThroughput(on, backlog, (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r  ${done} of ${backlog}`);
    }),
  );
  say('sink: all facts …');
  const { sink, ...sunk } = await watched('sink', () => sinkThroughput(on));
  say('restart with local state, and without …');
  await processor.child.stop();
  const restart = {
    withStateSeconds: await watched('restart with state', () => restarted(on)),
    withoutStateSeconds: 0,
  };
  await rm(on.stateDir, { recursive: true, force: true });
  restart.withoutStateSeconds = await watched('restart without state', () => restarted(on));
  const counting = await on.start('processor');
  const live = await on.start('live');
  const flow = workload({ events: 100_000_000, customers, seed: seed + 2, from: Date.now(), stepMs: 0 });
  say('waiting until ClickHouse has merged what the backlog left …');
  await untilMerged(on);
  const latencies = [];
  for (const rate of [2_000, 5_000]) {
    say(`latency at ${rate} events/s for ${options.seconds} s …`);
    const paced = await watched(`to counter at ${rate}/s`, () =>
      pacedLatency(on, live, flow, rate, options.seconds),
    );
    latencies.push({ rate, ...paced });
    await sleep(1_000);
  }
  const memoryMb = { processor: await residentMb(counting), sink: await residentMb(sink) };
  say('whole: collector’s share again, from Kafka to the views …');
  const whole = await watched('whole', () => wholeThroughput(on, counting, part.length));
  return {
    options,
    collector,
    publisher,
    processor: counted,
    sink: sunk,
    whole,
    restart,
    latencies,
    memoryMb,
    others,
  };
}

/** Seconds from the start of a processor until all its tasks are restored. */
async function restarted(on: Bench): Promise<number> {
  const startedAt = performance.now();
  const processor = await on.start('processor');
  const seconds = rounded((performance.now() - startedAt) / 1000, 1);
  await processor.child.stop();
  return seconds;
}

/** Another backlog, each event of it dated when it is taken: these customers have a past already. */
function* happeningNow(events: number): Generator<Event> {
  const { customers, seed } = options;
  for (const event of workload({ events, customers, seed: seed + 3, from: Date.now(), stepMs: 0 }))
    yield { ...event, occurred_at: Date.now() };
}

/** Events through processor and sink at once, until they are in the views. */
async function wholeThroughput(on: Bench, processor: RunningService, events: number) {
  const [before = 0] = await measured(processor, 'tidemark_processor_records_total');
  const startedAt = performance.now();
  const loaded = await load(on, happeningNow(events));
  await untilCounted(processor, before + loaded);
  await untilSunk(on);
  const seconds = (performance.now() - startedAt) / 1000;
  return { events: loaded, seconds: rounded(seconds, 1), eventsPerSecond: Math.round(loaded / seconds) };
}

function print(results: Results): void {
  const rows: [string, string][] = [
    ...(['collector', 'publisher', 'processor', 'sink'] as const).map((name): [string, string] => {
      const { eventsPerSecond, eventsPerCpuSecond, residentMbMax } = results[name];
      const unit = name === 'sink' ? 'facts' : 'events';
      return [
        name,
        `${eventsPerSecond} ${unit}/s · ${eventsPerCpuSecond} per CPU second · ${residentMbMax} MB`,
      ];
    }),
    ['whole', `${results.whole.eventsPerSecond} events/s`],
    ...results.latencies.flatMap(({ rate, reached, counter, view }): [string, string][] => [
      [
        `to counter at ${rate}/s`,
        `p50 ${counter.p50} · p95 ${counter.p95} · p99 ${counter.p99} ms (reached ${reached}/s)`,
      ],
      [`to view at ${rate}/s`, `p50 ${view.p50} · p95 ${view.p95} · p99 ${view.p99} ms`],
    ]),
    ['restart with state', `${results.restart.withStateSeconds} s`],
    ['restart without state', `${results.restart.withoutStateSeconds} s`],
    ...(['processor', 'sink'] as const).map((name): [string, string] => {
      const { all, own } = results.memoryMb[name];
      return [`memory of ${name}`, `${own} MB of its own · ${all} MB with the files it has mapped`];
    }),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, figures] of rows) {
    process.stdout.write(`${name.padEnd(width)}  ${figures}\n`);
    const usage = results.others[name];
    if (usage !== undefined) process.stdout.write(`${''.padEnd(width)}    ${othersLine(usage)}\n`);
  }
}
