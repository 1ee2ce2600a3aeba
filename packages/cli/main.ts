/** The command line `tidemark`. */
import { runCommand } from '@tidemark/command/run';
import { programFor } from './commands.ts';

const args = process.argv.slice(2);
await runCommand(await programFor(args[0]), args);
