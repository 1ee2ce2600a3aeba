import { pino, type Logger } from 'pino';
import { oneOf } from './settings.ts';

/** What is logged to. Messages are fixed sentences; all that varies is a field. */
export type Log = Logger;

/** How much is logged. Spread it into the table of every service. */
export const logSettings = {
  LOG_LEVEL: oneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'How much is logged.',
    'info',
  ),
};

const errorsRemembered = 1_000;

/**
 * Writes an error with its stack the first time that it comes, and in one line after that: what is tried again for an hour
 * fills no disk. Numbers in a message make no other error of it.
 */
export function stackOnce(): (error: Error) => unknown {
  const seen = new Set<string>();
  return (error) => {
    const written: unknown = pino.stdSerializers.err(error);
    if (typeof written !== 'object' || written === null || !('stack' in written)) return written;
    const key = `${error.name}: ${error.message.replaceAll(/\d+/g, '0')}`;
    const { stack, ...line } = written;
    if (seen.has(key)) return line;
    if (seen.size >= errorsRemembered) seen.clear();
    seen.add(key);
    return { ...line, stack };
  };
}

/**
 * The logger of a service: JSON, one line an entry, to stderr, written at once so that the last lines
 * of a dying process are not lost.
 *
 * @param service Its name, a field of every line.
 * @param level As in `LOG_LEVEL`.
 */
export function createLog(service: string, level: string): Log {
  const fields = {
    base: { service },
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: stackOnce() },
  };
  return pino(fields, pino.destination({ dest: 2, sync: true }));
}
