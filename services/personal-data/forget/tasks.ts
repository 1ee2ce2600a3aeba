import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { Failure, isFailure } from '@tidemark/service/failures';

const attemptsMax = 20;
const againAfterMs = 1_000;
const lookEveryMs = 500;
const standstillMsMax = 120_000;

/**
 * Does work under the transactional ids of others, who can commit nothing meanwhile and begin anew some seconds later. When one of them
 * has come back before the work was committed, it is done again.
 *
 * @param work Given a producer for each id, in their order.
 * @throws Failure `kafka.fenced` when they come back too soon again and again.
 */
export async function inPlaceOf<Result>(
  client: KafkaClient,
  ids: readonly string[],
  work: (producers: readonly TransactionalProducer[]) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const producers = ids.map((transactionalId) => new TransactionalProducer(client, { transactionalId }));
    try {
      await Promise.all(producers.map((producer) => producer.fence()));
      return await work(producers);
    } catch (error) {
      if (!isFailure(error, 'kafka.fenced') || attempt === attemptsMax) throw error;
      client.log.info({ attempt }, 'A task came back while its place was taken; it is taken again.');
      await sleep(againAfterMs);
    } finally {
      await Promise.all(producers.map((producer) => producer.close()));
    }
  }
}

/** The ends of topics, of each partition by its number. */
export type Ends = ReadonlyMap<string, readonly number[]>;

/** Where topics end now, as far as transactions are decided. */
export async function endsOf(
  client: KafkaClient,
  topics: readonly string[],
  partitions: number,
): Promise<Ends> {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const ends = await Promise.all(topics.map((topic) => listOffsets(client, topic, all, 'stable-end')));
  return new Map(topics.map((topic, index) => [topic, all.map((partition) => ends[index]!.get(partition)!)]));
}

/**
 * Waits until a group has committed some ends: records before them may be deleted then.
 *
 * @throws Failure `kafka.stalled` when it stands still for two minutes.
 */
export async function untilTaken(
  client: KafkaClient,
  group: string,
  ends: Ends,
  onLeft: (offsets: number) => void,
): Promise<void> {
  let least = Infinity;
  let movedAt = performance.now();
  for (;;) {
    const left = await offsetsLeft(client, group, ends);
    if (left === 0) return;
    onLeft(left);
    if (left < least) [least, movedAt] = [left, performance.now()];
    if (performance.now() - movedAt > standstillMsMax)
      throw new Failure(
        'kafka.stalled',
        `group ${group} has ${left} records before it and takes none: start its service, and give the command again`,
      );
    await sleep(lookEveryMs);
  }
}

/** Offsets before the ends, markers of transactions among them. */
async function offsetsLeft(client: KafkaClient, group: string, ends: Ends): Promise<number> {
  const places = [...ends].flatMap(([topic, those]) =>
    those.map((end, partition) => ({ topic, partition, end })),
  );
  const committed = await committedOffsets(client, group, places);
  return places.reduce(
    (left, { end }, index) => left + Math.max(0, end - (committed[index]?.offset ?? 0)),
    0,
  );
}
