/**
 * What the system costs at a steady rate: `npx tidemark bench load`. It starts everything that `npx tidemark start` starts, and for each rate
 * prints, after warming up, CPU by process, work by kind, latency, growth and memory; beside each figure stands what others
 * had of the machine meanwhile. With `--minutes` it looks for trends over a longer time instead.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { partitionsDefault } from '@tidemark/topics/topics';
import { measureRate, type RateFigures } from './load/measure.ts';
import { rateReport } from './load/report.ts';
import { withRig } from './load/rig.ts';
import { soak } from './load/soak.ts';
import { soakPicture } from './load/soak-picture.ts';
import { soakReport } from './load/soak-report.ts';
import { from0, from1, rates } from './numbers.ts';
import { workload } from './workload.ts';

const options = new Command('bench:load')
  .description(
    'Measures what the whole system costs at steady rates, or over a longer time, on this machine.',
  )
  .option('--rate <list>', 'events a second, one rate or several', rates, [0, 50, 2_000, 5_000])
  .option('--seconds <n>', 'how long the cost of each rate is measured', from1, 60)
  .option('--warm-up <n>', 'seconds before, at the same rate', from0, 30)
  .option('--probe-seconds <n>', 'seconds after, in which probes measure latency', from1, 30)
  .option(
    '--readers <n>',
    'greedy queries of the BI user at once, beside which latency is measured again',
    from0,
    0,
  )
  .option('--slice <n>', 'seconds of a slice', from1, 10)
  .option('--minutes <n>', 'look for trends over so many minutes at the first rate, instead', from1)
  .option('--partitions <n>', 'partitions of each topic', from1, partitionsDefault)
  .option('--customers <n>', 'customers', from1, 50_000)
  .option('--seed <n>', 'another seed, other events', from1, 1)
  .option(
    '--out <file>',
    'where the JSON goes; the picture of --minutes beside it',
    'bench-results/load.json',
  )
  .option('--json', 'print JSON instead of text', false)
  .addHelpText(
    'after',
    `
Settings of the services are taken from the environment.

Examples:
  npx tidemark bench load
  npx tidemark bench load --rate 0 --partitions 32
  npx tidemark bench load --rate 50 --seconds 20 --warm-up 10 --json
  npx tidemark bench load --rate 50 --readers 16
  SINK_BLOCK_INTERVAL=1s npx tidemark bench load --rate 50,2000
  npx tidemark bench load --minutes 30 --rate 2000
`,
  )
  .parse()
  .opts<{
    rate: number[];
    seconds: number;
    warmUp: number;
    probeSeconds: number;
    readers: number;
    slice: number;
    minutes?: number;
    partitions: number;
    customers: number;
    seed: number;
    out: string;
    json: boolean;
  }>();

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const { customers, seed } = options;
const events = workload({ events: Number.MAX_SAFE_INTEGER, customers, seed, from: Date.now(), stepMs: 0 });

say('starting Kafka, ClickHouse and every service …');
await withRig(options.partitions, async (rig) => {
  if (options.minutes === undefined) {
    const figures: RateFigures[] = [];
    const { seconds, warmUp: warmUpSeconds, probeSeconds: latencySeconds, slice, readers } = options;
    const times = { seconds, warmUpSeconds, latencySeconds, sliceSeconds: Math.min(slice, seconds), readers };
    for (const rate of options.rate) {
      const measured = await measureRate(rig, events, rate, times, say);
      figures.push(measured);
      if (!options.json) process.stdout.write(`${rateReport(measured)}\n`);
      await keep(options.out, JSON.stringify({ options, figures }, null, 2));
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ options, figures })}\n`);
    return;
  }
  const rate = options.rate[0]!;
  const samples = await soak(
    rig,
    events,
    { rate, minutes: options.minutes, warmUpSeconds: options.warmUp },
    say,
  );
  await keep(options.out, JSON.stringify({ options, samples }, null, 2));
  const picture = options.out.replace(/(\.json)?$/, '.svg');
  await keep(picture, soakPicture(samples, `${options.minutes} minutes at ${rate} events/s`));
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ options, samples })}\n`
      : `${soakReport(samples)}\npicture: ${picture}\n`,
  );
});

async function keep(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${text}\n`);
}
