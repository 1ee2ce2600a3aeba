/** A steady load on the pipeline, by both ways in, of which is known exactly what was published. */
import { setTimeout as sleep } from 'node:timers/promises';
import { families, topicOf } from '@tidemark/events/families';
import type { Send } from '../../packages/kafka/send-plan.ts';
import { crowd, toldOf } from '../convergence/crowd.ts';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { believable, permuted, repeated, seeded, type StoryFamily } from '../support/histories.ts';
import { type Draw, chance } from '../support/histories/draw.ts';
import { type Pipeline, sendsOf } from '../support/pipeline.ts';
import { ExactPublisher } from './exact-publisher.ts';
import { postUntilAccepted } from './http-publisher.ts';
import { Living } from './living.ts';

/** What was published so far. */
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
  /** Lets what is under way be accepted, and publishes nothing more. */
  readonly end: () => Promise<void>;
  /** Leaves what is under way, and publishes nothing more. */
  readonly drop: () => void;
  /** Settled, by a rejection, when the load cannot go on. */
  readonly failed: Promise<never>;
};

const day = 86_400_000;
const parcelEvents = 40;
const told: readonly [StoryFamily, ...StoryFamily[]] = [
  'subscription',
  'purchase',
  'cart',
  'contact',
  'mention',
];

/** Histories without end, shaken: nasty ones among customers of their own, believable ones of the same few. */
function* deliveries(seed: number): Generator<readonly ContractEvent[]> {
  const draw = seeded(seed);
  for (let round = 0; ; round++) {
    const now = Date.now();
    const range = { from: now - 250 * day, to: now - day };
    const own = seed * 10_000 + round;
    const nasty = toldOf(`${own}:`, crowd(own, 6, 40, range, told).flat());
    const shaken = permuted(draw, repeated(draw, [...nasty, ...believable(own, 8, range)], 10));
    for (let from = 0; from < shaken.length; from += parcelEvents)
      yield shaken.slice(from, from + parcelEvents);
  }
}

/**
 * Publishes until it is ended: every other parcel through the collector, the others straight to Kafka, a third of those
 * into partitions that are not their entity's, and with records among them that are no events.
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
  const living = new Living(draw);
  const pauseMs = (1000 * 2 * parcelEvents) / eventsPerSecond;

  // The two ways publish other events, so that of each is known what it published.
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
    const { again } = await postUntilAccepted(pipeline.collector!.port, posted, giveUp.signal);
    counts.httpAgain += again;
    counts.httpEvents += accepted(some);
  };
  const keepOn = async (own: number, publish: typeof toKafka, more: () => readonly ContractEvent[]) => {
    for (const parcel of deliveries(own)) {
      if (ending.signal.aborted) return;
      const some = [...parcel, ...more()];
      await publish(some);
      await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const ways = [
    keepOn(2 * seed, toKafka, () => living.upTo(Date.now())),
    keepOn(2 * seed + 1, toCollector, () => []),
  ];
  const failed = Promise.race(ways.map((way) => way.then(() => new Promise<never>(() => undefined))));
  // What fails after that is of no interest, and must not end the process.
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
      const patience = setTimeout(
        () => giveUp.abort(new Error('what was under way was never accepted')),
        120_000,
      );
      await Promise.all(ways).finally(() => clearTimeout(patience));
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
  const topic = topicOf(families[draw.below(families.length)]!);
  return { topic, partition: draw.below(partitions), records: [{ key: null, value }] };
}
