import { Command } from 'commander';
import { parseTimeout } from '@tidemark/command/arguments';
import { collectorOption, keyOption } from '@tidemark/command/collector';
import { withHelp } from '@tidemark/command/help';
import { note, print, printJson, progressLine } from '@tidemark/command/output';
import { exitCodes, working } from '@tidemark/command/work';
import { readSettings } from '@tidemark/service/settings';
import { retentionIn, retentionSettings } from '@tidemark/topics/retention';
import { type Imported, importFile } from './run.ts';

type Options = {
  readonly mapping: string;
  readonly dryRun: boolean;
  readonly fresh: boolean;
  readonly rejected?: string;
  readonly checkpoint?: string;
  readonly collector: URL;
  readonly key: string;
  readonly timeout: number;
  readonly json: boolean;
};

async function run(file: string, options: Options): Promise<void> {
  const {
    rejected = `${file}.rejected.ndjson`,
    checkpoint = `${file}.checkpoint.json`,
    timeout,
    dryRun,
  } = options;
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  process.once('SIGTERM', () => ending.abort());
  const imported = await importFile({
    ...options,
    file,
    rejected,
    checkpoint,
    dryRun: dryRun ? retentionIn(readSettings(retentionSettings, process.env).EVENT_RETENTION) : undefined,
    timeoutMs: timeout,
    progress: progressLine(),
    signal: ending.signal,
  });
  report(imported, { ...options, rejected });
  if (!imported.isComplete) note('Stopped. The same command goes on from here.');
  if (imported.rejected > 0 || !imported.isComplete) process.exitCode = exitCodes.failed;
}

function report(
  { row, accepted, rejected, passedOver, isComplete, samples, shown }: Imported,
  { json, dryRun, rejected: path }: Options & { readonly rejected: string },
): void {
  const rejectedFile = rejected > 0 ? path : undefined;
  if (json) {
    const by = dryRun ? { valid: accepted, samples } : { accepted };
    printJson({
      rows: row,
      ...by,
      rejected,
      rejected_file: rejectedFile,
      passed_over: passedOver,
      complete: isComplete,
    });
    return;
  }
  const number = (value: number): string => value.toLocaleString('en');
  for (const event of samples) print(JSON.stringify(event));
  for (const { row: one, reasons } of shown) print(`line ${one.line}: ${reasons.join(' ')}`);
  for (const [type, count] of Object.entries(accepted)) print(`${number(count)} ${type}`);
  const parts = [`${number(row)} rows`];
  if (passedOver > 0) parts.push(`${number(passedOver)} that no event is meant for`);
  if (rejectedFile !== undefined) parts.push(`${number(rejected)} rejected, with reasons in ${rejectedFile}`);
  print(`${parts.join('; ')}.${dryRun ? ' Nothing was sent.' : ''}`);
}

/** The command `import`. */
export function importCommand(): Command {
  return withHelp(
    new Command('import').description(
      'publish the rows of a CSV, NDJSON or Parquet file as events, by a mapping file',
    ),
    {
      examples: [
        [
          'npx tidemark import list.csv --mapping list.yaml --dry-run',
          'what would be published, and what is wrong',
        ],
        ['npx tidemark import list.csv --mapping list.yaml', 'publish it'],
        [
          'npx tidemark import list.csv.rejected.ndjson --mapping list.yaml',
          'the rejected rows, when they are corrected',
        ],
      ],
      about:
        'docs/publish/import.md says what a mapping file has; examples/import has two. Stopped or cut off, the same command goes\non. A row is imported whole or not at all; event ids come from its cells, so that a row imported twice counts once.',
    },
  )
    .argument('<file>', 'CSV, NDJSON or Parquet; CSV and NDJSON may end with .gz')
    .requiredOption('--mapping <file>', 'how rows become events')
    .option('--dry-run', 'send nothing; show what would be published and rejected', false)
    .option('--fresh', 'begin anew, whatever the checkpoint says', false)
    .option('--rejected <file>', 'where rejected rows go (default: the file with .rejected.ndjson)')
    .option('--checkpoint <file>', 'where the position is kept (default: the file with .checkpoint.json)')
    .addOption(collectorOption('--collector <url>'))
    .addOption(keyOption('--key <key>'))
    .option('--timeout <duration>', 'how long to try each batch', parseTimeout, 30_000)
    .option('--json', 'for scripts', false)
    .action(working(run));
}
