import { setTimeout as sleep } from 'node:timers/promises';
import type { OffsetOf } from '@tidemark/kafka/client';
import { type Group, type GroupOptions, runGroup } from '@tidemark/kafka/group';
import { committedOffsets } from '@tidemark/kafka/offsets';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { type SinkMember, sinkMember } from './member.ts';
import type { SessionContext } from './session-context.ts';

/** Which group a sink is in, and how it is a member of it. */
type Membership = Pick<
  GroupOptions,
  'groupId' | 'instanceId' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'heartbeatMs'
>;

/** A sink that runs. */
export type Sink = Pick<SinkMember, 'hasJoined'> & Pick<Group, 'stop'>;

const commitRetryMs = 200;

/** Tries again while no broker answers. It ends after a success, or when the group has gone on. */
async function commitForSure(group: Group, generation: number, offsets: readonly OffsetOf[]): Promise<void> {
  for (;;) {
    try {
      return await group.commitOffsets(generation, offsets);
    } catch (error) {
      if (!isFailure(error, 'kafka.unavailable')) throw error;
      await sleep(commitRetryMs);
    }
  }
}

/**
 * Joins the group of sinks and carries facts for as long as it runs.
 *
 * @param onFatal Called with a failure that a retry cannot help: end the process, and be started anew.
 */
export function startSink(
  context: SessionContext,
  membership: Membership,
  log: Log,
  onFatal: (error: unknown) => void,
): Sink {
  const { kafka, topic } = context;
  const { groupId } = membership;
  const member = sinkMember(context, log, onFatal);
  const group = runGroup(kafka, {
    ...membership,
    topics: [topic],
    onAssigned: (partitions, generation) => {
      member.assigned({
        group: groupId,
        partitions,
        committed: (asked) =>
          committedOffsets(
            kafka,
            groupId,
            asked.map((partition) => ({ topic, partition })),
          ),
        commit: (offsets) => commitForSure(group, generation, offsets),
        confirm: () => group.confirm(generation),
      });
    },
    onRevoked: () => member.revoked(),
    // The sessions read by themselves: a planned block may lie in partitions that are not this member's.
    onBatch: () => undefined,
    onFatal,
  });
  return { hasJoined: member.hasJoined, stop: group.stop };
}
