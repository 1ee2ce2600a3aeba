/**
 * `npx tidemark rebuild-views` fills a ClickHouse that has lost its tables, or a second one, with the whole history: a recount into the
 * same number of partitions, without what ClickHouse alone had. See docs/decisions/recount.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { withHelp } from '@tidemark/command/help';
import { note } from '@tidemark/command/output';
import { working } from '@tidemark/command/work';
import type { ClickHouseClient } from '@clickhouse/client';
import { parseCount } from '@tidemark/command/arguments';
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { createLog, type Log } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { begunRebuild, type RebuildOptions } from './begun-rebuild.ts';
import { runFeeder } from './feed-service.ts';
import { type Made, readJournal } from './journal.ts';
import { prepare } from './prepare.ts';
import { serve, showOnly } from './serve.ts';
import { recountSettings, type RecountSettings } from './settings.ts';
import { type Status, statusOf } from './status.ts';

const about = `Run it with the settings of processor and sink. It says which processor and which sink to start, waits for them, and lets the
new tables serve. It goes on where it was when it is started again. For as long as the new generation is used, what arrives must be fed: by this
command, or by \`npx tidemark recount feed <generation>\` in its place.`;

const lookEveryMs = 2_000;

type Tools = {
  readonly settings: RecountSettings;
  readonly client: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly log: Log;
};

/** The generation of the rebuild: the one that was begun for it, or a new one. */
async function generationOfRebuild(
  { settings, client, clickhouse }: Tools,
  options: RebuildOptions,
): Promise<Made> {
  const begun = begunRebuild(await readJournal(client), options);
  if (begun !== undefined) {
    note(`Going on with generation ${begun.number}, which was begun.`);
    return begun;
  }
  return prepare({
    client,
    clickhouse,
    application: settings.APPLICATION_ID,
    sinkGroup: settings.SINK_GROUP,
    directory: settings.RECOUNT_DIR,
    purpose: options.second ? 'second' : 'rebuild',
    partitions: undefined,
    retentionMs: settings.TOPIC_RETENTION,
    choices: settings,
    withAudit: false,
    now: Date.now,
    report: note,
  });
}

/** Waits until the generation has everything that had arrived, and reports what is missing when that changes. */
async function caughtUp({ settings, client }: Tools, made: Made, signal: AbortSignal): Promise<boolean> {
  const groups = { application: settings.APPLICATION_ID, sinkGroup: settings.SINK_GROUP };
  let last = '';
  while (!signal.aborted) {
    const status = await statusOf(client, made, groups);
    if (status.caught_up) return true;
    const words = inWords(status);
    if (words !== last) note(words);
    last = words;
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function inWords({ history_fed, feeder_behind, processor_behind, sink_behind }: Status): string {
  const histories = history_fed ? 'All histories are fed' : 'Histories are being fed';
  return `${histories}; behind: feeder ${feeder_behind}, processor ${processor_behind}, sink ${sink_behind} records.`;
}

async function rebuild(tools: Tools, options: RebuildOptions): Promise<void> {
  const { settings, client, clickhouse, log } = tools;
  const made = await generationOfRebuild(tools, options);
  const { number } = made;
  note(`Start beside this command, as services of their own, and keep them running:`);
  note(`  GENERATION=${number} STATE_DIR=<a directory of its own> npm run start:processor`);
  note(`  GENERATION=${number} npm run start:sink   with this CLICKHOUSE_URL`);
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
  const journal = await readJournal(client);
  const feeding = runFeeder({ settings, client, log, journal, made, report: note }, ending.signal);
  const serving = caughtUp(tools, made, ending.signal).then(async (is) => {
    if (!is) return;
    if (options.second) await showOnly(clickhouse, number);
    else {
      const { serving: now } = await readJournal(client);
      if (now.generation !== number) await serve({ client, clickhouse }, now, number);
    }
    note(
      `Generation ${number} serves${options.second ? ' in this ClickHouse' : ''}. What arrives is fed until this command is stopped; ` +
        `\`npx tidemark recount feed ${number}\` does that in its place.`,
    );
  });
  try {
    await Promise.all([feeding, serving]);
  } finally {
    ending.abort();
  }
}

/** The command `rebuild-views`. */
export function rebuildViewsCommand(): Command {
  return withHelp(
    new Command('rebuild-views').description(
      'fill a ClickHouse that was lost, or a second one, from topic state',
    ),
    {
      examples: [
        ['npx tidemark rebuild-views', 'ClickHouse was lost, or a backup is older than what Kafka has'],
        [
          'CLICKHOUSE_URL=http://second:8123 npx tidemark rebuild-views --second',
          'a second ClickHouse; live figures and alerts stay with the first',
        ],
      ],
      about,
      settings: recountSettings,
    },
  )
    .option('--second', 'show it in this ClickHouse alone; live figures and alerts stay as they are', false)
    .option(
      '--lost <generation>',
      'rebuild this one: needed when a rebuild has made the one whose tables are lost',
      parseCount,
    )
    .action(
      working(async (options: RebuildOptions) => {
        const settings = readSettings(recountSettings, process.env);
        const log = createLog('rebuild-views', settings.LOG_LEVEL);
        const clickhouse = connectClickHouse(settings, { requestTimeoutMs: 600_000 });
        try {
          await rebuild({ settings, log, client: openKafka(settings, log), clickhouse }, options);
        } finally {
          await clickhouse.close();
        }
      }),
    );
}
