/**
 * Carts wait for purchases. A purchase checks its cart out by an event that is derived from it and goes to the cart's
 * partition, from any partition of purchases. After an outage the carts are read sooner than the purchases are counted, and
 * a cart would be abandoned that was bought long ago. So the clock of carts goes on only once all purchases received
 * before are counted, in all partitions, and what was derived from them is read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets, KeptConnections, listOffsets } from '@tidemark/kafka/offsets';
import type { Log } from '@tidemark/service/log';
import type { Generation } from '@tidemark/topics/generation';

/** How far purchases are counted. */
export type PurchasesCounted = {
  /** All purchases received before this instant are counted. */
  readonly through: number;
  /** All events derived from them are below these offsets, by partition of carts. */
  readonly cartEnds: ReadonlyMap<number, number>;
};

/** A watch that runs. */
export type PurchaseWatch = {
  /** How far purchases are known to be counted; `undefined` as long as that is not known. */
  readonly counted: () => PurchasesCounted | undefined;
  readonly stop: () => Promise<void>;
};

const roundEveryMs = 1_000;
const askAgainMs = 250;
const retryTimeoutMs = 5_000;

/** What is watched, and by whose offsets. */
export type PurchaseWatchOptions = {
  readonly client: KafkaClient;
  readonly groupId: string;
  readonly names: Generation;
  readonly partitions: number;
  readonly log: Log;
  readonly now: () => number;
};

/** Watches the group's offsets until stopped. Whatever goes wrong, it tries again: the carts wait. */
export function watchPurchases(options: PurchaseWatchOptions): PurchaseWatch {
  const stopping = new AbortController();
  const connections = new KeptConnections(options.client);
  let counted: PurchasesCounted | undefined;
  const run = async (): Promise<void> => {
    let before: number | undefined;
    while (!stopping.signal.aborted) {
      try {
        const { startedAt, cartEnds } = await round(options, connections, stopping.signal);
        // A purchase that was in another entity's partition was moved within a round, and is counted by the end of the next.
        if (before !== undefined) counted = { through: before, cartEnds };
        before = startedAt;
      } catch (error) {
        if (stopping.signal.aborted) return;
        options.log.warn({ err: error }, 'How far purchases are counted is not known; carts wait.');
      }
      await sleep(roundEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    counted: () => counted,
    async stop() {
      stopping.abort();
      await running;
      await connections.close();
    },
  };
}

/** Waits until all that was received before the call is counted; then, where carts end. */
async function round(
  { groupId, names, partitions, now }: PurchaseWatchOptions,
  connections: KeptConnections,
  signal: AbortSignal,
): Promise<{ startedAt: number; cartEnds: ReadonlyMap<number, number> }> {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const topic = names.eventsOf('purchase');
  const startedAt = now();
  // Ends with open transactions in them: what a task has written to carts counts before its commit is seen there.
  const ends = await listOffsets(connections, topic, all, 'end', retryTimeoutMs);
  const asked = all.map((partition) => ({ topic, partition }));
  for (;;) {
    signal.throwIfAborted();
    const committed = await committedOffsets(connections, groupId, asked, retryTimeoutMs);
    if (committed.every(({ partition, offset = 0 }) => offset >= (ends.get(partition) ?? 0))) break;
    await sleep(askAgainMs, undefined, { signal });
  }
  return {
    startedAt,
    cartEnds: await listOffsets(connections, names.eventsOf('cart'), all, 'end', retryTimeoutMs),
  };
}
