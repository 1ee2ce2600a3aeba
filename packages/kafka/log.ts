import type { Log } from '@tidemark/service/log';
import type { LogEntry, logCreator } from './kafkajs.ts';

/**
 * Sends kafkajs's own log lines to `log`, all of them as `debug`: what it calls an error is mostly an
 * answer that is awaited and handled, and what is not comes out as a `Failure`.
 */
export function kafkajsLog(log: Log): logCreator {
  return () =>
    ({ namespace, log: { message, ...fields } }: LogEntry) => {
      log.debug({ kafkajs: namespace, kafkajsMessage: message, ...fields }, 'A log line of kafkajs.');
    };
}
