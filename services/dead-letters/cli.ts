/**
 * `npx tidemark dead-letters` shows the dead letters with their reasons, and re-publishes them after the fix.
 *
 * **Delivery guarantee**: a dead letter is re-published once; see `republish`. **Back pressure**: none is needed, because a person waits.
 */
import { Command, InvalidArgumentError } from 'commander';
import { parseCount, parseOneOf, parseTime } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { note, print, printJson, progressLine, tableOf } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { decodeEvent } from '@tidemark/events/codec';
import { families, type Retention } from '@tidemark/events/families';
import { openKafka, type KafkaClient } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings } from '@tidemark/service/settings';
import { type Generation, generationOf, generationSettings } from '@tidemark/topics/generation';
import { retentionIn, retentionSettings } from '@tidemark/topics/retention';
import { overview, readDeadLetters, type DeadLetter, type DeadLetterFilter } from './dead-letters.ts';
import { previewOf, republish, type Republishing } from './republish.ts';

const settings = { ...kafkaSettings, ...retentionSettings, ...generationSettings };

type Output = { readonly json: boolean };

const about = `A dead letter is re-published with its own bytes and the time of its first receipt, and judged anew. Only those that are
valid now (after a fix of the rules, of a schema, or of a clock) are re-published, each of them once, and counted as received
once. To correct the content of an event, publish an event of your own instead.`;

/** The generation whose dead letters are meant. */
const namesOf = ({ settings: { KAFKA_PREFIX } }: KafkaClient): Generation =>
  generationOf(readSettings(generationSettings, process.env).GENERATION, KAFKA_PREFIX);

function parsePlace(given: string): { partition: number; offset: number } {
  const match = /^(\d+)@(\d+)$/.exec(given);
  if (match !== null) return { partition: Number(match[1]), offset: Number(match[2]) };
  throw new InvalidArgumentError('Expected partition@offset in the topic dead-letters, such as 2@1417.');
}

function filtered(command: Command): Command {
  return command
    .option(
      '--reason <reason>',
      'only of this reason: malformed, unknown-schema, invalid, too-late, uncountable, void-without-target, forgotten',
    )
    .option('--family <family>', 'only of this family', parseOneOf(families))
    .option('--source <source>', 'only of this publishing system')
    .option('--from <time>', 'only first received at or after', parseTime)
    .option('--to <time>', 'only first received before', parseTime)
    .option('--at <partition@offset>', 'only this one, by its place in the topic', parsePlace)
    .option('--json', 'for scripts', false);
}

async function list(client: KafkaClient, options: DeadLetterFilter & Output): Promise<void> {
  const rows = overview(await readDeadLetters(client, namesOf(client), options));
  if (options.json) return printJson(rows);
  if (rows.length === 0) return print('There are no dead letters.');
  const cells = rows.map(({ count, republished, ...row }) => [
    row.family,
    row.reason,
    String(count),
    String(republished),
    row.first,
    row.last,
  ]);
  print(
    tableOf(['family', 'reason', 'dead letters', 're-published', 'first received', 'last received'], cells),
  );
}

async function show(
  client: KafkaClient,
  options: DeadLetterFilter & Output & { limit: number },
): Promise<void> {
  const deadLetters = await readDeadLetters(client, namesOf(client), options);
  for (const deadLetter of deadLetters.slice(0, options.limit)) {
    const fields = described(deadLetter);
    if (options.json) printJson(fields);
    else
      print(
        Object.entries(fields)
          .map(([name, value]) => `${name}: ${plain(value)}`)
          .join('\n') + '\n',
      );
  }
  const left = deadLetters.length - options.limit;
  if (left > 0) note(`${left} more; ask with --limit.`);
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
  const progress = progressLine();
  const onProgress = (done: number, all: number): void => progress.show(`${done} of ${all}`);
  const judging = { now: Date.now(), retention };
  const result = options.yes
    ? await republish(client, namesOf(client), options, judging, onProgress)
    : await previewOf(client, namesOf(client), options, judging);
  progress.end();
  if (options.json) printJson(counted(result, options.yes));
  else print(sentence(result, options.yes));
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

/** Runs a command with a client. */
function withKafka<Options>(
  work: (client: KafkaClient, options: Options, retention: Retention) => Promise<void>,
): (options: Options) => Promise<void> {
  return working(async (options: Options) => {
    const values = readSettings(settings, process.env);
    await work(openKafka(values, commandLog('dead-letters')), options, retentionIn(values.EVENT_RETENTION));
  });
}

/** The command `dead-letters`: shows the dead letters, and re-publishes them after the fix. */
export function deadLettersCommand(): Command {
  const program = withHelp(
    new Command('dead-letters').description('show the dead letters, and re-publish them after the fix'),
    {
      examples: [
        ['npx tidemark dead-letters list', 'how many of which reason'],
        ['npx tidemark dead-letters show --family cart --limit 5', 'with the fault and the content'],
        ['npx tidemark dead-letters republish --reason invalid', 'what would happen'],
        ['npx tidemark dead-letters republish --reason invalid --yes', 'do it'],
      ],
      about,
      settings,
    },
  );
  filtered(program.command('list').description('count them by family and reason')).action(withKafka(list));
  filtered(program.command('show').description('show them, with the fault and the content'))
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action(withKafka(show));
  filtered(
    program
      .command('republish')
      .description('re-publish those that are valid now; without --yes it only reports what it would do'),
  )
    .option('--yes', 'do it', false)
    .action(withKafka(republishSelected));
  return program;
}
