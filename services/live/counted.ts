import { decodeCounters } from '@tidemark/events/counter-codec';
import { families, topicOf } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { followPartitions } from '@tidemark/kafka/restore';
import { bucketOfKey } from '@tidemark/runtime/counters';
import { Failure } from '@tidemark/service/failures';
import { type Generation, generationOf } from '@tidemark/topics/generation';
import { CounterStore } from './counter-store.ts';

/** The counters of a generation, which go on being followed. */
export type Counted = {
  readonly names: Generation;
  /** Of its topics, and of those in which events arrive. */
  readonly partitions: number;
  readonly received: number;
  /** Settled once they are read up to where they ended at the call. */
  readonly caughtUp: Promise<void>;
  /** From now on what comes goes into this store; it has all that came so far. */
  readonly feed: (store: CounterStore) => void;
  /** From now on nothing goes into that store any more. */
  readonly leave: () => void;
  readonly stop: () => Promise<void>;
};

/**
 * Follows the counters of a generation, at first into a store of their own.
 *
 * @throws Failure `kafka.topics` when they do not exist, `kafka.unavailable`.
 */
export async function followCounters(
  client: KafkaClient,
  generation: number,
  onFatal: (error: unknown) => void,
): Promise<Counted> {
  const names = generationOf(generation, client.settings.KAFKA_PREFIX);
  const topic = names.counters;
  const arrivals = topicOf(families[0]!, client.settings.KAFKA_PREFIX);
  const counts = await partitionCounts(client, [topic, arrivals]);
  const partitions = counts.get(topic);
  if (partitions === undefined) throw new Failure('kafka.topics', `the topic ${topic} does not exist yet`);
  let into = new CounterStore();
  const following = await followPartitions(client, {
    topic,
    partitions: Array.from({ length: partitions }, (_, partition) => partition),
    restMs: 30,
    onDelivery: ({ partition, records }) => {
      for (const { key, value } of records)
        if (value !== null) into.apply(partition, decodeCounters(value));
        else if (key !== null) into.remove(partition, bucketOfKey(key.toString()));
    },
    onFatal,
  });
  return {
    names,
    partitions,
    received: counts.get(arrivals) ?? partitions,
    caughtUp: following.caughtUp,
    feed(store) {
      store.become(into);
      into = store;
    },
    leave() {
      into = new CounterStore();
    },
    stop: following.stop,
  };
}
