import { Failure } from '@tidemark/service/failures';
import { duration, optional, type SettingsOf, text } from '@tidemark/service/settings';
import type { MembershipOptions } from './group-membership.ts';

/** How an instance takes part in its group. Spread it into the table of every service that shares work by partitions. */
export const memberSettings = {
  GROUP_INSTANCE_ID: optional(
    text(
      'Name of this instance: unique, and the same at every start. An instance that is back within GROUP_SESSION_TIMEOUT keeps ' +
        'its partitions. Without a name the others take them over at once.',
    ),
  ),
  GROUP_SESSION_TIMEOUT: duration(
    'After this time without a heartbeat Kafka takes an instance for dead and gives its partitions to the others.',
    '10s',
  ),
  GROUP_REBALANCE_TIMEOUT: duration(
    'How long Kafka waits for all instances when it assigns the partitions anew.',
    '30s',
  ),
  GROUP_HEARTBEAT: duration(
    'How often an instance sends a heartbeat: at most a third of GROUP_SESSION_TIMEOUT.',
    '1s',
  ),
};

/**
 * What the settings say of a member.
 *
 * @throws Failure `settings.invalid` when one lost heartbeat would end the session.
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
