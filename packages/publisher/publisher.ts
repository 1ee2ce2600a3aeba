/**
 * The TypeScript publisher: typed events, Avro straight to Kafka.
 *
 * ```ts
 * import { createPublisher } from '@tidemark/publisher';
 *
 * const publisher = await createPublisher({ brokers: ['kafka-1:9092'], source: 'shop' });
 * await publisher.publish({
 *   type: 'purchase.completed',
 *   event_id: order.id, // the same id again is the same event: retry as often as you like
 *   occurred_at: order.paidAt, // a Date, milliseconds, or an RFC 3339 text
 *   customer_id: order.customer,
 *   purchase_id: order.id,
 *   amount: 5900, // minor units: $59.00
 *   currency: 'USD',
 *   kind: 'product',
 * });
 * await publisher.close(); // sends what is left
 * ```
 *
 * **Delivery guarantee.** When the promise resolves, all replicas of Kafka have acknowledged the event. When it rejects
 * with `PublishError`, the error names each event that may be missing, and why. Invalid events are never sent; the others
 * can be published again as they are.
 *
 * **Back pressure.** `publish` waits while more than `bytesMax` are on their way, so a publisher that is awaited is never
 * faster than Kafka. Events of calls that are not awaited stay in memory.
 *
 * **Traces.** Events that are published within a recorded span of the caller's OpenTelemetry are followed in that trace,
 * down to the views; see docs/tracing.md.
 *
 * Set `sequence` where one system stamps several events of an entity with the same millisecond (rule 48).
 */
import type { Retention } from '@tidemark/events/families';
import type { DefaultedField, Event, InternalField } from '@tidemark/events/types';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { failureOf } from '@tidemark/kafka/wire-errors';
import { createLog, type Log } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { EventSender, type EventRecord } from './event-sender.ts';
import { judged } from './judge.ts';
import { sendInCallersTrace } from './traced-send.ts';

type Optional<E> = {
  [Name in keyof E]: null extends E[Name] ? Name : Extract<Name, DefaultedField | 'source'>;
}[keyof E];
type InstantField = 'occurred_at' | 'trial_ends_at' | 'effective_at';

/** An instant as a publisher gives it: a `Date`, milliseconds since the epoch, or RFC 3339 with an offset. */
export type InstantInput = Date | number | string;

type FieldInput<E, Name extends keyof E> = Name extends InstantField
  ? InstantInput | Extract<E[Name], null>
  : E[Name] | (Name extends Optional<E> ? null : never);

type Draft<E> = E extends Event
  ? { readonly [Name in Exclude<keyof E, Optional<E> | InternalField>]: FieldInput<E, Name> } & {
      readonly [Name in Exclude<Optional<E>, InternalField>]?: FieldInput<E, Name> | undefined;
    }
  : never;

/** An event to be published, of any type: what its type requires is required, everything else may be left out. */
export type NewEvent = Draft<Event>;

/** An event of one type to be published, e.g. `NewEventOf<'cart.created'>`. */
export type NewEventOf<Type extends Event['type']> = Draft<Extract<Event, { type: Type }>>;

/** How to publish. */
export type PublisherOptions = {
  /** Where Kafka answers first, `host:port`. */
  readonly brokers: readonly string[];
  /** The `source` of events that name none. */
  readonly source: string;
  /** The `KAFKA_…` variables for TLS, login and the prefix of topics, by name; `process.env` may be given as it is. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Bytes of events on their way; by default 16 MiB. */
  readonly bytesMax?: number;
  /** How long an event waits for others to go with it, in milliseconds; by default 5. */
  readonly lingerMs?: number;
  /** How long the publisher tries before it gives an event up, in milliseconds; by default 30,000. */
  readonly deliveryTimeoutMs?: number;
  /** How old events may be, by family: `EVENT_RETENTION` of the collector and the processor; by default as the contract says. */
  readonly retention?: Retention;
  readonly log?: Log;
};

/** Why one event was not published. */
export type PublishFault = {
  /** Its place among the events given. */
  readonly index: number;
  /** `null` when it could not be read. */
  readonly event_id: string | null;
  /** The field at fault; `$` when Kafka is. */
  readonly path: string;
  /** A sentence with the fault and the fix. */
  readonly message: string;
  /** Whether publishing the same event again may help. */
  readonly retry: boolean;
};

/** Thrown when events were not published: which and why. The others that were given with them are. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly faults: readonly PublishFault[];

  constructor(faults: readonly PublishFault[]) {
    const [first] = faults;
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
    super(`event ${first?.event_id ?? `number ${first?.index}`} at ${first?.path}: ${first?.message}${more}`);
    this.faults = faults;
  }
}

/** A connection to publish with. Make one a process. */
export type Publisher = {
  /**
   * Publishes one event, and resolves once Kafka has it.
   *
   * @throws PublishError when it is not valid or Kafka has not acknowledged it.
   */
  readonly publish: (event: NewEvent) => Promise<void>;
  /**
   * Publishes many; one bad event never blocks the good ones.
   *
   * @throws PublishError with every event that was not published.
   */
  readonly publishAll: (events: readonly NewEvent[]) => Promise<void>;
  /** Resolves when all events so far are acknowledged or given up. */
  readonly flush: () => Promise<void>;
  /** Sends the events that wait, and disconnects. */
  readonly close: () => Promise<void>;
};

/** How many events are encoded before the publisher waits for room again. */
const chunkEvents = 1_000;

/**
 * Connects to Kafka.
 *
 * @throws Failure `settings.invalid`, `kafka.unavailable` when no broker answers within the delivery timeout, or `kafka.topics`.
 */
export async function createPublisher(options: PublisherOptions): Promise<Publisher> {
  const { deliveryTimeoutMs = 30_000, lingerMs = 5, bytesMax = 16 * 1024 * 1024 } = options;
  const environment = { ...options.environment, KAFKA_BROKERS: options.brokers.join(',') };
  const client = openKafka(
    readSettings(kafkaSettings, environment),
    options.log ?? createLog('publisher', 'warn'),
  );
  const sender = new EventSender({ client, bytesMax, deliveryTimeoutMs, lingerMs });
  try {
    await sender.connectWithRetries();
  } catch (error) {
    await sender.close();
    throw error;
  }
  return publisherOver(sender, options);
}

/** A publisher over a sender, which it closes. */
function publisherOver(sender: EventSender, options: PublisherOptions): Publisher {
  const underway = new Set<Promise<unknown>>();

  async function publishChunk(events: readonly NewEvent[], from: number): Promise<PublishFault[]> {
    const { records, places, faults } = encode(events, from, options);
    if (records.length === 0) return faults;
    try {
      const eventId = places.length === 1 ? eventIdOf(events[places[0]!]) : null;
      await sendInCallersTrace(records, eventId, (traced) => sender.send(traced));
    } catch (error) {
      const { message, retry } = failureOf(error, 'publishing');
      for (const place of places) {
        const event_id = eventIdOf(events[place]);
        faults.push({ index: from + place, event_id, path: '$', message, retry: retry !== 'never' });
      }
    }
    return faults;
  }

  async function publishAll(events: readonly NewEvent[]): Promise<void> {
    const chunks: Promise<PublishFault[]>[] = [];
    for (let from = 0; from < events.length; from += chunkEvents) {
      await sender.room();
      chunks.push(publishChunk(events.slice(from, from + chunkEvents), from));
    }
    const faults = (await Promise.all(chunks)).flat();
    if (faults.length > 0) throw new PublishError(faults);
  }

  function track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => underway.delete(tracked));
    underway.add(tracked);
    return tracked;
  }

  const flush = async (): Promise<void> => void (await Promise.allSettled(underway));
  return {
    publish: (event) => track(publishAll([event])),
    publishAll: (events) => track(publishAll(events)),
    flush,
    close: async () => {
      await flush();
      await sender.close();
    },
  };
}

function eventIdOf(event: unknown): string | null {
  const id = (event as { event_id?: unknown } | null | undefined)?.event_id;
  return typeof id === 'string' ? id : null;
}

/** Events as records, and what is wrong with the others. */
function encode(events: readonly NewEvent[], from: number, options: PublisherOptions) {
  const records: EventRecord[] = [];
  const places: number[] = [];
  const faults: PublishFault[] = [];
  const judging = { now: Date.now(), defaultSource: options.source, retention: options.retention };
  for (const [place, given] of events.entries()) {
    const result = judged(given, judging);
    if ('path' in result) {
      faults.push({ index: from + place, event_id: eventIdOf(given), ...result, retry: false });
      continue;
    }
    records.push(result);
    places.push(place);
  }
  return { records, places, faults };
}
