import { topicOf } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { TransactionalProducer, type Send } from '@tidemark/kafka/transactional-producer';
import { hopHeader, receivedAtHeader, takeIn } from '@tidemark/runtime/intake';
import {
  deadLettersTopic,
  readLetters,
  republishedHeader,
  type Letter,
  type LetterFilter,
} from './letters.ts';

const transactionalId = 'tidemark-dead-letters';
const lettersPerTransaction = 500;

/** What re-publishing comes to. */
export type Republishing = {
  /** Letters that the filter means. */
  readonly meant: number;
  /** Of those, re-published before: left alone. */
  readonly before: number;
  /** Of the rest, good by now. */
  readonly good: readonly Letter[];
  /** Of the rest, those that would be set aside again, by reason. */
  readonly stillBad: ReadonlyMap<string, number>;
};

/**
 * Sorts letters by what would become of them if they were re-published now.
 *
 * @param partitions Of the events topics.
 */
export function judge(letters: readonly Letter[], now: number, partitions: number): Republishing {
  const open = letters.filter(({ republished }) => !republished);
  const good: Letter[] = [];
  const stillBad = new Map<string, number>();
  for (const letter of open) {
    const { family, original, key, value } = letter;
    const record = { offset: original.offset, timestamp: now, key, value, headers: headersOf(letter) };
    const intake = takeIn(family, record, original.partition, partitions);
    if (intake.outcome !== 'dead-letter') good.push(letter);
    else {
      const { reason } = intake.deadLetter;
      stillBad.set(reason, (stillBad.get(reason) ?? 0) + 1);
    }
  }
  return { meant: letters.length, before: letters.length - open.length, good, stillBad };
}

/** What re-publishing would come to; changes nothing. */
export async function previewOf(
  client: KafkaClient,
  filter: LetterFilter,
  now: number,
): Promise<Republishing> {
  return judge(await readLetters(client, filter), now, await eventPartitions(client));
}

/**
 * Puts the letters that are good by now back into their topics: their own bytes, with the time of their first receipt.
 * That they were re-published is written in the same transaction, so no letter is re-published twice, however often the
 * command runs, is broken off, or runs twice at a time: who begins later fences the other, and reads what it had done.
 *
 * @param onProgress Told how many of how many are done.
 */
export async function republish(
  client: KafkaClient,
  filter: LetterFilter,
  now: number,
  onProgress: (done: number, all: number) => void,
): Promise<Republishing> {
  const producer = new TransactionalProducer(client, { transactionalId });
  try {
    await producer.fence();
    const judged = await previewOf(client, filter, now);
    const { good } = judged;
    for (let from = 0; from < good.length; from += lettersPerTransaction) {
      const some = good.slice(from, from + lettersPerTransaction);
      await producer.commit({ sends: [...some.map(sendOf), ...marksOf(some)], offsets: [], groupId: '' });
      onProgress(from + some.length, good.length);
    }
    return judged;
  } finally {
    await producer.close();
  }
}

async function eventPartitions(client: KafkaClient): Promise<number> {
  const topic = topicOf('subscription');
  return (await partitionCounts(client, [topic])).get(topic) ?? 1;
}

function headersOf({ receivedAt }: Letter): Record<string, Buffer> {
  return { [hopHeader]: Buffer.from('again'), [receivedAtHeader]: Buffer.from(String(receivedAt)) };
}

function sendOf(letter: Letter): Send {
  const { original, key, value } = letter;
  const headers = { [hopHeader]: 'again', [receivedAtHeader]: String(letter.receivedAt) };
  return { topic: original.topic, partition: original.partition, records: [{ key, value, headers }] };
}

/** One record a partition of letters, which says that they were re-published. */
function marksOf(letters: readonly Letter[]): Send[] {
  const places = Map.groupBy(letters, ({ partition }) => partition);
  return [...places].map(([partition, those]) => {
    const value = Buffer.from(JSON.stringify({ offsets: those.map(({ offset }) => offset) }));
    const record = { key: null, value, headers: { [republishedHeader]: '1' } };
    return { topic: deadLettersTopic, partition, records: [record] };
  });
}
