import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { parseTimeout } from '@tidemark/command/arguments';
import { collectorOption, keyOption } from '@tidemark/command/collector';
import { postWithin, type Rejection } from '@tidemark/command/collector-client';
import { withHelp } from '@tidemark/command/help';
import { note, print, printJson, progressLine } from '@tidemark/command/output';
import { CommandError, exitCodes, working } from '@tidemark/command/work';
import { acceptJson } from '@tidemark/events/validate';

type Options = {
  readonly collector: URL;
  readonly key: string;
  readonly timeout: number;
  readonly check: boolean;
  readonly json: boolean;
};

/** An event to publish, with the line it was on. */
type Given = { readonly line: number; readonly event: object };
type Refused = Omit<Rejection, 'index'> & { readonly line: number };

const batchSize = 1_000;
const refusalsShown = 20;

/**
 * Reads events: one a line, or one JSON value over all lines, an event or an array.
 *
 * @throws CommandError that names the line that is no JSON.
 */
export async function* eventsIn(lines: AsyncIterable<string>): AsyncIterable<Given> {
  let line = 0;
  let isFirst = true;
  let whole: string | undefined;
  for await (const text of lines) {
    line++;
    if (whole !== undefined) whole += `${text}\n`;
    if (whole !== undefined || text.trim() === '') continue;
    const value = parsed(text);
    if (value !== undefined) yield* givenIn(value, line);
    else if (isFirst) whole = `${text}\n`;
    else throw notJson(line);
    isFirst = false;
  }
  if (whole === undefined) return;
  const value = parsed(whole);
  if (value === undefined) throw notJson(1);
  yield* givenIn(value, 1);
}

function givenIn(value: object, line: number): Given[] {
  return (Array.isArray(value) ? value : [value]).map((event: object) => ({ line, event }));
}

function notJson(line: number): CommandError {
  return new CommandError(
    exitCodes.failed,
    `Line ${line} is no JSON. Give one event, an array of events, or one event a line.`,
  );
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** What is wrong with events by the contract, without sending them. */
function checked(batch: readonly Given[]): Refused[] {
  return batch.flatMap(({ line, event }) => {
    const verdict = acceptJson(event, { now: Date.now(), defaultSource: 'tidemark' });
    if (verdict.ok) return [];
    return verdict.errors.map((fault) => ({ line, event_id: verdict.event_id, ...fault }));
  });
}

async function sent(batch: readonly Given[], { collector, key, timeout }: Options): Promise<Refused[]> {
  const answer = await postWithin(
    batch.map(({ event }) => event),
    timeout,
    { url: collector, key, onTrouble: ({ reason }) => note(`${reason}; trying again.`) },
  );
  return answer.rejected.map(({ index, ...one }) => ({ line: batch[index]!.line, ...one }));
}

async function publish(file: string | undefined, options: Options): Promise<void> {
  if (file === undefined && process.stdin.isTTY) note('Reading events from the keyboard; end with Ctrl-D.');
  const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
  const progress = progressLine();
  const refused: Refused[] = [];
  let published = 0;
  let batch: Given[] = [];
  const flush = async (): Promise<void> => {
    const wrong = options.check ? checked(batch) : await sent(batch, options);
    refused.push(...wrong);
    published += batch.length - new Set(wrong.map(({ line, event_id: id }) => `${line} ${id}`)).size;
    batch = [];
    progress.show(`${published} events`);
  };
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  const all = async (): Promise<void> => {
    for await (const given of eventsIn(createInterface({ input }))) {
      batch.push(given);
      if (batch.length === batchSize) await flush();
    }
    if (batch.length > 0) await flush();
  };
  await Promise.race([all(), failed]);
  progress.end();
  report(published, refused, options);
  if (refused.length > 0) process.exitCode = exitCodes.failed;
}

function report(published: number, refused: readonly Refused[], { check, json }: Options): void {
  if (json) return printJson({ [check ? 'valid' : 'accepted']: published, rejected: refused });
  print(check ? `${published} events are valid.` : `${published} events are accepted.`);
  for (const { line, path, message } of refused.slice(0, refusalsShown))
    print(`line ${line}: ${path}: ${message}`);
  if (refused.length > refusalsShown) print(`… and ${refused.length - refusalsShown} more.`);
}

/** The command `publish`. */
export function publishCommand(): Command {
  return withHelp(
    new Command('publish').description('publish events from a file or stdin to the collector'),
    {
      examples: [
        ['npx tidemark publish events.ndjson', 'one event a line, or an array'],
        ['npx tidemark publish events.ndjson --check', 'only check them by the contract'],
        ['jq -c .[] export.json | npx tidemark publish --json', 'from another program'],
      ],
      about:
        'Events have the fields of docs/contract/families.md. What is refused names its line, the field and the fix. One\nevent_id counts once, so a file may be published again after a failure.',
    },
  )
    .argument('[file]', 'JSON or NDJSON; stdin when left out or -')
    .addOption(collectorOption('--collector <url>'))
    .addOption(keyOption('--key <key>'))
    .option('--timeout <duration>', 'how long to try each batch of 1,000', parseTimeout, 30_000)
    .option('--check', 'send nothing; only say what is wrong', false)
    .option('--json', 'for scripts', false)
    .action(working(publish));
}
