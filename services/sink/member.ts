import { setTimeout as sleep } from 'node:timers/promises';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { runSession } from './session.ts';
import type { Assignment, SessionContext } from './session-context.ts';

/** A member of the sinks' group: carries facts while it has partitions. */
export type SinkMember = {
  readonly assigned: (assignment: Assignment) => void;
  /** Ends the session within a few seconds. After it returns, nothing is inserted or committed. */
  readonly revoked: () => Promise<void>;
  /** Whether it has got its share of the group's partitions, which may be empty. */
  readonly hasJoined: () => boolean;
};

const retryAfterMs = 500;

/**
 * Runs a session for each assignment. When Kafka was away, the session begins anew; when the group has gone on, the member
 * waits for its next assignment. One whose tables and offsets disagree inserts nothing until it is started again.
 *
 * @param onFatal Called with a failure that a retry cannot help, once a session at most.
 */
export function sinkMember(context: SessionContext, log: Log, onFatal: (error: unknown) => void): SinkMember {
  let joined = false;
  let current: { readonly ending: AbortController; readonly over: Promise<void> } | undefined;

  const carry = async (assignment: Assignment, ending: AbortSignal): Promise<void> => {
    while (!ending.aborted) {
      try {
        await runSession(context, assignment, ending);
      } catch (error) {
        if (isFailure(error, 'kafka.generation-over')) {
          log.info({}, 'The group has rebalanced; what was begun is left to its next owner.');
          return;
        }
        if (isFailure(error, 'sink.positions')) return context.telemetry.refused(error);
        if (!isFailure(error) || error.retry !== 'backoff') return onFatal(error);
        context.telemetry.brokeOff(error);
        await sleep(retryAfterMs, undefined, { signal: ending }).catch(() => undefined);
      }
    }
  };

  return {
    assigned(assignment) {
      joined = true;
      context.telemetry.assigned(assignment.partitions);
      if (assignment.partitions.length === 0) return;
      const ending = new AbortController();
      current = { ending, over: carry(assignment, ending.signal) };
    },
    async revoked() {
      joined = false;
      const ended = current;
      current = undefined;
      ended?.ending.abort();
      await ended?.over;
    },
    hasJoined: () => joined,
  };
}
