import type { Retention } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { TransactionalProducer, type Send } from '@tidemark/kafka/transactional-producer';
import type { Generation } from '@tidemark/topics/generation';
import { hopHeader, receivedAtHeader, takeIn } from '@tidemark/runtime/intake';
import {
  readDeadLetters,
  republishedHeader,
  type DeadLetter,
  type DeadLetterFilter,
} from './dead-letters.ts';

const recordsPerTransaction = 500;

/** The result of re-publishing. */
export type Republishing = {
  /** Dead letters that the filter selects. */
  readonly selected: number;
  /** Those of them that were re-published before. They are not re-published again. */
  readonly before: number;
  /** The rest that is valid now. */
  readonly good: readonly DeadLetter[];
  /** The rest that would become dead letters again, by reason. */
  readonly stillBad: ReadonlyMap<string, number>;
};

/** By what dead letters are judged anew. */
export type Judging = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How old events may be, as the processor has it. */
  readonly retention: Retention;
};

/**
 * Sorts dead letters by what would happen if they were re-published now.
 *
 * @param partitions Of the events topics.
 */
export function judge(
  deadLetters: readonly DeadLetter[],
  { now, retention }: Judging,
  partitions: number,
): Republishing {
  const open = deadLetters.filter(({ republished }) => !republished);
  const good: DeadLetter[] = [];
  const stillBad = new Map<string, number>();
  for (const deadLetter of open) {
    const { family, original, key, value } = deadLetter;
    const record = { offset: original.offset, timestamp: now, key, value, headers: headersOf(deadLetter) };
    const intake = takeIn(family, record, original.partition, partitions, retention);
    if (intake.outcome !== 'dead-letter') good.push(deadLetter);
    else {
      const { reason } = intake.deadLetter;
      stillBad.set(reason, (stillBad.get(reason) ?? 0) + 1);
    }
  }
  return { selected: deadLetters.length, before: deadLetters.length - open.length, good, stillBad };
}

/** The result that re-publishing would have. It changes nothing. */
export async function previewOf(
  client: KafkaClient,
  names: Generation,
  filter: DeadLetterFilter,
  judging: Judging,
): Promise<Republishing> {
  return judge(await readDeadLetters(client, names, filter), judging, await eventPartitions(client, names));
}

/**
 * Publishes the dead letters that are valid now to their topics: their own bytes, with the time of their first receipt.
 * The same transaction records that they were re-published. So no dead letter is re-published twice, even when the command is
 * interrupted, runs again, or runs twice at a time. A later run fences an earlier one and reads its records.
 *
 * @param onProgress Called with the number that is done and the number of all.
 */
export async function republish(
  client: KafkaClient,
  names: Generation,
  filter: DeadLetterFilter,
  judging: Judging,
  onProgress: (done: number, all: number) => void,
): Promise<Republishing> {
  const producer = new TransactionalProducer(client, {
    transactionalId: `${client.settings.KAFKA_PREFIX}tidemark-dead-letters`,
  });
  try {
    await producer.fence();
    const judged = await previewOf(client, names, filter, judging);
    const { good } = judged;
    for (let from = 0; from < good.length; from += recordsPerTransaction) {
      const some = good.slice(from, from + recordsPerTransaction);
      await producer.commit({
        sends: [...some.map(sendOf), ...republishedRecords(names.deadLetters, some)],
        offsets: [],
        groupId: '',
      });
      onProgress(from + some.length, good.length);
    }
    return judged;
  } finally {
    await producer.close();
  }
}

async function eventPartitions(client: KafkaClient, names: Generation): Promise<number> {
  const topic = names.eventsOf('subscription');
  return (await partitionCounts(client, [topic])).get(topic) ?? 1;
}

function headersOf({ receivedAt }: DeadLetter): Record<string, Buffer> {
  return { [hopHeader]: Buffer.from('again'), [receivedAtHeader]: Buffer.from(String(receivedAt)) };
}

function sendOf(deadLetter: DeadLetter): Send {
  const { original, key, value } = deadLetter;
  const headers = { [hopHeader]: 'again', [receivedAtHeader]: String(deadLetter.receivedAt) };
  return { topic: original.topic, partition: original.partition, records: [{ key, value, headers }] };
}

/** One record for each partition of the dead letters, which records that they were re-published. */
function republishedRecords(topic: string, deadLetters: readonly DeadLetter[]): Send[] {
  const places = Map.groupBy(deadLetters, ({ partition }) => partition);
  return [...places].map(([partition, those]) => {
    const value = Buffer.from(JSON.stringify({ offsets: those.map(({ offset }) => offset) }));
    const record = { key: null, value, headers: { [republishedHeader]: '1' } };
    return { topic, partition, records: [record] };
  });
}
