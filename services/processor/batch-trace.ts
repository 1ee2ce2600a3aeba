import { topicOf, type Family } from '@tidemark/events/families';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import type { OutgoingRecord } from '@tidemark/kafka/transactional-producer';
import type { Output } from '@tidemark/runtime/task';
import { messagingSpan } from '@tidemark/tracing/messaging';
import {
  endFailed,
  setFailed,
  type Span,
  type SpanContext,
  tracedMax,
  type TraceHeaders,
  type Tracing,
} from '@tidemark/tracing/tracing';
import type { InboxRecord } from './inbox.ts';

/** Where a batch was read, and when the work on it began (milliseconds since the epoch). */
export type BatchOrigin = {
  readonly partition: number;
  readonly groupId: string;
  readonly startTime: number;
};

type Followed = { readonly span: Span; readonly from: SpanContext };

/**
 * The spans of a batch with recorded events in it: one in the trace of each of them (`tracedMax` at most), from the
 * batch's begin to its commit; and, in a trace of its own that is linked with theirs, the batch with its fold and commit.
 *
 * @returns `undefined` when no event of the batch is recorded, as of most: then nothing was made.
 */
export function traceBatch(
  tracing: Tracing,
  records: readonly InboxRecord[],
  origin: BatchOrigin,
): BatchTrace | undefined {
  const followed = new Map<KafkaRecord, Followed>();
  for (const { family, record } of records) {
    const from = tracing.sampledIn(record.headers);
    if (from === undefined) continue;
    const span = eventSpan(tracing, family, record, from, origin);
    if (span.isRecording()) followed.set(record, { span, from });
    if (followed.size === tracedMax) break;
  }
  return followed.size === 0 ? undefined : new BatchTrace(tracing, records, followed, origin);
}

function eventSpan(
  tracing: Tracing,
  family: Family,
  { offset }: KafkaRecord,
  parent: SpanContext,
  { partition, groupId, startTime }: BatchOrigin,
): Span {
  const { name, attributes } = messagingSpan('process', [topicOf(family, '')], 1);
  return tracing.start(name, {
    kind: 'consumer',
    parent,
    startTime,
    attributes: {
      ...attributes,
      'messaging.consumer.group.name': groupId,
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': offset,
      'tidemark.family': family,
    },
  });
}

/** See `traceBatch`. */
export class BatchTrace {
  readonly #tracing: Tracing;
  readonly #batch: Span;
  readonly #fold: Span;
  readonly #events: ReadonlyMap<KafkaRecord, Followed>;
  readonly #byEventId = new Map<string, Span>();

  constructor(
    tracing: Tracing,
    records: readonly InboxRecord[],
    events: ReadonlyMap<KafkaRecord, Followed>,
    origin: BatchOrigin,
  ) {
    this.#tracing = tracing;
    this.#events = events;
    const byTopic = Map.groupBy(records, ({ family }) => topicOf(family, ''));
    const { name, attributes } = messagingSpan('process', byTopic.keys(), records.length);
    const { partition, groupId, startTime } = origin;
    this.#batch = tracing.startRecorded(name, {
      kind: 'consumer',
      startTime,
      links: [...events.values()].map(({ from }) => ({ context: from })),
      attributes: {
        ...attributes,
        'messaging.consumer.group.name': groupId,
        'messaging.destination.partition.id': String(partition),
        'tidemark.offsets': offsetsOf(byTopic),
      },
    });
    const link = { context: this.#batch.spanContext() };
    for (const { span } of events.values()) span.addLink(link);
    this.#fold = tracing.startRecorded('fold', { kind: 'internal', parent: link.context, startTime });
  }

  /** A record is an event, to be counted here. */
  taken(record: KafkaRecord, eventId: string): void {
    const span = this.#events.get(record)?.span;
    if (span === undefined) return;
    span.setAttribute('tidemark.event_id', eventId);
    this.#byEventId.set(eventId, span);
  }

  /** A record is an event of another partition. */
  moved(record: KafkaRecord, eventId: string, partition: number, outgoing: OutgoingRecord): OutgoingRecord {
    const span = this.#events.get(record)?.span;
    span?.setAttributes({ 'tidemark.event_id': eventId, 'tidemark.moved_to_partition': partition });
    return this.#within(span, outgoing);
  }

  /** A record is set aside. */
  setAside(record: KafkaRecord, reason: string, outgoing: OutgoingRecord): OutgoingRecord {
    const span = this.#events.get(record)?.span;
    if (span !== undefined) setFailed(span, reason);
    return this.#within(span, outgoing);
  }

  /** A record that follows from an event of the batch. */
  derived(eventId: string, outgoing: OutgoingRecord): OutgoingRecord {
    return this.#within(this.#byEventId.get(eventId), outgoing);
  }

  /**
   * The blocks of facts, in their order. Each names the batch; the last names the events too: they are inserted in this
   * order, so with it all is in the views that follows from them.
   */
  facts(blocks: readonly OutgoingRecord[]): OutgoingRecord[] {
    const headers = this.#tracing.headersOf(this.#batch);
    const events = this.#tracing.eventsHeadersOf([...this.#byEventId.values()]);
    return blocks.map((block, index) => ({
      ...block,
      headers: { ...headers, ...(index === blocks.length - 1 ? events : {}) },
    }));
  }

  /** All is folded. */
  folded({ facts, entities }: Pick<Output, 'facts' | 'entities'>): void {
    const published = [...facts.values()].reduce((sum, signed) => sum + signed.length, 0);
    this.#fold.setAttributes({ 'tidemark.facts': published, 'tidemark.entities': entities.length }).end();
  }

  /** Waits for the commit, and ends every span with it. */
  async untilCommitted<Result>(committing: Promise<Result>): Promise<Result> {
    const commit = this.#tracing.startRecorded('commit transaction', {
      kind: 'client',
      parent: this.#batch.spanContext(),
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': 'commit',
        'messaging.operation.type': 'settle',
      },
    });
    const spans = [commit, ...[...this.#events.values()].map(({ span }) => span), this.#batch];
    try {
      const result = await committing;
      for (const span of spans) span.end();
      return result;
    } catch (error) {
      for (const span of spans) endFailed(span, error);
      throw error;
    }
  }

  #within(span: Span | undefined, outgoing: OutgoingRecord): OutgoingRecord {
    const headers: TraceHeaders | undefined = span && this.#tracing.headersOf(span);
    return headers === undefined ? outgoing : { ...outgoing, headers: { ...outgoing.headers, ...headers } };
  }
}

/** First and last offset of each topic, e.g. `events.cart:17-42`. */
function offsetsOf(byTopic: ReadonlyMap<string, readonly InboxRecord[]>): string[] {
  return [...byTopic].map(
    ([topic, records]) => `${topic}:${records[0]!.record.offset}-${records.at(-1)!.record.offset}`,
  );
}
