import type { ClickHouseClient } from '@clickhouse/client';
import { Command } from 'commander';
import { withHelp } from '@tidemark/command/help';
import { type Output, printDone } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { deleteGroup } from '@tidemark/kafka/admin';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings } from '@tidemark/service/settings';
import { generationOf, generationSettings } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { adoptOffsets } from './adopt-offsets.ts';
import { rebuildRollups } from './rebuild-rollups.ts';

const settings = {
  ...kafkaSettings,
  ...clickHouseSettings,
  ...generationSettings,
  SINK_GROUP: groupSettings.SINK_GROUP,
};

/** One insert of a whole rollup takes as long as it takes. */
const requestTimeoutMs = 3_600_000;

type Tools = {
  readonly kafka: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly generation: ReturnType<typeof generationOf>;
  readonly group: string;
  readonly output: Output;
};

/** Runs work on the sinks of the generation that the settings name. */
function onSinks(work: (tools: Tools) => Promise<void>): (output: Output) => Promise<void> {
  return working(async (output: Output) => {
    const values = readSettings(settings, process.env);
    const generation = generationOf(values.GENERATION, values.KAFKA_PREFIX);
    const clickhouse = connectClickHouse(values, { requestTimeoutMs });
    try {
      const kafka = openKafka(values, commandLog('sink'));
      await work({ kafka, clickhouse, generation, group: generation.own(values.SINK_GROUP), output });
    } finally {
      await clickhouse.close();
    }
  });
}

async function forgetOffsets({ kafka, group, output }: Tools): Promise<void> {
  await deleteGroup(kafka, group);
  printDone(output, { group }, `Group ${group} has no offsets: the next sink begins where the tables stand.`);
}

/** The command `sink`: what an operator does to stopped sinks. */
export function sinkCommand(): Command {
  const program = withHelp(new Command('sink').description('put stopped sinks right'), {
    examples: [
      ['npx tidemark sink adopt-offsets', 'docs/runbooks/sink-positions.md'],
      ['npx tidemark sink forget-offsets', 'docs/runbooks/sink-positions.md'],
      ['npx tidemark sink rebuild-rollups', 'docs/runbooks/rollup-differs.md'],
    ],
    settings,
  });
  program
    .command('adopt-offsets')
    .description(
      'take the tables to have just what the stopped sinks have committed, and record that with them',
    )
    .option('--json', 'for scripts', false)
    .action(onSinks(adoptOffsets));
  program
    .command('forget-offsets')
    .description('delete the offsets of the stopped sinks: the next one begins where the tables stand')
    .option('--json', 'for scripts', false)
    .action(onSinks(forgetOffsets));
  program
    .command('rebuild-rollups')
    .description(
      'add up anew, from their facts, the rollups that differ from them; the sinks must be stopped',
    )
    .option('--json', 'for scripts', false)
    .action(onSinks(rebuildRollups));
  return program;
}
