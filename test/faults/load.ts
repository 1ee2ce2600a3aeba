/** A steady load on the pipeline, through the collector and straight to Kafka, whose events are known exactly. */
import { setTimeout as sleep } from 'node:timers/promises';
import { families, topicOf } from '@tidemark/events/families';
import type { Send } from '../../packages/kafka/send-plan.ts';
import { randomHistories, ofOthers } from '../convergence/random-histories.ts';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { realisticHistories, permuted, rateFeed, repeated, seeded } from '../support/histories.ts';
import { type Draw, chance } from '@tidemark/metrics/histories/draw.fixtures';
import { type Pipeline, sendsOf } from '../support/pipeline.ts';
import { ExactPublisher } from './exact-publisher.ts';
import { postUntilAccepted } from './http-publisher.ts';
import { LiveCustomers } from './live-customers.ts';

/** The events published so far. */
export type Published = {
  /** Every event that was accepted, repeats left out. */
  readonly events: readonly ContractEvent[];
  /** Records written to Kafka by the exact publisher: events, and repeats among them. */
  readonly kafka: { readonly records: number; readonly repeats: number };
  /** Events accepted by the collector, repeats left out; and requests that had to be made again. */
  readonly http: { readonly events: number; readonly again: number };
  /** Records that are no events. */
  readonly bad: number;
};

/** A load that goes on. */
export type Load = {
  readonly published: () => Published;
  /** Waits until the events under way are accepted, and stops. */
  readonly end: () => Promise<void>;
  /** Gives up the events under way, and stops. */
  readonly drop: () => void;
  /** Settled, by a rejection, when the load cannot go on. */
  readonly failed: Promise<never>;
};

const day = 86_400_000;
const batchEvents = 40;

/** Histories without end in a random order: random ones with customers of their own, realistic ones of the same few. */
function* deliveries(seed: number): Generator<readonly ContractEvent[]> {
  const draw = seeded(seed);
  for (let round = 0; ; round++) {
    const now = Date.now();
    const range = { from: now - 250 * day, to: now - day };
    const own = seed * 10_000 + round;
    const random = ofOthers(`${own}:`, randomHistories(own, 6, 40, range, families).flat());
    const realistic = realisticHistories(own, 8, range);
    // Both ways publish these rates once, under ids of their own: without rates, reporting views say nothing.
    const rates = round === 0 ? ofOthers(`${seed}:`, rateFeed(seeded(seed), range, 2)) : [];
    const shaken = permuted(draw, repeated(draw, [...random, ...realistic, ...rates], 10));
    for (let from = 0; from < shaken.length; from += batchEvents)
      yield shaken.slice(from, from + batchEvents);
  }
}

/**
 * Publishes until it is ended. Every other batch goes through the collector, the others go straight to Kafka: a third of those
 * into wrong partitions, and with records among them that are no events.
 *
 * @param eventsPerSecond On the average, both ways together, while the pipeline takes them.
 */
export function startLoad(pipeline: Pipeline, seed: number, eventsPerSecond: number): Load {
  const draw = seeded(seed);
  const ending = new AbortController();
  const giveUp = new AbortController();
  const events = new Map<string, ContractEvent>();
  const counts = { kafkaRecords: 0, kafkaRepeats: 0, httpEvents: 0, httpAgain: 0, bad: 0 };
  const exact = new ExactPublisher(pipeline.client, giveUp.signal);
  const liveCustomers = new LiveCustomers(draw);
  const collectors = pipeline.members.flatMap(({ name, port }) =>
    name.startsWith('collector-') ? [port] : [],
  );
  const pauseMs = (1000 * 2 * batchEvents) / eventsPerSecond;

  // The two ways publish different events, so that the count of each is known.
  const accepted = (some: readonly ContractEvent[]): number => {
    const before = events.size;
    for (const event of some) events.set(JSON.stringify([event.type.split('.')[0], event.event_id]), event);
    return events.size - before;
  };
  const toKafka = async (some: readonly ContractEvent[]): Promise<void> => {
    const { partitions } = pipeline;
    const anywhere = chance(draw, 33) ? () => draw.below(partitions) : undefined;
    const bad = chance(draw, 50) ? [badRecord(draw, partitions)] : [];
    await exact.publish([...sendsOf(some, partitions, 'kafka', anywhere), ...bad]);
    counts.bad += bad.length;
    counts.kafkaRecords += some.length;
    counts.kafkaRepeats += some.length - accepted(some);
  };
  const toCollector = async (some: readonly ContractEvent[]): Promise<void> => {
    const posted = some.map((event) => ({ ...event, source: 'http' }));
    const { again } = await postUntilAccepted(collectors, posted, giveUp.signal);
    counts.httpAgain += again;
    counts.httpEvents += accepted(some);
  };
  const keepOn = async (own: number, publish: typeof toKafka, more: () => readonly ContractEvent[]) => {
    for (const batch of deliveries(own)) {
      if (ending.signal.aborted) return;
      const some = [...batch, ...more()];
      await publish(some);
      await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const ways = [
    keepOn(2 * seed, toKafka, () => liveCustomers.upTo(Date.now())),
    keepOn(2 * seed + 1, toCollector, () => []),
  ];
  const failed = Promise.race(ways.map((way) => way.then(() => new Promise<never>(() => undefined))));
  // A later failure does not matter, and must not end the process.
  for (const way of [...ways, failed]) way.catch(() => undefined);
  return {
    failed,
    published: () => ({
      events: [...events.values()],
      kafka: { records: counts.kafkaRecords, repeats: counts.kafkaRepeats },
      http: { events: counts.httpEvents, again: counts.httpAgain },
      bad: counts.bad,
    }),
    drop() {
      ending.abort();
      giveUp.abort(new Error('the run was given up'));
    },
    async end() {
      ending.abort();
      const timeout = setTimeout(
        () => giveUp.abort(new Error('the events under way were never accepted')),
        120_000,
      );
      await Promise.all(ways).finally(() => clearTimeout(timeout));
      await exact.close();
    },
  };
}

function badRecord(draw: Draw, partitions: number): Send {
  const values = [
    Buffer.from('{"event_id": "not Avro"}'),
    Buffer.of(0, 0, 0, 255, 255, 1, 2, 3),
    Buffer.alloc(0),
  ];
  const value = values[draw.below(values.length)]!;
  const topic = topicOf(families[draw.below(families.length)]!, '');
  return { topic, partition: draw.below(partitions), records: [{ key: null, value }] };
}
