import type { ClickHouseClient } from '@clickhouse/client';
import { Argument, Command, Option } from 'commander';
import { clickHouseFailure, rowsOf } from '@tidemark/clickhouse/client';
import { parseCount, parseTime } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { CommandError, exitCodes, working } from '@tidemark/command/work';
import { print, tableOf } from '@tidemark/command/output';
import { connectReader, readerSettings } from './reader.ts';
import { type Column, isViewName, type Statement, statementOf } from './statement.ts';

const formats = {
  table: 'PrettyCompactNoEscapes',
  json: 'JSONEachRow',
  csv: 'CSVWithNames',
  tsv: 'TSVWithNames',
} as const;
type Format = keyof typeof formats;

/** Characters that names must have in common to be alike, and how many of them are named. */
const [alikeMin, alikeShown] = [3, 5];
/** SQL that says itself how it is printed. */
const hasFormat = /\bFORMAT\s+\w+$/i;

type Options = {
  readonly period?: string;
  readonly asOf?: number;
  readonly limit: number;
  readonly format: Format;
  readonly json: boolean;
  readonly list: boolean;
};

async function query(asked: string | undefined, options: Options): Promise<void> {
  const client = connectReader(process.env, { database: 'tidemark' });
  try {
    if (options.list) return await listViews(client, options);
    if (asked === undefined)
      throw new CommandError(exitCodes.usage, 'Name a view or give SQL; --list shows the views.');
    const statement = isViewName(asked) ? await ofView(client, asked, options) : ofText(asked, options);
    await run(client, statement, options.json ? 'json' : options.format);
  } finally {
    await client.close();
  }
}

function ofText(query: string, { period, asOf }: Options): Statement {
  if (period === undefined && asOf === undefined) return { query, parameters: {} };
  throw new CommandError(exitCodes.usage, '--period and --as-of go with the name of a view, not with SQL.');
}

async function ofView(client: ClickHouseClient, view: string, options: Options): Promise<Statement> {
  const columns = await rowsOf<Column>(
    client,
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'tidemark' AND table_name = {view:String} ORDER BY ordinal_position`,
    { view },
  );
  if (columns.length > 0) return statementOf({ ...options, view }, columns);
  const names = (await viewsOf(client)).map(({ view: name }) => name);
  const alike = alikeOf(view, names);
  const choice = alike.length === 0 ? '' : ` Alike are ${alike.join(', ')}.`;
  throw new CommandError(exitCodes.failed, `There is no view ${view}; --list shows all.${choice}`);
}

/** Names that begin as the given one does, those first that have more in common. */
function alikeOf(given: string, names: readonly string[]): readonly string[] {
  const commonOf = (name: string): number => {
    let common = 0;
    while (common < given.length && given[common] === name[common]) common++;
    return common;
  };
  return names
    .filter((name) => commonOf(name) >= alikeMin)
    .toSorted((a, b) => commonOf(b) - commonOf(a))
    .slice(0, alikeShown);
}

async function run(
  client: ClickHouseClient,
  { query, parameters }: Statement,
  format: Format,
): Promise<void> {
  const asked = query.trim().replace(/;$/, '').trim();
  const { stream } = await client
    .exec({
      query: hasFormat.test(asked) ? asked : `${asked} FORMAT ${formats[format]}`,
      query_params: parameters,
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        output_format_pretty_row_numbers: 0,
      },
    })
    .catch((error: unknown) => {
      throw clickHouseFailure(error, 'the query');
    });
  for await (const chunk of stream) process.stdout.write(chunk as Buffer);
}

async function viewsOf(client: ClickHouseClient): Promise<{ view: string; meaning: string }[]> {
  return rowsOf(
    client,
    `SELECT table_name AS view, table_comment AS meaning FROM information_schema.tables
     WHERE table_schema = 'tidemark' AND NOT match(table_name, '_(as_of|restated)$') ORDER BY view`,
  );
}

async function listViews(client: ClickHouseClient, { json }: Options): Promise<void> {
  const views = await viewsOf(client);
  if (json) for (const view of views) print(JSON.stringify(view));
  else
    print(
      tableOf(
        ['view', 'meaning'],
        views.map(({ view, meaning }) => [view, meaning]),
      ),
    );
}

/** The command `query`. */
export function queryCommand(): Command {
  return withHelp(new Command('query').description('read a view, or run SQL, as the BI user'), {
    examples: [
      ['npx tidemark query mrr_daily', 'the newest rows of a view'],
      ['npx tidemark query mrr_monthly --period 2026-01..2026-06 --format csv', 'a period'],
      ['npx tidemark query mrr_daily --as-of 2026-01-31T12:00:00Z', 'as it was known then'],
      ['npx tidemark query --list', 'all views with their meaning: docs/metrics/README.md'],
      ["npx tidemark query 'SELECT count() FROM mrr_movements' --json", 'any SQL over the views'],
    ],
    about:
      'SQL may name views without their database. After `tidemark start` the password is found by itself.',
    settings: readerSettings,
  })
    .addArgument(new Argument('[view or SQL]', 'a view of the database tidemark, or a SELECT'))
    .option('--period <period>', 'days, months or years: 2026, 2026-01, 2026-01-15, 2026-01..2026-03')
    .option('--as-of <time>', 'the view as it was known then', parseTime)
    .option('--limit <n>', 'rows of a view at most', parseCount, 100)
    .addOption(new Option('--format <format>', 'how to print').choices(Object.keys(formats)).default('table'))
    .option('--json', 'for scripts: one object a line', false)
    .option('--list', 'list the views', false)
    .action(working(query));
}
