import { factsRetentionMs } from '@tidemark/topics/topics';

/**
 * What to do when brokers forget the offsets of a stopped service before they delete what it has not read; `undefined`
 * when they keep them long enough.
 *
 * @param keptMs How long brokers keep the offsets of a group without members.
 */
export function retentionAdvice(keptMs: number): string | undefined {
  if (keptMs >= factsRetentionMs) return undefined;
  return (
    `Kafka forgets the offsets of a stopped service after ${keptMs / 60_000} minutes, before it deletes what that ` +
    `service has not read: set offsets.retention.minutes of the brokers to ${factsRetentionMs / 60_000} at least.`
  );
}
