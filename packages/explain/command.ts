import { Command } from 'commander';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { instantText } from '@tidemark/clickhouse/instants';
import { servingGeneration } from '@tidemark/clickhouse/serving';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { parseCount, parseTime } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { print, printJson } from '@tidemark/command/output';
import { CommandError, exitCodes, working } from '@tidemark/command/work';
import { readSettings } from '@tidemark/service/settings';
import { answer, type State } from './answer.ts';
import { type AskedCell, cellAsked, pairsOf, WrongQuestion } from './asked.ts';
import { difference } from './difference.ts';
import { eventsCommand } from './events-command.ts';
import { openReader, type Reader } from './reader.ts';
import { answerText, differenceText } from './text.ts';

const settings = { ...clickHouseSettings, ...viewSettings };

type Options = {
  readonly view: string;
  readonly column: string;
  readonly period?: string;
  readonly key: readonly string[];
  readonly knownAt?: number;
  readonly generation?: number;
  readonly operand?: string;
  readonly part: readonly string[];
  readonly againstPeriod?: string;
  readonly againstKnownAt?: number;
  readonly againstGeneration?: number;
  readonly limit: number;
  readonly json: boolean;
};

type Asked = Options & { readonly generation: number };

const collect = (given: string, before: readonly string[]): readonly string[] => [...before, given];

const examples = [
  ['npx tidemark explain --view mrr_monthly --column new --period 2026-10 --key currency=EUR', 'its facts'],
  [
    'npx tidemark explain --view churn_monthly --column churn_rate --period 2026-10',
    'a ratio by its operands',
  ],
  [
    'npx tidemark explain --view churn_daily --column customers_lost --period 2026-10-05 --against-period 2026-10-04',
    'what came and went',
  ],
  [
    'npx tidemark explain --view sales_daily --column buyers --period 2026-10-05 --key currency=EUR --part customer_id=c-17',
    'the facts of one part',
  ],
  ['npx tidemark explain events --family subscription --entity c-17', 'the events behind the facts'],
] as const;

/** The command `explain`: what is behind a figure, and the events behind facts. It writes nothing. */
export function explainCommand(): Command {
  return (
    withHelp(
      new Command('explain').description(
        'what is behind a figure: the facts that add up to it, or what came and went between two',
      ),
      {
        examples,
        about:
          'Ends with 1 when the parts do not come to the figure. GET /v1/explain/figures lists all views and keys.',
        settings,
      },
    )
      // What stands behind a subcommand is its own.
      .enablePositionalOptions()
      .option('--view <name>', 'a view, such as mrr_monthly', '')
      .option('--column <name>', 'one of its figures, such as new', '')
      .option(
        '--period <period>',
        '2026-10 for a month, 2026-10-05 for a day or a week, 2026-10-05T14 for an hour',
      )
      .option('--key <column=value>', 'another column of the key; once for each', collect, [])
      .option('--known-at <time>', 'as it was known then', parseTime)
      .option(
        '--generation <n>',
        'the generation of the counts; the one that serves when left out',
        parseCount,
      )
      .option('--operand <name>', 'list the parts of this operand of a formula')
      .option('--part <name=value>', 'list the facts of this part; once for each of its names', collect, [])
      .option('--against-period <period>', 'the difference to this period')
      .option('--against-known-at <time>', 'the difference to what was known then', parseTime)
      .option('--against-generation <n>', 'the difference to this generation', parseCount)
      .option('--limit <n>', 'parts listed, the largest first', parseCount, 20)
      .option('--json', 'print JSON', false)
      .action(working(run))
      .addCommand(eventsCommand())
  );
}

async function run(options: Options): Promise<void> {
  const given = readSettings(settings, process.env);
  // What is wrong with the question needs no server.
  try {
    cellAsked(options.view, options.column, options.period, options.key);
  } catch (error) {
    throw usageOf(error);
  }
  const client = connectClickHouse(given);
  try {
    const reader = openReader(client, given);
    const generation = options.generation ?? (await servingGeneration(client));
    const ask = isComparison(options) ? compare : explain;
    await ask({ ...options, generation }, reader);
  } catch (error) {
    throw usageOf(error);
  } finally {
    await client.close();
  }
}

function usageOf(error: unknown): unknown {
  return error instanceof WrongQuestion ? new CommandError(exitCodes.usage, error.message) : error;
}

function isComparison({ againstPeriod, againstKnownAt, againstGeneration }: Options): boolean {
  return againstPeriod !== undefined || againstKnownAt !== undefined || againstGeneration !== undefined;
}

function sideOf(
  { view, column, key }: Options,
  period: string | undefined,
  generation: number,
  knownAt: number | undefined,
): State & { readonly cell: AskedCell } {
  return {
    cell: cellAsked(view, column, period, key),
    generation,
    ...(knownAt === undefined ? {} : { knownAt: instantText(knownAt) }),
  };
}

async function explain(options: Asked, reader: Reader): Promise<void> {
  const { period, generation, knownAt, operand, part, limit, json } = options;
  const found = await answer(reader, {
    ...sideOf(options, period, generation, knownAt),
    ...(operand === undefined ? {} : { operand }),
    ...(part.length === 0 ? {} : { part: pairsOf(part) }),
    limit,
    now: Date.now(),
  });
  if (json) printJson(found);
  else print(answerText(found));
  if (!found.is_equal) process.exitCode = exitCodes.failed;
}

async function compare(options: Asked, reader: Reader): Promise<void> {
  const { period, generation, knownAt, operand, limit, json } = options;
  const { againstPeriod = period, againstKnownAt = knownAt, againstGeneration = generation } = options;
  const found = await difference(reader, {
    before: sideOf(options, againstPeriod, againstGeneration, againstKnownAt),
    after: sideOf(options, period, generation, knownAt),
    ...(operand === undefined ? {} : { operand }),
    limit,
    now: Date.now(),
  });
  if (json) printJson(found);
  else print(differenceText(found));
}
