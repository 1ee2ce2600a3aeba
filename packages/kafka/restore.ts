import { Failure } from '@tidemark/service/failures';
import type { KafkaClient, TopicPartition } from './client.ts';
import { listOffsets } from './offsets.ts';
import { type Delivery, type KafkaRecord, PartitionFetcher } from './partition-fetcher.ts';

/** So many fetches may wait to be taken before no more is asked for. */
const waitingMax = 2;

/** What to read to its end. */
export type ReadToEnd = TopicPartition & {
  /** First offset to read; 0 stands for the beginning, wherever retention has moved it. */
  readonly from: number;
  /** Takes committed records, in order, one call at a time; no more are fetched while some wait. */
  readonly onRecords: (records: readonly KafkaRecord[]) => void | Promise<void>;
  /** How long nothing may come while the end is not reached. */
  readonly stallMs?: number;
  /** Gives up with the signal's reason. */
  readonly signal?: AbortSignal;
};

/**
 * Reads a partition, read committed, up to its last stable offset of the moment of the call. It stops
 * by position, never by record: at the end of a compacted log there may be no record left to wait for.
 *
 * Open transactions of other producers delay the end: fence their producer first.
 *
 * @returns The position reached, at or after that end: where to read on.
 * @throws Failure `kafka.stalled` when nothing came for `stallMs` before the end; `kafka.offset-gone`
 * when the log no longer reaches back to `from`; `kafka.unavailable` when brokers are away at the start.
 */
export async function readPartitionToEnd(client: KafkaClient, wanted: ReadToEnd): Promise<number> {
  const { topic, partition, stallMs = 30_000 } = wanted;
  const end = (await listOffsets(client, topic, [partition], 'stable-end', stallMs)).get(partition)!;
  const start = wanted.from === 0 ? await startOf(client, wanted, stallMs) : wanted.from;
  wanted.signal?.throwIfAborted();
  if (start >= end) return start;
  const reached = Promise.withResolvers<number>();
  let position = start;
  const stalled = (): void => {
    const where = `partition ${partition} of ${topic} stands at ${position}, its end is ${end}`;
    reached.reject(new Failure('kafka.stalled', `${where}; nothing came for ${stallMs} ms`));
  };
  let timer = setTimeout(stalled, stallMs);
  let waiting = 0;
  let taking: Promise<void> = Promise.resolve();
  const take = async (records: readonly KafkaRecord[], next: number): Promise<void> => {
    if (records.length > 0) await wanted.onRecords(records);
    clearTimeout(timer);
    timer = setTimeout(stalled, stallMs);
    waiting--;
    if (waiting < waitingMax) fetcher.resume(wanted);
    if (next >= end) reached.resolve(next);
  };
  const fetcher = new PartitionFetcher(client, {
    onDelivery: ({ records, nextOffset }) => {
      position = nextOffset;
      waiting++;
      if (waiting >= waitingMax) fetcher.pause(wanted);
      taking = taking.then(() => take(records, nextOffset));
      taking.catch(reached.reject);
    },
    onFatal: reached.reject,
  });
  const abort = (): void => reached.reject(wanted.signal?.reason);
  wanted.signal?.addEventListener('abort', abort);
  try {
    fetcher.read(wanted, start);
    return await reached.promise;
  } finally {
    clearTimeout(timer);
    wanted.signal?.removeEventListener('abort', abort);
    void fetcher.stop();
  }
}

async function startOf(
  client: KafkaClient,
  { topic, partition }: TopicPartition,
  retryTimeoutMs: number,
): Promise<number> {
  return (await listOffsets(client, topic, [partition], 'start', retryTimeoutMs)).get(partition)!;
}

/** What to read on and on. */
export type Follow = {
  readonly topic: string;
  readonly partitions: readonly number[];
  /** First offset to read of each; from the beginning where it has none. */
  readonly from?: ReadonlyMap<number, number>;
  /** Takes what came, in order within a partition; must not wait. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** Called once, when nothing more can come: a `Failure`, or what `onDelivery` threw. */
  readonly onFatal: (error: unknown) => void;
  /** How long the broker is left alone after a fetch that brought little, in milliseconds; see `FetcherOptions`. */
  readonly restMs?: number;
};

/** A reading that goes on. */
export type Following = {
  /** Settled once each partition was read up to where it ended when the following began. Never rejects. */
  readonly caughtUp: Promise<void>;
  readonly stop: () => Promise<void>;
};

/**
 * Reads partitions of a topic, read committed, for as long as the process lives, whatever happens to
 * brokers and leaders. No group, no commits: the caller keeps what it has read, or reads it again.
 *
 * @throws Failure `kafka.unavailable` or `kafka.topics`, at the start.
 */
export async function followPartitions(client: KafkaClient, wanted: Follow): Promise<Following> {
  const { topic, partitions } = wanted;
  const [starts, ends] = await Promise.all([
    listOffsets(client, topic, partitions, 'start'),
    listOffsets(client, topic, partitions, 'stable-end'),
  ]);
  const caughtUp = Promise.withResolvers<void>();
  const behind = new Set<number>();
  const fetcher = new PartitionFetcher(client, {
    // The partitions stay the same, so nothing has to wait for a fetch that waits.
    maxWaitMs: 2_000,
    ...(wanted.restMs === undefined ? {} : { restMs: wanted.restMs }),
    onDelivery: (delivery) => {
      wanted.onDelivery(delivery);
      if (!behind.has(delivery.partition) || delivery.nextOffset < ends.get(delivery.partition)!) return;
      behind.delete(delivery.partition);
      if (behind.size === 0) caughtUp.resolve();
    },
    onFatal: wanted.onFatal,
  });
  for (const partition of partitions) {
    const from = wanted.from?.get(partition) ?? starts.get(partition)!;
    if (from < ends.get(partition)!) behind.add(partition);
    fetcher.read({ topic, partition }, from);
  }
  if (behind.size === 0) caughtUp.resolve();
  return { caughtUp: caughtUp.promise, stop: () => fetcher.stop() };
}
