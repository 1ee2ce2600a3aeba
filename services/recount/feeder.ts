import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { families, topicOf, type Family } from '@tidemark/events/families';
import type { KafkaClient, OffsetOf } from '@tidemark/kafka/client';
import { committedOffsets, type CommittedOffset } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { type Send, TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { type Generation, taskId } from '@tidemark/topics/generation';
import { ownerOf } from '@tidemark/runtime/entity-id';
import { Arrivals } from './arrivals.ts';
import { arrivedSend, pendingSend } from './copies.ts';
import type { EventsCut, StateCut } from './journal.ts';
import { archivedGroup, type Destination, historySend } from './history.ts';
import { Mirror } from './mirror.ts';
import type { Throttle } from './throttle.ts';

/** What a feeder works on, and how. */
export type FeederContext = {
  readonly client: KafkaClient;
  readonly from: Generation;
  readonly to: Generation;
  /** Partitions of the new generation. */
  readonly partitions: number;
  /** The consumer group of the new generation's feeders. */
  readonly group: string;
  readonly directory: string;
  readonly throttle: Throttle;
  readonly log: Log;
  /** Called with how much of the histories was fed; entities of the archive are not counted. */
  readonly onFed: (fed: Fed) => void;
  /** Called with the number of records that arrived and were copied. */
  readonly onArrivals: (records: number) => void;
};

/** What was fed of the histories. */
export type Fed = { readonly entities: number; readonly events: number };

/** Records in one transaction, about. */
const recordsPerTransaction = 2_000;
const restartPauseMs = { fenced: 3_000, other: 500 };
const done = 'done';

/** Where the copy of a partition of `state` is. */
export function mirrorDirectory({ to, directory }: FeederContext, partition: number): string {
  return join(directory, `g${to.number}`, String(partition));
}

/**
 * Feeds one partition of the histories: what is in the copy of `state`, in the archive, and what waited at the cut. It goes on
 * where it was committed to be.
 *
 * @throws Failure `kafka.fenced` when another feeder of the partition works, and others.
 */
export async function feedHistory(
  context: FeederContext,
  partition: number,
  cut: StateCut,
  signal: AbortSignal,
): Promise<void> {
  await withProducer(context, partition, async (producer) => {
    await feedState(context, producer, partition, signal);
    await feedArchive(context, producer, partition, cut, signal);
  });
}

/** Feeds what waited at the cut. All histories are fed by then, so that what repeats them is known. */
export async function feedPending(context: FeederContext, partition: number, cut: StateCut): Promise<void> {
  await withProducer(context, partition, async (producer) => {
    const { client, from } = context;
    // A mark of its own: the offsets of these topics are those of the events that arrive.
    const mark = { topic: from.counters, partition };
    if ((await standing(context, mark))?.metadata === done) return;
    const sends: Send[] = [];
    for (const family of families) {
      const { from: first, to: end } = cut.pending[family];
      if (first >= end) continue;
      await readPartitionToEnd(client, {
        topic: from.eventsOf(family),
        partition,
        from: first,
        onRecords(records) {
          for (const record of records)
            if (record.offset < end) {
              const send = pendingSend(
                { family, partition, record },
                destinationOf(context),
                from.number === 1,
              );
              if (send !== undefined) sends.push(send);
            }
        },
      });
    }
    await commit(context, producer, sends, [{ ...mark, offset: cut.counters, metadata: done }]);
  });
}

/** Feeds what arrives, until the signal is aborted. */
export async function feedArrivals(
  context: FeederContext,
  partition: number,
  { offsets: first }: EventsCut,
  signal: AbortSignal,
): Promise<void> {
  await withProducer(context, partition, async (producer) => {
    const { KAFKA_PREFIX: prefix } = context.client.settings;
    const asked = families.map((family) => ({ topic: topicOf(family, prefix), partition }));
    const committed = await committedOffsets(context.client, context.group, asked);
    const starts = families.map((family, index): [Family, number] => [
      family,
      committed[index]?.offset ?? first[family],
    ]);
    // Where nothing arrives, it is known too that nothing is left.
    const begun = starts.map(([family, offset]) => ({ topic: topicOf(family, prefix), partition, offset }));
    await commit(context, producer, [], begun);
    const arrivals = new Arrivals(context.client, partition, new Map(starts));
    try {
      while (!signal.aborted) {
        const arrived = await arrivals.next(signal);
        const sends = arrived.flatMap(({ family, records }) =>
          records.flatMap(
            (record) => arrivedSend({ family, partition, record }, destinationOf(context)) ?? [],
          ),
        );
        const next = new Map(arrived.map(({ topic, nextOffset }) => [topic, nextOffset]));
        const offsets = [...next].map(([topic, offset]) => ({ topic, partition, offset }));
        if (offsets.length > 0) await commit(context, producer, sends, offsets);
        context.onArrivals(sends.length);
      }
    } finally {
      await arrivals.stop();
    }
  });
}

/** Works until it is done, and begins anew from what was committed while Kafka is away or a feeder of before still works. */
export async function keepFeeding(
  { log }: Pick<FeederContext, 'log'>,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return;
      if (!isFailure(error) || error.retry === 'never') throw error;
      log.warn({ err: error }, 'Feeding broke off; it begins anew where it was committed to be.');
      const pauseMs = error.code === 'kafka.fenced' ? restartPauseMs.fenced : restartPauseMs.other;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function feedState(
  context: FeederContext,
  producer: TransactionalProducer,
  partition: number,
  signal: AbortSignal,
): Promise<void> {
  const mark = { topic: context.from.state, partition };
  const known = await standing(context, mark);
  if (known?.metadata === done) return;
  const fed = known?.offset ?? 0;
  const mirror = await Mirror.open(mirrorDirectory(context, partition));
  try {
    const batch = new Batch(context, producer);
    let entities = 0;
    context.onFed({ entities: fed, events: 0 });
    for await (const packed of mirror.entities()) {
      signal.throwIfAborted();
      entities++;
      if (entities <= fed) continue;
      batch.add(historySend({ ...packed, isArchived: false }, destinationOf(context)), true);
      if (batch.isFull) await batch.commit({ ...mark, offset: entities, metadata: '' });
    }
    await batch.commit({ ...mark, offset: entities, metadata: done });
  } finally {
    await mirror.close();
  }
}

async function feedArchive(
  context: FeederContext,
  producer: TransactionalProducer,
  partition: number,
  cut: StateCut,
  signal: AbortSignal,
): Promise<void> {
  const mark = { topic: context.from.archive, partition };
  const known = await standing(context, mark);
  if (known?.metadata === done) return;
  const batch = new Batch(context, producer);
  let group: { readonly name: string; readonly parts: Uint8Array[] } | undefined;
  const close = (): void => {
    if (group === undefined) return;
    const { name, parts } = group;
    batch.add(historySend({ id: ownerOf(name), parts, isArchived: true }, destinationOf(context)), false);
    group = undefined;
  };
  await readPartitionToEnd(context.client, {
    ...mark,
    from: known?.offset ?? 0,
    signal,
    async onRecords(records) {
      for (const { offset, key, value } of records) {
        if (offset >= cut.archive || key === null || value === null) continue;
        const name = archivedGroup(key.toString());
        if (group?.name !== name) {
          close();
          if (batch.isFull) await batch.commit({ ...mark, offset, metadata: '' });
          group = { name, parts: [] };
        }
        group.parts.push(value);
      }
    },
  });
  close();
  await batch.commit({ ...mark, offset: cut.archive, metadata: done });
}

/** Events of the history that go in one transaction. */
class Batch {
  readonly #context: FeederContext;
  readonly #producer: TransactionalProducer;
  #sends: Send[] = [];
  #records = 0;
  #live = 0;

  constructor(context: FeederContext, producer: TransactionalProducer) {
    this.#context = context;
    this.#producer = producer;
  }

  get isFull(): boolean {
    return this.#records >= recordsPerTransaction;
  }

  add(send: Send, isLive: boolean): void {
    this.#sends.push(send);
    if (isLive) this.#live++;
    this.#records += send.records.length;
  }

  /** Publishes them with how far feeding is. */
  async commit(mark: OffsetOf): Promise<void> {
    const [sends, records, live] = [this.#sends, this.#records, this.#live];
    this.#sends = [];
    this.#records = 0;
    this.#live = 0;
    await this.#context.throttle.take(records);
    await commit(this.#context, this.#producer, sends, [mark]);
    this.#context.onFed({ entities: live, events: records });
  }
}

async function commit(
  { group }: FeederContext,
  producer: TransactionalProducer,
  sends: readonly Send[],
  offsets: readonly OffsetOf[],
): Promise<void> {
  const byPlace = Map.groupBy(sends, ({ topic, partition }) => `${topic}/${partition}`);
  const joined = [...byPlace.values()].map((some): Send => ({
    ...some[0]!,
    records: some.flatMap(({ records }) => records),
  }));
  await producer.commit({ sends: joined, offsets, groupId: group });
}

async function withProducer(
  { client, group }: FeederContext,
  partition: number,
  work: (producer: TransactionalProducer) => Promise<void>,
): Promise<void> {
  const producer = new TransactionalProducer(client, { transactionalId: taskId(group, partition) });
  try {
    await producer.fence();
    await work(producer);
  } finally {
    await producer.close();
  }
}

async function standing(
  { client, group }: FeederContext,
  mark: { readonly topic: string; readonly partition: number },
): Promise<CommittedOffset | undefined> {
  return (await committedOffsets(client, group, [mark]))[0];
}

function destinationOf({ to, partitions }: FeederContext): Destination {
  return { eventsOf: to.eventsOf, partitions };
}
