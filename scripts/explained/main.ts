/**
 * Figures of all views of a generated year, each compared with what its explanation comes to: `npm run test:explain`. It also
 * says how long an explanation takes.
 */
import { Command } from 'commander';
import { type Bench, convergenceBench } from '../../test/convergence/bench.ts';
import { type Compared, differenceFaults, unequalCells } from '../../test/convergence/explained.ts';
import { counted } from '../../test/convergence/pipeline.ts';
import { from1 } from '../bench/numbers.ts';
import { stand, year } from '../year/world.ts';

const options = new Command('test:explain')
  .description(
    'Counts a generated year, draws figures from all views, and compares each with the facts behind it. So it does with\n' +
      'differences: of two rows, and of one at two instants. Ends with 1 when the parts of one do not come to it.',
  )
  .option('--cells <n>', 'figures, as many of each view', from1, 10_000)
  .option('--differences <n>', 'differences of two figures', from1, 500)
  .option('--customers <n>', 'customers', from1, 5_000)
  .option('--seed <n>', 'another seed, other figures', from1, 1)
  .option('--counted', 'the year is in the ClickHouse of CLICKHOUSE_URL, from a run before', false)
  .option('--json', 'print JSON instead of text', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run test:explain\n  npm run test:explain -- --cells 300 --customers 200 --seed 7\n  npm run --silent test:explain -- --json\n',
  )
  .parse()
  .opts<{
    cells: number;
    differences: number;
    customers: number;
    seed: number;
    counted: boolean;
    json: boolean;
  }>();

const yearSeed = 1;
const arrivalsPerYear = 60;
const arrivalsPerInsert = 5;
const sayEvery = 100;
const slowestShown = 10;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function countTheYear(bench: Bench): Promise<readonly number[]> {
  await bench.stand(stand.zone, stand.now);
  const arrivals = year(yearSeed, options.customers, arrivalsPerYear);
  if (!options.counted) {
    await bench.empty();
    say(`A year of ${options.customers} customers: counting …`);
    const recorded = counted(arrivals);
    for (let i = 0; i < recorded.length; i += arrivalsPerInsert)
      await bench.put(recorded.slice(i, i + arrivalsPerInsert));
  }
  return arrivals.slice(arrivalsPerInsert).map(({ clock }) => clock);
}

/** Quantiles of how long they took, and the views that took longest. */
function timesOf(times: Compared['times']) {
  const quantile = (some: Compared['times'], level: number): number => {
    const sorted = some.map(({ ms }) => ms).toSorted((a, b) => a - b);
    return Math.round(sorted[Math.floor(sorted.length * level)] ?? 0);
  };
  const slowest = [...Map.groupBy(times, ({ view }) => view)]
    .map(([view, some]) => ({ view, median_ms: quantile(some, 0.5) }))
    .toSorted((a, b) => b.median_ms - a.median_ms)
    .slice(0, slowestShown);
  return {
    median_ms: quantile(times, 0.5),
    p95_ms: quantile(times, 0.95),
    p99_ms: quantile(times, 0.99),
    slowest,
  };
}

function print(what: string, count: number, wrong: number, times: ReturnType<typeof timesOf>): void {
  const { median_ms: median, p95_ms: p95, p99_ms: p99, slowest } = times;
  const lines = slowest.map(({ view, median_ms: ms }) => `  ${view}: median ${ms} ms`);
  process.stdout.write(
    `${count} ${what}, ${wrong} wrong; median ${median} ms, p95 ${p95} ms, p99 ${p99} ms; slowest\n${lines.join('\n')}\n`,
  );
}

const bench = await convergenceBench();
try {
  const { seed, customers, cells: wanted, differences: pairs } = options;
  const instants = await countTheYear(bench);
  say('The facts are in: explaining …');
  const { cells, unequal, times } = await unequalCells(bench, {
    now: stand.now,
    cells: wanted,
    seed,
    onCell: (done, all, fault) => {
      if (fault !== undefined) say(fault);
      if (done % sayEvery === 0) say(`${done} of ${all}`);
    },
  });
  const figures = timesOf(times);
  if (!options.json) print('figures', cells, unequal.length, figures);
  say('… and differences:');
  const found = await differenceFaults(bench, { now: stand.now, pairs, seed, instants });
  for (const fault of found.faults) say(fault);
  const differences = timesOf(found.times);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({
        seed,
        customers,
        figures: { count: cells, wrong: unequal.length, ...figures },
        differences: { count: found.compared, wrong: found.faults.length, ...differences },
      })}\n`,
    );
  else print('differences', found.compared, found.faults.length, differences);
  if (unequal.length + found.faults.length > 0) process.exitCode = 1;
} finally {
  await bench.close();
}
