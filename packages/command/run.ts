import { type Command, CommanderError } from 'commander';
import { exitCodes } from './work.ts';

/** A command with all below it, itself first. */
export function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/**
 * Runs a command line and ends the process: 2 for one that is not understood, which names the mistake and `--help`.
 *
 * @param args Without the interpreter and the script.
 */
export async function runCommand(program: Command, args: readonly string[]): Promise<never> {
  // What commands print and write may have customers' data.
  process.umask(0o077);
  // Whoever reads the output may have had enough, as `head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
  for (const command of withSubcommands(program))
    command.exitOverride().showHelpAfterError('(--help shows what there is, with examples)');
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  // Connections would keep the process alive. What is printed into a pipe may wait for its reader.
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit();
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
