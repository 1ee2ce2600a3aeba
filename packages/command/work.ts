import { isFailure } from '@tidemark/service/failures';
import { createLog, type Log } from '@tidemark/service/log';
import { note } from './output.ts';

/** What a command ends with. */
export const exitCodes = { done: 0, failed: 1, usage: 2, notReady: 3 } as const;

/** Ends a command with a sentence and an exit code that is not 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code for what a command threw: 2 for wrong settings, 3 when something is not there yet, 1 for the rest. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  if (isFailure(error, 'settings.invalid')) return exitCodes.usage;
  const isAway = isFailure(error) && (error.retry === 'backoff' || error.code === 'kafka.topics');
  return isAway ? exitCodes.notReady : exitCodes.failed;
}

/** Runs the work of a command; what it throws is printed as one sentence and becomes the exit code. */
export function working<Arguments extends readonly unknown[]>(
  work: (...args: Arguments) => Promise<void> | void,
): (...args: Arguments) => Promise<void> {
  return async (...args) => {
    try {
      await work(...args);
    } catch (error) {
      note(error instanceof Error ? error.message : String(error));
      process.exitCode = exitCodeOf(error);
    }
  };
}

/** The log of a command: to stderr, warnings and worse unless `LOG_LEVEL` asks for more. */
export function commandLog(name: string): Log {
  return createLog(name, process.env['LOG_LEVEL'] ?? 'warn');
}
