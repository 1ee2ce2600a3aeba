import type { Log } from '@tidemark/service/log';
import type { LogEntry, logCreator } from './kafkajs.ts';

/**
 * Sends kafkajs's own log lines to `log`, all of them as `debug`. Most of its errors are answers that this
 * folder expects and handles. The others are thrown as a `Failure`.
 */
export function kafkajsLog(log: Log): logCreator {
  return () =>
    ({ namespace, log: { message, ...fields } }: LogEntry) => {
      log.debug({ kafkajs: namespace, kafkajsMessage: message, ...fields }, 'A log line of kafkajs.');
    };
}
