import { Command, InvalidArgumentError } from 'commander';
import type { ChangedCell } from '@tidemark/clickhouse/attribution';
import { clickHouseSettings, connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { restatements, settledAfterMs } from '@tidemark/clickhouse/restatements';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { withHelp } from '@tidemark/command/help';
import { print, printJson } from '@tidemark/command/output';
import { working } from '@tidemark/command/work';
import { readSettings } from '@tidemark/service/settings';

const settings = { ...clickHouseSettings, REPORTING_TIMEZONE: viewSettings.REPORTING_TIMEZONE };

type Options = {
  readonly since: number;
  readonly until?: number;
  readonly from?: string;
  readonly to?: string;
  readonly json: boolean;
};

function parseInstant(given: string): number {
  const at = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('Expected an instant such as 2026-05-01T00:00:00Z.');
}

function parseDay(given: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(given) && !Number.isNaN(Date.parse(given))) return given;
  throw new InvalidArgumentError('Expected a day such as 2026-05-01.');
}

function lineOf({ key, column, before, after, difference, causes, formula }: ChangedCell): string {
  const row = Object.values(key).join(' ');
  const parts = Object.entries(causes).map(([cause, change]) => `${cause} ${change}`);
  const what = formula === undefined ? column : `${column} (${formula})`;
  return `${row}  ${what}: ${before ?? 'none'} -> ${after ?? 'none'}, ${difference} = ${parts.join(', ')}`;
}

async function show(
  view: string,
  { since, until = Date.now() - settledAfterMs, from, to, json }: Options,
): Promise<void> {
  const values = readSettings(settings, process.env);
  const client = connectClickHouse(values);
  try {
    const days =
      from === undefined && to === undefined
        ? undefined
        : { from: from ?? '1980-01-01', to: to ?? '2148-12-31', zone: values.REPORTING_TIMEZONE };
    const cells = await restatements((query, parameters) => rowsOf(client, query, parameters), {
      view,
      since,
      until,
      days,
    });
    if (json) return printJson(cells);
    if (cells.length === 0) return print('Nothing changed.');
    for (const cell of cells) print(lineOf(cell));
  } finally {
    await client.close();
  }
}

/** The command `restatements`. */
export function restatementsCommand(): Command {
  return withHelp(
    new Command('restatements').description('show what changed in a view between two instants, and why'),
    {
      examples: [
        ['npx tidemark restatements mrr_daily --since 2026-06-01T00:00:00Z', 'until a minute ago'],
        [
          'npx tidemark restatements sales_monthly --since 2026-06-01T00:00:00Z --from 2026-05-01 --to 2026-05-31',
          'of one month alone',
        ],
        [
          'npx tidemark restatements churn_daily --since 2026-06-01T00:00:00Z --until 2026-06-08T00:00:00Z --json',
          'for scripts',
        ],
      ],
      about:
        'A cell that changed has a line: its row, its column, what it was and what it is, the difference, and what each cause\nchanged. The causes add up to the difference. They are applied in this order: time, arrived, late, corrected, voided, rate,\ndefinition, unknown; docs/decisions/restatements.md says what they are.',
      settings,
    },
  )
    .argument('<view>', 'the name of a view')
    .requiredOption('--since <instant>', 'what was known then is where the change begins', parseInstant)
    .option('--until <instant>', 'a minute ago when left out', parseInstant)
    .option('--from <day>', 'only periods that begin on this day or later', parseDay)
    .option('--to <day>', 'only periods that begin on this day or before', parseDay)
    .option('--json', 'for scripts', false)
    .action(working(show));
}
