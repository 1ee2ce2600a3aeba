/**
 * `npx tidemark forget` forgets customers. See docs/decisions/erasure.md.
 *
 * **Delivery guarantee**: no event is lost or counted twice by it; a run that was cut off is gone on with by the next one. **Back
 * pressure**: it holds the histories of the customers in memory, and reads as fast as Kafka gives.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { withHelp } from '@tidemark/command/help';
import { note, print, printJson, progressLine, tableOf } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { openKafka } from '@tidemark/kafka/client';
import { Failure } from '@tidemark/service/failures';
import { readSettings } from '@tidemark/service/settings';
import { customersMax } from '../ids.ts';
import { erasureSettings } from '../settings.ts';
import type { Certificate } from './certificate.ts';
import type { ForgetOptions } from './erasing.ts';
import { forget, searchFor } from './forget.ts';
import type { Found } from './search.ts';

const about = `Numbers stay what they were: those of the customers go on under pseudonyms that nothing leads to. What comes of them later
is refused. Processor and sink must run; the tasks of the processor begin anew twice, which takes some seconds each time. The
certificate names each place, how much was searched, how often something was found before and after, and when the bytes are gone from
disk. An id that is part of another one is found there too.`;

type Given = {
  readonly customer?: readonly string[];
  readonly file?: string;
  readonly scan?: readonly string[];
  readonly resume: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
};

/** The ids that are given, each once. */
async function idsIn({ customer = [], file, resume }: Given): Promise<ReadonlySet<string>> {
  const lines = file === undefined ? [] : (await readFile(file, 'utf8')).split(/\r?\n/);
  const ids = new Set([...customer, ...lines].filter((id) => id !== ''));
  if (ids.size === 0 && !resume)
    throw new Failure(
      'settings.invalid',
      'no customer is given: --customer <id>, or --file with an id a line',
    );
  if (ids.size > customersMax)
    throw new Failure(
      'settings.invalid',
      `${ids.size} ids are given, at most ${customersMax} at once: split the file`,
    );
  return ids;
}

/** Does work with what an erasure needs. */
async function withTools<Result>(
  given: Given,
  work: (options: ForgetOptions) => Promise<Result>,
): Promise<Result> {
  const values = readSettings(erasureSettings, process.env);
  const clickhouse = connectClickHouse(values, { requestTimeoutMs: 3_600_000 });
  const progress = progressLine();
  try {
    return await work({
      client: openKafka(values, commandLog('forget')),
      clickhouse,
      application: values.APPLICATION_ID,
      sinkGroup: values.SINK_GROUP,
      choices: values,
      id: randomUUID(),
      by: 'command',
      folders: given.scan ?? [],
      now: Date.now,
      report: (sentence) => {
        progress.end();
        note(sentence);
      },
      onPlace: (place) => progress.show(place),
      onBegun: () => undefined,
    });
  } finally {
    progress.end();
    await clickhouse.close();
  }
}

function printFound(found: readonly Found[]): void {
  const there = found.filter((one) => one.found > 0);
  if (there.length === 0) return print(`Nothing is found in ${found.length} places.`);
  const rows = there.map(({ place, searched, unit, found: times }) => [
    place,
    `${searched} ${unit}`,
    String(times),
  ]);
  print(tableOf(['place', 'searched', 'found'], rows));
}

function printCertificate({
  id,
  customers,
  erased_at,
  places,
  not_searched,
  not_rebuilt,
}: Certificate): void {
  print(
    `${customers} ${customers === 1 ? 'customer is' : 'customers are'} forgotten, ${erased_at}; erasure ${id}.`,
  );
  const rows = places.map(({ place, searched, unit, found_before, found_after, gone_by }) => [
    place,
    `${searched} ${unit}`,
    String(found_before ?? '?'),
    String(found_after),
    gone_by ?? '',
  ]);
  print(tableOf(['place', 'searched', 'found before', 'found after', 'off the disks by'], rows));
  for (const { place, why } of not_searched) print(`Not searched: ${place}: ${why}.`);
  for (const sentence of not_rebuilt) print(sentence);
}

async function forgotten(given: Given): Promise<void> {
  const ids = await idsIn(given);
  if (given.dryRun) {
    const found = await withTools(given, (options) => searchFor(options, ids));
    return given.json ? printJson({ customers: ids.size, places: found }) : printFound(found);
  }
  const certificate = await withTools(given, (options) => forget(options, ids));
  return given.json ? printJson(certificate) : printCertificate(certificate);
}

/** The command `forget`: erases customers. */
export function forgetCommand(): Command {
  const command = new Command('forget')
    .description('erase customers; their numbers go on under pseudonyms')
    .option('--customer <id...>', 'the customer_id, one or several')
    .option('--file <path>', 'a file with an id a line')
    .option('--dry-run', 'search for them, and change nothing', false)
    .option('--resume', 'go on with an erasure that was cut off', false)
    .option('--scan <folder...>', 'search the files of folders of this machine as well')
    .option('--json', 'for scripts', false)
    .action(working(forgotten));
  return withHelp(command, {
    examples: [
      ['npx tidemark forget --customer acme --dry-run', 'where acme is found'],
      ['npx tidemark forget --customer acme umbrella --json > certificate.json', ''],
      ['npx tidemark forget --file ids.txt', 'all of a month at once'],
      ['npx tidemark forget --resume', 'after a run that was cut off'],
    ],
    about,
    settings: erasureSettings,
  });
}
