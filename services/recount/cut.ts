import { setTimeout as sleep } from 'node:timers/promises';
import { families, topicOf, type Family } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets, type End, listOffsets } from '@tidemark/kafka/offsets';
import { type Send, TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { Failure, isFailure } from '@tidemark/service/failures';
import { type Generation, taskId } from '@tidemark/topics/generation';
import { type EventsCut, journalKey, journalSend, type StateCut } from './journal.ts';

/** Between what is cut. */
export type CutOptions = {
  readonly from: Generation;
  /** The number of the new generation. */
  readonly to: number;
  /** `APPLICATION_ID` and the feeders' group, without the generation's suffix. */
  readonly application: string;
  readonly feedGroup: string;
  /** Partitions of the generation, and of `events.<family>`. */
  readonly partitions: number;
  readonly received: number;
  readonly now: () => number;
};

const attemptsMax = 10;

/**
 * Makes the cut: one instant at which nothing is under way in any partition. It takes the transactional ids of all tasks
 * (and of the feeders of a later generation), reads where they stand, and commits what it has read under these ids. A task that
 * came back in the meantime has taken its id again, so that the commit is refused, and all is done again.
 *
 * @returns The cuts of all partitions; they are in the journal too.
 * @throws Failure `kafka.fenced` when the tasks come back too soon again and again, `kafka.unavailable`.
 */
export async function makeCut(client: KafkaClient, options: CutOptions): Promise<readonly StateCut[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryCut(client, options);
    } catch (error) {
      if (!isFailure(error, 'kafka.fenced') || attempt === attemptsMax) throw error;
      client.log.info({ attempt }, 'A task came back while the cut was made; it is made again.');
      await sleep(1_000);
    }
  }
}

async function tryCut(client: KafkaClient, options: CutOptions): Promise<readonly StateCut[]> {
  const { from, application, feedGroup, partitions, received } = options;
  const producerOf = (group: string, partition: number): TransactionalProducer =>
    new TransactionalProducer(client, { transactionalId: taskId(group, partition) });
  const tasks = numbers(partitions).map((partition) => producerOf(from.own(application), partition));
  const feeders =
    from.number === 1
      ? undefined
      : numbers(received).map((partition) => producerOf(from.own(feedGroup), partition));
  const all = [...tasks, ...(feeders ?? [])];
  try {
    await Promise.all(all.map((producer) => producer.fence()));
    const [states, events] = await Promise.all([stateCuts(client, options), eventsCuts(client, options)]);
    const commit = async (producer: TransactionalProducer, sends: readonly Send[]): Promise<void> => {
      await producer.commit({ sends, offsets: [], groupId: '' });
    };
    const eventsSend = (partition: number): Send =>
      journalSend(client, journalKey.eventsCut(options.to, partition), events[partition]!);
    await Promise.all([
      ...tasks.map((producer, partition) =>
        commit(producer, [
          journalSend(client, journalKey.stateCut(options.to, partition), states[partition]!),
          // Without feeders the tasks themselves read what arrives.
          ...(feeders === undefined ? [eventsSend(partition)] : []),
        ]),
      ),
      ...(feeders ?? []).map((producer, partition) => commit(producer, [eventsSend(partition)])),
    ]);
    return states;
  } finally {
    await Promise.all(all.map((producer) => producer.close()));
  }
}

async function stateCuts(
  client: KafkaClient,
  { from, application, partitions, now }: CutOptions,
): Promise<StateCut[]> {
  const at = now();
  const all = numbers(partitions);
  const ends = (topic: string, end: End = 'stable-end'): Promise<ReadonlyMap<number, number>> =>
    listOffsets(client, topic, all, end);
  const [state, archive, counters, facts, counted, ...ofEvents] = await Promise.all([
    ends(from.state),
    ends(from.archive),
    ends(from.counters),
    ends(from.facts),
    standing(client, from.own(application), from.eventsOf, partitions),
    ...families.map((family) => ends(from.eventsOf(family))),
  ]);
  return all.map((partition) => ({
    at,
    state: state.get(partition)!,
    archive: archive.get(partition)!,
    counters: counters.get(partition)!,
    facts: facts.get(partition)!,
    pending: byFamily((family, index) => ({
      from: counted(family, partition),
      to: ofEvents[index]!.get(partition)!,
    })),
  }));
}

async function eventsCuts(
  client: KafkaClient,
  { from, application, feedGroup, received }: CutOptions,
): Promise<EventsCut[]> {
  const group = from.own(from.number === 1 ? application : feedGroup);
  const taken = await standing(
    client,
    group,
    (family) => topicOf(family, client.settings.KAFKA_PREFIX),
    received,
  );
  return numbers(received).map((partition) => ({ offsets: byFamily((family) => taken(family, partition)) }));
}

/** Where a group stands in its topics of events; at the first record where it never committed. */
async function standing(
  client: KafkaClient,
  group: string,
  nameOf: (family: Family) => string,
  partitions: number,
): Promise<(family: Family, partition: number) => number> {
  const asked = families.flatMap((family) =>
    numbers(partitions).map((partition) => ({ topic: nameOf(family), partition })),
  );
  const [committed, ...starts] = await Promise.all([
    committedOffsets(client, group, asked),
    ...families.map((family) => listOffsets(client, nameOf(family), numbers(partitions), 'start')),
  ]);
  return (family, partition) => {
    const found = committed.find((one) => one.topic === nameOf(family) && one.partition === partition);
    const start = starts[families.indexOf(family)]!.get(partition)!;
    if (found?.offset !== undefined && found.offset < start)
      throw new Failure(
        'kafka.offset-gone',
        `group ${group} stands at ${found.offset} of partition ${partition} of ${nameOf(family)}, which begins at ${start}`,
      );
    return found?.offset ?? start;
  };
}

function byFamily<Value>(of: (family: Family, index: number) => Value): { [F in Family]: Value } {
  return Object.fromEntries(families.map((family, index) => [family, of(family, index)])) as {
    [F in Family]: Value;
  };
}

/** 0 to `count − 1`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
