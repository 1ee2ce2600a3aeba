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

/**
 * The logger of a service: JSON, one line an entry, to stderr, written at once so that the last lines
 * of a dying process are not lost.
 *
 * @param service Its name, a field of every line.
 * @param level As in `LOG_LEVEL`.
 */
export function createLog(service: string, level: string): Log {
  const fields = { base: { service }, level, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(fields, pino.destination({ dest: 2, sync: true }));
}
