/**
 * Our processor and a peer over the same backlog, in alternation: `npx tidemark bench against`. Each run has fresh servers and the
 * same events, byte for byte. The order changes with each pair. Prints each run and the medians of the ratios.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Argument, Command } from 'commander';
import { partitionsDefault } from '@tidemark/topics/topics';
import { othersLine } from './machine/usage.ts';
import { from1 } from './numbers.ts';
import { measured, startBench, type Bench } from './servers.ts';
import { runOver, type Contestant, type Run } from './streams/contestant.ts';
import { buildPeer, startPeer } from './streams/peer.ts';
import { load } from './throughput.ts';
import { workload } from './workload.ts';

const command = new Command('bench:against')
  .description('Compares the processor with a peer over the same backlog.')
  .addArgument(new Argument('[peer]', 'whom to compare with').choices(['streams']).default('streams'))
  .option('--events <n>', 'events in the backlog', from1, 500_000)
  .option('--customers <n>', 'customers', from1, 50_000)
  .option('--pairs <n>', 'runs of each', from1, 3)
  .option('--commit-ms <n>', 'milliseconds between commits of the peer', from1, 1_000)
  .option('--seed <n>', 'another seed, other events', from1, 1)
  .option('--out <file>', 'where the JSON goes', 'bench-results/against-streams.json')
  .option('--json', 'print JSON instead of text', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npx tidemark bench against\n  npx tidemark bench against --events 1000000 --pairs 1\n',
  )
  .parse();
const options = command.opts<{
  events: number;
  customers: number;
  pairs: number;
  commitMs: number;
  seed: number;
  out: string;
  json: boolean;
}>();

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const stepMs = 20;
const from = Date.now() - options.events * stepMs;

say('fetching and compiling the peer …');
const peer = await buildPeer();
const sides = { ours: startOurs, streams: (bench: Bench) => startPeer(bench, peer, options.commitMs) };
type Side = keyof typeof sides;

const pairs: Record<Side, Run>[] = [];
try {
  for (let index = 0; index < options.pairs; index++) {
    const order: readonly Side[] = index % 2 === 0 ? ['ours', 'streams'] : ['streams', 'ours'];
    const runs: Partial<Record<Side, Run>> = {};
    for (const side of order) {
      say(`pair ${index + 1} of ${options.pairs}: ${side} …`);
      runs[side] = await fresh(side);
      if (!options.json) process.stdout.write(`${lineOf(side, runs[side])}\n`);
    }
    pairs.push(runs as Record<Side, Run>);
  }
} finally {
  await peer.remove();
}
const ratios = {
  cold: medianRatio(({ cold }) => cold),
  warm: medianRatio(({ warm }) => warm),
  brokerCpu: medianRatio(({ brokerUsPerEvent }) => brokerUsPerEvent),
  memory: medianRatio(({ residentMbMax }) => residentMbMax),
};
const results = { options, pairs, ratios };
await mkdir(dirname(options.out), { recursive: true });
await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(
  options.json
    ? `${JSON.stringify(results)}\n`
    : `\nours to streams, medians of ${pairs.length}: events per CPU second ${ratios.cold.toFixed(2)} cold, ` +
        `${ratios.warm.toFixed(2)} in the second half · broker CPU ${ratios.brokerCpu.toFixed(2)} · memory ${ratios.memory.toFixed(2)}\n`,
);

/** A run on servers of its own. */
async function fresh(side: Side): Promise<Run> {
  const bench = await startBench(partitionsDefault, 'full');
  try {
    const { events, customers, seed } = options;
    const backlog = await load(bench, workload({ events, customers, seed, from, stepMs }));
    return await runOver(bench, backlog, () => sides[side](bench));
  } finally {
    await bench.close();
  }
}

async function startOurs(bench: Bench): Promise<Contestant> {
  const processor = await bench.start('processor');
  const { pid, exited } = processor.child;
  return {
    pid,
    exited,
    counted: async () => (await measured(processor, 'tidemark_processor_records_total'))[0] ?? 0,
    stop: () => processor.child.stop(),
  };
}

function lineOf(side: Side, run: Run): string {
  return (
    `${side.padEnd(8)} ${Math.round(run.cold)} events per CPU second cold, ${Math.round(run.warm)} in the second half · ` +
    `broker ${run.brokerUsPerEvent.toFixed(1)} us/event · ${Math.round(run.residentMbMax)} MB · ${run.seconds.toFixed(1)} s\n` +
    `         ${othersLine(run.usage)}`
  );
}

function medianRatio(value: (run: Run) => number): number {
  const sorted = pairs.map(({ ours, streams }) => value(ours) / value(streams)).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
