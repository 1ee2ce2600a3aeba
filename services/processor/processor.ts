import { decodeEvent } from '@tidemark/events/codec';
import { decodeCounters, encodeCounters } from '@tidemark/events/counter-codec';
import type { Family } from '@tidemark/events/families';
import type { Event } from '@tidemark/events/types';
import { type Group, type GroupOptions, runGroup } from '@tidemark/kafka/group';
import type { Codec } from '@tidemark/runtime/task';
import { Failure } from '@tidemark/service/failures';
import type { ProcessorContext } from './context.ts';
import { isNewer, newerSchema } from './newer-schemas.ts';
import { watchPurchases } from './purchase-watch.ts';
import type { TaskRunner } from './task-runner.ts';
import { Tasks } from './tasks.ts';

/** How a processor is a member of its group. */
type Membership = Pick<
  GroupOptions,
  'instanceId' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'heartbeatMs' | 'busyTimeoutMs'
>;

/** A processor that runs. */
export type Processor = {
  /** The tasks that run now. */
  readonly running: () => readonly TaskRunner[];
  /** What keeps it from counting, a sentence each. */
  readonly waitingFor: () => readonly string[];
  /** Leaves the group, finishes what is under way and puts the state on disk. */
  readonly stop: () => Promise<void>;
};

/** What one fetch holds at most of each family's partition: enough for a transaction, and no hoard. */
const maxBytesPerPartition = 256 * 1024;
/** A fetch asks for every family of every partition. What comes meanwhile has time until the next tick of the commits. */
const restMs = 50;
/** The next assignment waits for a fetch that is under way, and a fetch over all families costs more than any other. */
const maxWaitMs = 1_000;

/** Events and counters as the tasks store them. */
export const storedCodec: Codec = {
  decodeEvent: decodeStored,
  encodeCounters,
  decodeCounters,
  allocate: (size) => Buffer.allocUnsafe(size),
};

/** Reads an event out of the state: it was valid when it was put there. */
function decodeStored(family: Family, bytes: Uint8Array): Event {
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoded = decodeEvent(family, value);
  if (!decoded.ok && isNewer(value)) throw newerSchema(value.readUInt32BE(1), `a stored ${family} event`);
  if (!decoded.ok) throw new Failure('state.corrupt', `a stored ${family} event: ${decoded.message}`);
  return decoded.event;
}

/**
 * Joins the group of processors and counts for as long as it runs.
 *
 * @param onFatal Called with a failure that a retry cannot help: end the process, and be started anew.
 */
export function startProcessor(
  given: Omit<ProcessorContext, 'reader' | 'purchasesCounted'>,
  membership: Membership,
  onFatal: (error: unknown) => void,
): Processor {
  const { client, groupId, families, names, partitions, log, now } = given;
  const purchases = watchPurchases({ client, groupId, names, partitions, log, now });
  let group: Group | undefined;
  let isAssigned = false;
  const context: ProcessorContext = {
    ...given,
    reader: () => {
      if (group === undefined) throw new Error('asked to read before the group was joined');
      return group;
    },
    purchasesCounted: purchases.counted,
  };
  const tasks = new Tasks(context, onFatal);
  group = runGroup(client, {
    ...membership,
    groupId,
    topics: families.map(names.eventsOf),
    onAssigned: async (assigned) => {
      await tasks.assign(assigned);
      isAssigned = true;
    },
    onRevoked: async () => tasks.suspend(),
    onBatch: (delivery) => tasks.deliver(delivery),
    onFatal,
    maxBytesPerPartition,
    maxWaitMs,
    restMs,
  });
  const { stop: leave } = group;
  return {
    running: () => tasks.running,
    waitingFor: () => (isAssigned ? tasks.waitingFor : ['No partitions have been assigned yet.']),
    async stop() {
      await leave();
      await tasks.stop();
      await purchases.stop();
    },
  };
}
