import type { Log } from '../kit/log.ts';
import { logLevel, type LogEntry, type logCreator } from './kafkajs.ts';

/**
 * Sends kafkajs's own log lines to `log`, one level down: what it calls an error it mostly mends by
 * itself, and what it does not comes out as a `Failure`.
 */
export function kafkajsLog(log: Log): logCreator {
  return () =>
    ({ namespace, level, log: { message, ...fields } }: LogEntry) => {
      const line = { kafkajs: namespace, detail: message, ...fields };
      if (level === logLevel.ERROR) log.warn(line, 'The Kafka client met an error.');
      else if (level === logLevel.WARN) log.info(line, 'The Kafka client warns.');
      else log.debug(line, 'The Kafka client says.');
    };
}
