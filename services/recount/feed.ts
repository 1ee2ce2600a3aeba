import { setTimeout as sleep } from 'node:timers/promises';
import { families, topicOf } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { Failure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { generationOf } from '@tidemark/topics/generation';
import { numbers } from './cut.ts';
import {
  feedArrivals,
  type Fed,
  feedHistory,
  feedPending,
  type FeederContext,
  keepFeeding,
} from './feeder.ts';
import type { EventsCut, Journal, Made, StateCut } from './journal.ts';
import { feedGroup } from '@tidemark/topics/groups';
import { throttle } from './throttle.ts';

/** Where and how fast a generation is fed. */
export type FeedOptions = {
  readonly client: KafkaClient;
  readonly journal: Journal;
  readonly made: Made;
  readonly directory: string;
  /** Events of the history in a second at most. */
  readonly rate: number;
  readonly log: Log;
  readonly onFed: (fed: Fed) => void;
  /** Called once, when all histories are fed. */
  readonly onHistory: () => void;
  /** Called with the number of records of what arrives that were copied. */
  readonly onArrivals: (records: number) => void;
};

/**
 * Feeds a generation: the histories of all partitions, then what waited at the cut, then, until the signal is aborted, what
 * arrives. What repeats an event of the history comes after it, so that it is known as a duplicate.
 *
 * @throws Failure `kafka.topics` when the cut is not in the journal, and what cannot be tried again.
 */
export async function feed(options: FeedOptions, signal: AbortSignal): Promise<void> {
  const { client, journal, made, directory, log } = options;
  const { KAFKA_PREFIX: prefix } = client.settings;
  const from = generationOf(made.from, prefix);
  const to = generationOf(made.number, prefix);
  const counts = await partitionCounts(client, [from.state, topicOf(families[0]!, prefix)]);
  const context: FeederContext = {
    client,
    from,
    to,
    partitions: made.partitions,
    group: to.own(feedGroup),
    directory,
    throttle: throttle(options.rate, { now: () => performance.now(), sleep: (ms) => sleep(ms) }),
    log,
    onFed: options.onFed,
    onArrivals: options.onArrivals,
  };
  const stateCut = (partition: number): StateCut =>
    known(journal.stateCut(made.number, partition), partition);
  const eventsCut = (partition: number): EventsCut =>
    known(journal.eventsCut(made.number, partition), partition);
  const histories = numbers(counts.get(from.state) ?? 0);
  const each = async (
    partitions: readonly number[],
    work: (partition: number) => Promise<void>,
  ): Promise<void> => {
    await Promise.all(partitions.map((partition) => keepFeeding(context, signal, () => work(partition))));
  };
  await each(histories, (partition) => feedHistory(context, partition, stateCut(partition), signal));
  if (signal.aborted) return;
  await each(histories, (partition) => feedPending(context, partition, stateCut(partition)));
  if (signal.aborted) return;
  options.onHistory();
  await each(numbers(counts.get(topicOf(families[0]!, prefix)) ?? 0), (partition) =>
    feedArrivals(context, partition, eventsCut(partition), signal),
  );
}

function known<Cut>(cut: Cut | undefined, partition: number): Cut {
  if (cut !== undefined) return cut;
  throw new Failure(
    'kafka.topics',
    `topic generations has no cut of partition ${partition}: was it made anew? Begin the recount again`,
  );
}
