import { Command } from 'commander';
import { withHelp } from '@tidemark/command/help';
import { print, printJson } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { openKafka } from '@tidemark/kafka/client';
import { ensureTopics, warnOfOffsets } from '@tidemark/kafka/topic-settings';
import { readSettings } from '@tidemark/service/settings';
import { announceSchemas } from '@tidemark/topics/announced-schemas';
import { checkCopies, asSet, topics } from '@tidemark/topics/topics';
import { countAnew } from './count-anew.ts';
import { topicsSettings } from './topics-settings.ts';

type Options = { readonly correct: boolean; readonly json: boolean };

/** Makes the topics that are missing, and checks those that are there. */
async function ensure({ correct, json }: Options): Promise<void> {
  const settings = readSettings(topicsSettings, process.env, [checkCopies]);
  const { PARTITIONS: partitions, TOPIC_RETENTION: retentionMs } = settings;
  const kafka = openKafka(settings, commandLog('topics'));
  const made = await ensureTopics(
    kafka,
    asSet(topics(partitions, settings.KAFKA_PREFIX, retentionMs), settings),
    correct,
  );
  await announceSchemas(kafka);
  await warnOfOffsets(kafka, retentionMs);
  if (json) return printJson({ made });
  if (made.length > 0) print(`Made: ${made.join(', ')}.`);
  print('All topics are as they should be.');
}

/** The command `topics`. */
export function topicsCommand(): Command {
  const command = withHelp(
    new Command('topics').description(
      'make the topics that are missing, and name what is wrong with the others',
    ),
    {
      examples: [
        ['PARTITIONS=12 REPLICATION=3 MIN_INSYNC=2 npx tidemark topics', 'safe to run at any time'],
        ['PARTITIONS=12 npx tidemark topics --correct', 'correct settings that services refuse, too'],
        ['PARTITIONS=12 npx tidemark topics count-anew', 'docs/runbooks/state-lost.md'],
      ],
      settings: topicsSettings,
    },
  )
    .option('--correct', 'correct settings of topics that services refuse', false)
    .option('--json', 'for scripts', false)
    .action(working(ensure));
  // Options that follow it are its own.
  command.enablePositionalOptions();
  command
    .command('count-anew')
    .description('delete what was counted and how far the stopped groups have come; events are counted again')
    .option('--json', 'for scripts', false)
    .action(working(countAnew));
  return command;
}
