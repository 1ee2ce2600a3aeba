/**
 * `npx tidemark recount` counts everything anew, in a generation of its own beside the one that serves. See
 * docs/decisions/recount.md.
 *
 * **Delivery guarantee**: each event of the history and each record that arrives is in the new generation once: what is
 * published and how far it is are one transaction. **Back pressure**: at most some thousand records are in memory for each
 * partition, and `RECOUNT_RATE` limits the history.
 */
import { Command } from 'commander';
import { parseCount } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { note, type Output, print, printDone, printJson } from '@tidemark/command/output';
import { working } from '@tidemark/command/work';
import type { ClickHouseClient } from '@clickhouse/client';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { plainDatabases } from '@tidemark/clickhouse/databases';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { Failure } from '@tidemark/service/failures';
import { createLog, type Log } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { databasesOf } from '@tidemark/topics/generation';
import { type Comparison, compareViews } from './compare.ts';
import { summed } from './difference.ts';
import { runFeeder } from './feed-service.ts';
import { type Journal, type Made, readJournal } from './journal.ts';
import { prepare } from './prepare.ts';
import { drop, serve } from './serve.ts';
import { recountSettings, type RecountSettings } from './settings.ts';
import { statusOf } from './status.ts';

const examples = [
  ['npx tidemark recount start --partitions 12', 'make generation 2, with 12 partitions'],
  ['npx tidemark recount start --no-audit', 'after ClickHouse was lost: the counts of receipt begin anew'],
  ['npx tidemark recount feed 2', 'fill it, and go on with what arrives; run it as a service'],
  ['GENERATION=2 STATE_DIR=/var/lib/tidemark-g2 npm run start:processor', 'with the new settings'],
  ['GENERATION=2 npm run start:sink', ''],
  ['npx tidemark recount status 2 --json', 'how far it is'],
  ['npx tidemark recount compare 2', 'which numbers differ, by view and period, and why'],
  ['npx tidemark recount promote 2', 'show it: all views, live figures and alerts'],
  ['npx tidemark recount rollback', 'show the one before again'],
  ['npx tidemark recount drop 1', 'delete the other one, once its services are stopped'],
] as const;

/** Records that a generation may be behind when it is to serve: about a second's. */
const behindMax = 1_000;

type Tools = { readonly settings: RecountSettings; readonly client: KafkaClient; readonly log: Log };

function madeIn(journal: Journal, generation: number): Made {
  const made = journal.made.get(generation);
  if (made !== undefined) return made;
  const known = [...journal.made.keys()].join(', ');
  throw new Failure(
    'settings.invalid',
    `there is no generation ${generation}; recounts have made: ${known === '' ? 'none' : known}`,
  );
}

/** Runs a command with a client of Kafka. */
function command<Arguments extends readonly unknown[]>(
  work: (tools: Tools, ...args: Arguments) => Promise<void>,
): (...args: Arguments) => Promise<void> {
  return working(async (...args: Arguments) => {
    const settings = readSettings(recountSettings, process.env);
    const log = createLog('recount', settings.LOG_LEVEL);
    await work({ settings, log, client: openKafka(settings, log) }, ...args);
  });
}

async function start(
  { settings, client, clickhouse }: Tools & { readonly clickhouse: ClickHouseClient },
  { partitions, audit, json }: Output & { readonly partitions?: number; readonly audit: boolean },
): Promise<void> {
  const made = await prepare({
    client,
    clickhouse,
    application: settings.APPLICATION_ID,
    sinkGroup: settings.SINK_GROUP,
    directory: settings.RECOUNT_DIR,
    purpose: 'recount',
    partitions,
    retentionMs: settings.TOPIC_RETENTION,
    choices: settings,
    withAudit: audit,
    now: Date.now,
    report: note,
  });
  if (json) return printJson(made);
  print(
    `Generation ${made.number} is made, with ${made.partitions} partitions. Now run, beside what serves:`,
  );
  print(`  npx tidemark recount feed ${made.number}`);
  print(
    `  GENERATION=${made.number} npm run start:processor   with the new settings, and a STATE_DIR of its own`,
  );
  print(`  GENERATION=${made.number} npm run start:sink`);
}

async function feedGeneration({ settings, client, log }: Tools, generation: number): Promise<void> {
  const journal = await readJournal(client);
  const made = madeIn(journal, generation);
  if (!made.isReady)
    throw new Failure(
      'settings.invalid',
      `generation ${generation} is not made yet: run \`recount start\` again`,
    );
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
  await runFeeder({ settings, client, log, journal, made, report: note }, ending.signal);
}

async function status({ settings, client }: Tools, generation: number, { json }: Output): Promise<void> {
  const groups = { application: settings.APPLICATION_ID, sinkGroup: settings.SINK_GROUP };
  const found = await statusOf(client, madeIn(await readJournal(client), generation), groups);
  if (json) return printJson(found);
  for (const [name, value] of Object.entries(found)) print(`${name}: ${value}`);
}

/** Runs a command that needs ClickHouse too. */
function withClickHouse<Arguments extends readonly unknown[]>(
  work: (tools: Tools & { readonly clickhouse: ClickHouseClient }, ...args: Arguments) => Promise<void>,
): (...args: Arguments) => Promise<void> {
  return command(async (tools: Tools, ...args: Arguments) => {
    const clickhouse = connectClickHouse(tools.settings, { requestTimeoutMs: 600_000 });
    try {
      await work({ ...tools, clickhouse }, ...args);
    } finally {
      await clickhouse.close();
    }
  });
}

async function compare(
  { settings, client, clickhouse }: Tools & { readonly clickhouse: ClickHouseClient },
  generation: number,
  { view, json }: Output & { readonly view?: string },
): Promise<void> {
  const journal = await readJournal(client);
  const found = await compareViews(clickhouse, {
    before: { views: plainDatabases.views, store: databasesOf(journal.serving.generation).store },
    after: databasesOf(madeIn(journal, generation).number),
    settings,
    now: Date.now(),
    only: view,
  });
  if (json) printJson(found);
  else showComparison(found);
}

function showComparison({ definitions, views }: Comparison): void {
  for (const { definition, kinds } of definitions) {
    print(`${definition} counts otherwise:`);
    for (const { kind, days, from, to, examples } of kinds) {
      print(
        `  ${kind}: on ${days} days, from ${from} to ${to}. Facts that come (count above 0) and go, for example:`,
      );
      for (const example of examples) print(`    ${JSON.stringify(example)}`);
    }
  }
  if (views.length === 0) print('No number differs.');
  for (const { view, cells, isCut } of views) {
    print(`${view}${isCut ? ', the first rows that differ' : ''}`);
    for (const { period, column, cells: count, difference, causes } of summed(cells)) {
      const parts = Object.entries(causes).map(([cause, change]) => `${cause} ${change}`);
      print(
        `  ${period === '' ? '' : `${period}  `}${column}: ${count} cells, ${difference} = ${parts.join(', ')}`,
      );
    }
  }
}

async function promote(
  { settings, client, clickhouse }: Tools & { readonly clickhouse: ClickHouseClient },
  generation: number,
  output: Output,
): Promise<void> {
  const journal = await readJournal(client);
  const groups = { application: settings.APPLICATION_ID, sinkGroup: settings.SINK_GROUP };
  const state = await statusOf(client, madeIn(journal, generation), groups);
  const behind = state.feeder_behind + state.processor_behind + state.sink_behind;
  if (!state.history_fed || behind > behindMax)
    throw new Failure(
      'settings.invalid',
      `generation ${generation} is not far enough: ${state.history_fed ? `${behind} records behind` : 'histories are missing'}; see \`recount status ${generation}\``,
    );
  await serve({ client, clickhouse }, journal.serving, generation);
  printDone(
    output,
    { serving: generation, before: journal.serving.generation },
    `Generation ${generation} serves. \`npx tidemark recount rollback\` shows generation ${journal.serving.generation} again.`,
  );
}

async function rollback(
  { client, clickhouse }: Tools & { readonly clickhouse: ClickHouseClient },
  output: Output,
): Promise<void> {
  const { serving, made } = await readJournal(client);
  if (serving.before === serving.generation || (serving.before !== 1 && !made.has(serving.before)))
    throw new Failure('settings.invalid', 'there is no generation that served before');
  await serve({ client, clickhouse }, serving, serving.before);
  const done = { serving: serving.before, before: serving.generation };
  printDone(output, done, `Generation ${serving.before} serves again.`);
}

async function dropGeneration(
  { settings, client, clickhouse }: Tools & { readonly clickhouse: ClickHouseClient },
  generation: number,
  output: Output,
): Promise<void> {
  const { serving } = await readJournal(client);
  const groups = { application: settings.APPLICATION_ID, sinkGroup: settings.SINK_GROUP };
  await drop({ client, clickhouse }, serving, generation, groups);
  printDone(output, { dropped: generation }, `Generation ${generation} is gone.`);
}

/** The command `recount`. */
export function recountCommand(): Command {
  const program = withHelp(
    new Command('recount').description(
      'count everything anew, in a generation of its own beside the one that serves',
    ),
    { examples, settings: recountSettings },
  );
  program
    .command('start')
    .description('make the next generation: its topics, and the cut')
    .option(
      '--partitions <n>',
      'partitions of its topics; those of the generation before when left out',
      parseCount,
    )
    .option('--no-audit', 'without the counts of receipt of before, when ClickHouse has lost them')
    .option('--json', 'for scripts', false)
    .action(withClickHouse(start));
  program
    .command('feed')
    .description('fill a generation with the histories, then with what arrives, until it is stopped')
    .argument('<generation>', 'its number', parseCount)
    .action(command(feedGeneration));
  program
    .command('status')
    .description('show how far a generation is')
    .argument('<generation>', 'its number', parseCount)
    .option('--json', 'for scripts', false)
    .action(command(status));
  program
    .command('compare')
    .description('show which numbers differ from those that serve, by view and period, and why')
    .argument('<generation>', 'its number', parseCount)
    .option('--view <name>', 'of this view alone')
    .option('--json', 'for scripts: every cell', false)
    .action(withClickHouse(compare));
  program
    .command('promote')
    .description('let a generation serve: all views at one instant, then live figures and alerts')
    .argument('<generation>', 'its number', parseCount)
    .option('--json', 'for scripts', false)
    .action(withClickHouse(promote));
  program
    .command('rollback')
    .description('let the generation serve that did before')
    .option('--json', 'for scripts', false)
    .action(withClickHouse(rollback));
  program
    .command('drop')
    .description('delete a generation that does not serve; its services must be stopped')
    .argument('<generation>', 'its number', parseCount)
    .option('--json', 'for scripts', false)
    .action(withClickHouse(dropGeneration));
  return program;
}
