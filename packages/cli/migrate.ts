import { Command } from 'commander';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { migrate } from '@tidemark/clickhouse/migrate';
import { viewSettings } from '@tidemark/clickhouse/view-settings';
import { withHelp } from '@tidemark/command/help';
import { print, printJson } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { readSettings } from '@tidemark/service/settings';
import { databasesOf, generationSettings } from '@tidemark/topics/generation';

const settings = { ...clickHouseSettings, ...viewSettings, ...generationSettings };

async function migrateNow({ json }: { readonly json: boolean }): Promise<void> {
  const values = readSettings(settings, process.env);
  const client = connectClickHouse(values);
  try {
    const databases = databasesOf(values.GENERATION);
    const done = await migrate({ client, settings: values, log: commandLog('migrate'), databases });
    if (json) return printJson(done);
    if (done.applied.length > 0) print(`Tables made: ${done.applied.join(', ')}.`);
    if (done.views.length > 0) print(`Views written: ${done.views.join(', ')}.`);
    print('ClickHouse is up to date.');
  } finally {
    await client.close();
  }
}

/** The command `migrate`. */
export function migrateCommand(): Command {
  return withHelp(new Command('migrate').description('bring the tables and views of ClickHouse up to date'), {
    examples: [
      [
        'npx tidemark migrate',
        'safe to run at any time; the sink does it at its start, unless MIGRATE=false',
      ],
      ['npx tidemark migrate --json', 'what was done'],
    ],
    settings,
  })
    .option('--json', 'for scripts', false)
    .action(working(migrateNow));
}
