/**
 * `npm run dead-letters` shows the dead letters with their reasons, and re-publishes them after the fix.
 *
 * **Delivery guarantee**: a dead letter is re-published once; see `republish`. **Back pressure**: none is needed, because a person waits.
 */
import { Command, InvalidArgumentError } from 'commander';
import { decodeEvent } from '@tidemark/events/codec';
import { families, isFamily, type Family, type Retention } from '@tidemark/events/families';
import { openKafka, type KafkaClient } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { isFailure } from '@tidemark/service/failures';
import { createLog } from '@tidemark/service/log';
import { readSettings, settingsHelp } from '@tidemark/service/settings';
import { type Generation, generationOf, generationSettings } from '@tidemark/topics/generation';
import { retentionIn, retentionSettings } from '@tidemark/topics/retention';
import { overview, readDeadLetters, type DeadLetter, type DeadLetterFilter } from './dead-letters.ts';
import { previewOf, republish, type Republishing } from './republish.ts';

const settings = { ...kafkaSettings, ...retentionSettings, ...generationSettings };

type Output = { readonly json: boolean };

const examples = `
Examples:
  npm run dead-letters -- list
  npm run dead-letters -- show --family cart --reason invalid --limit 5
  npm run dead-letters -- show --at 2@1417 --json
  npm run dead-letters -- republish --reason invalid --from 2026-05-01T00:00:00Z        what would happen
  npm run dead-letters -- republish --reason invalid --from 2026-05-01T00:00:00Z --yes  do it

A dead letter is re-published with its own bytes and the time of its first receipt, and judged anew. Only those that are
valid now (after a fix of the rules, of a schema, or of a clock) are re-published, each of them once, and counted as received
once. To correct the content of an event, publish an event of your own instead.

Exit code: 0 done, 1 failed, 2 usage, 3 Kafka or its topics are not there.

Settings, from the environment:
${settingsHelp(settings)}
`;

/** The generation whose dead letters are meant. */
const namesOf = (): Generation => generationOf(readSettings(generationSettings, process.env).GENERATION);

const out = (line: string): void => void process.stdout.write(`${line}\n`);

function parseFamily(given: string): Family {
  if (isFamily(given)) return given;
  throw new InvalidArgumentError(`Expected one of ${families.join(', ')}.`);
}

function parseTime(given: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('Expected a time such as 2026-05-01T00:00:00Z.');
}

function parsePlace(given: string): { partition: number; offset: number } {
  const match = /^(\d+)@(\d+)$/.exec(given);
  if (match !== null) return { partition: Number(match[1]), offset: Number(match[2]) };
  throw new InvalidArgumentError('Expected partition@offset in the topic dead-letters, such as 2@1417.');
}

function parseLimit(given: string): number {
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

function filtered(command: Command): Command {
  return command
    .option(
      '--reason <reason>',
      'only of this reason: malformed, unknown-schema, invalid, too-late, uncountable, void-without-target',
    )
    .option('--family <family>', 'only of this family', parseFamily)
    .option('--source <source>', 'only of this publishing system')
    .option('--from <time>', 'only first received at or after', parseTime)
    .option('--to <time>', 'only first received before', parseTime)
    .option('--at <partition@offset>', 'only this one, by its place in the topic', parsePlace)
    .option('--json', 'for scripts', false);
}

async function list(client: KafkaClient, options: DeadLetterFilter & Output): Promise<void> {
  const rows = overview(await readDeadLetters(client, namesOf(), options));
  if (options.json) return out(JSON.stringify(rows));
  if (rows.length === 0) return out('There are no dead letters.');
  const cells = rows.map(({ count, republished, ...row }) => [
    row.family,
    row.reason,
    String(count),
    String(republished),
    row.first,
    row.last,
  ]);
  const table = [
    ['family', 'reason', 'dead letters', 're-published', 'first received', 'last received'],
    ...cells,
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    out(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}

async function show(
  client: KafkaClient,
  options: DeadLetterFilter & Output & { limit: number },
): Promise<void> {
  const deadLetters = await readDeadLetters(client, namesOf(), options);
  for (const deadLetter of deadLetters.slice(0, options.limit)) {
    const fields = described(deadLetter);
    if (options.json) out(JSON.stringify(fields));
    else
      out(
        Object.entries(fields)
          .map(([name, value]) => `${name}: ${plain(value)}`)
          .join('\n') + '\n',
      );
  }
  const left = deadLetters.length - options.limit;
  if (left > 0) process.stderr.write(`${left} more; ask with --limit.\n`);
}

function described(deadLetter: DeadLetter) {
  const { partition, offset, original, receivedAt, key, value, ...rest } = deadLetter;
  const decoded = value === null ? undefined : decodeEvent(deadLetter.family, value);
  return {
    at: `${partition}@${offset}`,
    ...rest,
    original: `${original.topic}/${original.partition}@${original.offset}`,
    received_at: new Date(receivedAt).toISOString(),
    key: key?.toString() ?? null,
    event: decoded?.ok ? decoded.event : null,
    bytes_base64: value?.toString('base64') ?? null,
  };
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function republishSelected(
  client: KafkaClient,
  options: DeadLetterFilter & Output & { yes: boolean },
  retention: Retention,
): Promise<void> {
  const onProgress = (done: number, all: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`${done} of ${all}\n`);
  };
  const judging = { now: Date.now(), retention };
  const result = options.yes
    ? await republish(client, namesOf(), options, judging, onProgress)
    : await previewOf(client, namesOf(), options, judging);
  if (options.json) out(JSON.stringify(counted(result, options.yes)));
  else out(sentence(result, options.yes));
}

function counted({ selected, before, good, stillBad }: Republishing, done: boolean) {
  return {
    dead_letters: selected,
    republished_before: before,
    still_bad: Object.fromEntries(stillBad),
    good: good.length,
    republished: done ? good.length : 0,
  };
}

function sentence({ selected, before, good, stillBad }: Republishing, done: boolean): string {
  const bad = [...stillBad].map(([reason, count]) => `${count} ${reason}`).join(', ');
  const lines = [
    `${selected} dead letters; ${before} of them were re-published before, ${bad === '' ? 'none' : bad} would become dead letters again.`,
    done ? `${good.length} re-published.` : `${good.length} would be re-published: add --yes to do it.`,
  ];
  return lines.join('\n');
}

/** Runs a command with a client, and prints a failure as one sentence. */
function withKafka<Options>(
  work: (client: KafkaClient, options: Options, retention: Retention) => Promise<void>,
) {
  return async (options: Options): Promise<void> => {
    try {
      const level = process.env['LOG_LEVEL'] ?? 'error';
      const values = readSettings(settings, process.env);
      const client = openKafka(values, createLog('dead-letters', level));
      await work(client, options, retentionIn(values.EVENT_RETENTION));
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      if (isFailure(error, 'settings.invalid')) process.exitCode = 2;
      else
        process.exitCode = isFailure(error, 'kafka.unavailable') || isFailure(error, 'kafka.topics') ? 3 : 1;
    }
  };
}

const program = new Command('npm run dead-letters --')
  .description('Shows the dead letters, and re-publishes them after the fix.')
  .addHelpText('after', examples)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
filtered(program.command('list').description('count them by family and reason')).action(withKafka(list));
filtered(program.command('show').description('show them, with the fault and the content'))
  .option('--limit <n>', 'at most this many', parseLimit, 20)
  .action(withKafka(show));
filtered(
  program
    .command('republish')
    .description('re-publish those that are valid now; without --yes it only reports what it would do'),
)
  .option('--yes', 'do it', false)
  .action(withKafka(republishSelected));
await program.parseAsync();
