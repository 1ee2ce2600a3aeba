/**
 * `npm run restatements` shows what changed in a view between two instants, and why. See docs/decisions/restatements.md.
 *
 * **Delivery guarantee**: none is needed, it only reads. **Back pressure**: none is needed, because a person waits.
 */
import { Command, InvalidArgumentError } from 'commander';
import type { ChangedCell } from '@tidemark/clickhouse/attribution';
import { clickHouseSettings, connectClickHouse, rowsOf } from '@tidemark/clickhouse/client';
import { restatements } from '@tidemark/clickhouse/restatements';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { isFailure } from '@tidemark/service/failures';
import { readSettings, settingsHelp } from '@tidemark/service/settings';

const settings = { ...clickHouseSettings, REPORTING_TIMEZONE: viewSettings.REPORTING_TIMEZONE };

const examples = `
Examples:
  npm run restatements -- sales_monthly --since 2026-06-01T00:00:00Z --from 2026-05-01 --to 2026-05-31
  npm run restatements -- churn_daily --since 2026-06-01T00:00:00Z --until 2026-06-08T00:00:00Z --json

A cell that changed has a line: its row, its column, what it was and what it is, the difference, and what each cause changed.
The causes add up to the difference. They are applied in this order: time, arrived, late, corrected, voided, rate, definition,
unknown; docs/decisions/restatements.md says what they are.

Exit code: 0 done, 1 failed, 2 usage, 3 ClickHouse is not there.

Settings, from the environment:
${settingsHelp(settings)}
`;

/** What was recorded by then is inserted. */
const settledAfterMs = 60_000;

type Options = {
  readonly since: number;
  readonly until?: number;
  readonly from?: string;
  readonly to?: string;
  readonly json: boolean;
};

const out = (line: string): void => void process.stdout.write(`${line}\n`);

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
    if (json) return out(JSON.stringify(cells));
    if (cells.length === 0) return out('Nothing changed.');
    for (const cell of cells) out(lineOf(cell));
  } finally {
    await client.close();
  }
}

const program = new Command('npm run restatements --')
  .description('Shows what changed in a view between two instants, and why.')
  .argument('<view>', 'the name of a view')
  .requiredOption('--since <instant>', 'what was known then is where the change begins', parseInstant)
  .option('--until <instant>', 'a minute ago when left out', parseInstant)
  .option('--from <day>', 'only periods that begin on this day or later', parseDay)
  .option('--to <day>', 'only periods that begin on this day or before', parseDay)
  .option('--json', 'for scripts', false)
  .addHelpText('after', examples)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (view: string, options: Options) => {
    try {
      await show(view, options);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      if (isFailure(error, 'settings.invalid')) process.exitCode = 2;
      else process.exitCode = isFailure(error, 'clickhouse.unavailable') ? 3 : 1;
    }
  });
await program.parseAsync();
