/**
 * A year of customers through the definitions into a real ClickHouse: `npm run year`. Every view is compared with
 * a batch answer that shares no code with the pipeline, and then timed as a BI user reads it.
 */
import { Command } from 'commander';
import { type Bench, convergenceBench } from '../../test/convergence/bench.ts';
import { type Arrival, counted } from '../../test/convergence/pipeline.ts';
import { type Views, compareRows, expectedViews, oracle, settingsAt } from '@tidemark/metrics/index.oracle';
import { from1 } from '../bench/numbers.ts';
import { multiply } from './multiply.ts';
import { stand, year } from './world.ts';

const options = new Command('year')
  .description(
    'Counts a generated year of customers in five currencies, compares every view with the batch answer and times it.\n' +
      'Ends with 1 when a view differs.',
  )
  .option('--customers <n>', 'customers', from1, 5_000)
  .option('--seed <n>', 'another seed, another year', from1, 1)
  .option('--reads <n>', 'reads of each view; the median counts', from1, 5)
  .option(
    '--times <n>',
    'multiply the customers by this number before timing; the views are not compared',
    from1,
    1,
  )
  .option('--views <names>', 'only these views, separated by commas')
  .option('--json', 'print JSON instead of a table', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run year\n  npm run year -- --customers 500 --seed 7\n' +
      '  npm run year -- --customers 500 --times 20 --reads 1 --views clv_monthly,mrr_daily\n  npm run --silent year -- --json > year.json\n',
  )
  .parse()
  .opts<{ customers: number; seed: number; reads: number; times: number; views?: string; json: boolean }>();

/** Between the first and the last of these the year arrives; each is a batch, as a busy processor would have. */
const arrivalsPerYear = 60;
const arrivalsPerInsert = 5;

type Line = {
  readonly view: string;
  readonly rows: number;
  /** Whether it equals the batch answer; null for a view without one. */
  readonly equal: boolean | null;
  readonly differences: string;
  readonly median_ms: number;
  /** The shortest time: that of a machine without other load. */
  readonly best_ms: number;
  /** Rows of tables that ClickHouse went through. */
  readonly read_rows: number;
};

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The expected rows of a view; undefined when there is no independent answer. */
function expectedOf(view: string, answer: Views | null): Views[string] | undefined {
  // Empty when right.
  if (view === 'audit_imbalances') return [];
  return answer?.[view.replace(/_as_of$/, '')];
}

async function lineOf(on: Bench, view: string, answer: Views | null): Promise<Line> {
  const asOf = view.endsWith('_as_of') ? { knownAt: stand.now } : {};
  const expected = expectedOf(view, answer);
  const comparison = expectedViews[view.replace(/_as_of$/, '')] ?? { key: [] };
  const differences =
    expected === undefined ? '' : compareRows(expected, await on.read(view, asOf), comparison);
  const reads = [];
  for (let i = 0; i < options.reads; i++) reads.push(await on.timed(view, asOf));
  reads.sort((a, b) => a.ms - b.ms);
  const middle = reads[Math.floor(reads.length / 2)];
  return {
    view,
    rows: middle?.rows ?? 0,
    equal: expected === undefined ? null : differences === '',
    differences,
    median_ms: Math.round(middle?.ms ?? 0),
    best_ms: Math.round(reads[0]?.ms ?? 0),
    read_rows: middle?.readRows ?? 0,
  };
}

async function fill(on: Bench, arrivals: readonly Arrival[]): Promise<number> {
  await on.stand(stand.zone, stand.now);
  await on.empty();
  const recorded = counted(arrivals);
  for (let i = 0; i < recorded.length; i += arrivalsPerInsert)
    await on.put(recorded.slice(i, i + arrivalsPerInsert));
  return recorded.reduce((sum, { facts }) => sum + facts.length, 0);
}

function print(lines: readonly Line[]): void {
  const equal = (line: Line): string => (line.equal === null ? '–' : line.equal ? 'yes' : 'NO');
  const table = [
    ['view', 'rows', 'equal?', 'median ms', 'best ms', 'read rows'],
    ...lines.map((line) =>
      [line.view, line.rows, equal(line), line.median_ms, line.best_ms, line.read_rows].map(String),
    ),
  ];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of table) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    process.stdout.write(`${cells.join('  ')}\n`);
  }
  for (const { view, differences } of lines)
    if (differences !== '') process.stdout.write(`\n${view}: ${differences}\n`);
}

async function linesOf(on: Bench, answer: Views | null): Promise<Line[]> {
  const wanted = options.views?.split(',');
  const there = await on.views();
  const unknown = wanted?.find((view) => !there.has(view));
  if (unknown !== undefined)
    throw new Error(`--views: ${unknown} is no view; there are ${[...there].join(', ')}`);
  const views = (wanted ?? [...there].filter((view) => !view.endsWith('_restated'))).toSorted();
  const lines: Line[] = [];
  for (const [i, view] of views.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${i + 1} of ${views.length}: ${view}`);
    lines.push(await lineOf(on, view, answer));
  }
  if (process.stderr.isTTY) say('');
  return lines.toSorted((a, b) => b.median_ms - a.median_ms);
}

const bench = await convergenceBench();
try {
  const { seed, customers, times } = options;
  const arrivals = year(seed, customers, arrivalsPerYear);
  const events = arrivals.flatMap((arrival) => arrival.events);
  say(`${events.length} events of ${customers} customers: counting …`);
  const facts = await fill(bench, arrivals);
  if (times > 1) await multiply(bench, times);
  say(`${facts} facts are in${times > 1 ? `, ${times} times` : ''}: the views …`);
  const answer = times > 1 ? null : oracle(events, settingsAt(stand.now, { zone: stand.zone }));
  const views = await linesOf(bench, answer);
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ seed, customers, times, events: events.length, facts, views })}\n`,
    );
  else print(views);
  if (views.some((line) => line.equal === false)) process.exitCode = 1;
} finally {
  await bench.close();
}
