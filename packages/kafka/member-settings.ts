import { Failure } from '@tidemark/service/failures';
import { duration, optional, type SettingsOf, text } from '@tidemark/service/settings';
import type { MembershipOptions } from './group-membership.ts';

/** How an instance takes part in its group. Spread it into the table of every service that shares work by partitions. */
export const memberSettings = {
  GROUP_INSTANCE_ID: optional(
    text(
      'Name of this instance, its own and the same at every start: one that is back within GROUP_SESSION_TIMEOUT gets its ' +
        'partitions back and nothing moves. Without it the others take them over at once.',
    ),
  ),
  GROUP_SESSION_TIMEOUT: duration(
    'An instance that Kafka has not heard of for so long is taken to be dead, and its partitions go to the others.',
    '10s',
  ),
  GROUP_REBALANCE_TIMEOUT: duration(
    'How long Kafka waits for all instances when partitions are dealt anew.',
    '30s',
  ),
  GROUP_HEARTBEAT: duration(
    'How often an instance is heard of; a third of GROUP_SESSION_TIMEOUT at most.',
    '1s',
  ),
};

/**
 * What the settings say of a member.
 *
 * @throws Failure `settings.invalid` when a session is over before a lost heartbeat could be made good.
 */
export function memberOptions(settings: SettingsOf<typeof memberSettings>): Pick<
  MembershipOptions,
  'instanceId' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs'
> & {
  readonly heartbeatMs: number;
} {
  const { GROUP_SESSION_TIMEOUT: sessionTimeoutMs, GROUP_HEARTBEAT: heartbeatMs } = settings;
  if (3 * heartbeatMs > sessionTimeoutMs)
    throw new Failure(
      'settings.invalid',
      'GROUP_HEARTBEAT must be a third of GROUP_SESSION_TIMEOUT at most: one heartbeat may get lost',
    );
  return {
    instanceId: settings.GROUP_INSTANCE_ID,
    sessionTimeoutMs,
    rebalanceTimeoutMs: settings.GROUP_REBALANCE_TIMEOUT,
    heartbeatMs,
  };
}
