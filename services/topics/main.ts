/** The job `topics` of containers: the command of the same name, where the command line is not installed. */
import { runCommand } from '@tidemark/command/run';
import { topicsCommand } from './cli.ts';

await runCommand(topicsCommand(), process.argv.slice(2));
