import { Command } from 'commander';
import { withHelp } from '@tidemark/command/help';
import { type Output, printDone } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { deleteGroup } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings } from '@tidemark/service/settings';
import { groupSettings } from '@tidemark/topics/groups';

const settings = { ...kafkaSettings, APPLICATION_ID: groupSettings.APPLICATION_ID };

/** Deletes the offsets of the processors' group, which somebody has set by hand. See docs/runbooks/state-refused.md. */
async function forgetOffsets(output: Output): Promise<void> {
  const values = readSettings(settings, process.env);
  const group = values.APPLICATION_ID;
  await deleteGroup(openKafka(values, commandLog('processor')), group);
  const sentence = `Group ${group} has no offsets: the next processor goes on where its state stands.`;
  printDone(output, { group }, sentence);
}

/** The command `processor`: what an operator does to stopped processors. */
export function processorCommand(): Command {
  const program = withHelp(new Command('processor').description('put stopped processors right'), {
    examples: [['npx tidemark processor forget-offsets', 'docs/runbooks/state-refused.md']],
    settings,
  });
  program
    .command('forget-offsets')
    .description('delete the offsets of the stopped processors: the next one goes on where its state stands')
    .option('--json', 'for scripts', false)
    .action(working(forgetOffsets));
  return program;
}
