import { messagingSpan } from '@tidemark/tracing/messaging';
import { endFailed, type Span, type SpanContext, tracedMax, type Tracing } from '@tidemark/tracing/tracing';
import type { Insert } from './inserts.ts';
import type { Block } from './queue.ts';

/**
 * The spans of a block with facts of recorded events: one in the trace of each of these (`tracedMax` at most) and, in a
 * trace of its own, the block with its inserts, linked with the processor's batches whose facts it has.
 *
 * @returns `undefined` when no event behind the block is recorded, which is so for most blocks. Then there are no spans.
 */
export function traceBlock(tracing: Tracing, topic: string, block: Block): BlockTrace | undefined {
  const batches = new Map<string, SpanContext>();
  const events: SpanContext[] = [];
  for (const { headers } of block.records) {
    const batch = tracing.sampledIn(headers);
    if (batch === undefined) continue;
    if (batches.size < tracedMax) batches.set(batch.spanId, batch);
    for (const event of tracing.eventsIn(headers)) if (events.length < tracedMax) events.push(event);
  }
  return batches.size === 0
    ? undefined
    : new BlockTrace(tracing, topic, block, [...batches.values()], events);
}

/** See `traceBlock`. The spans begin with the object. */
export class BlockTrace {
  readonly #tracing: Tracing;
  readonly #block: Span;
  readonly #events: readonly Span[];

  constructor(
    tracing: Tracing,
    topic: string,
    { plan, records }: Block,
    batches: readonly SpanContext[],
    events: readonly SpanContext[],
  ) {
    this.#tracing = tracing;
    const { name, attributes } = messagingSpan('process', [topic], records.length);
    this.#block = tracing.startRecorded(name, {
      kind: 'consumer',
      attributes: {
        ...attributes,
        'tidemark.offsets': plan.map(({ partition, first, last }) => `${partition}:${first}-${last}`),
      },
      links: batches.map((context) => ({ context })),
    });
    const links = [{ context: this.#block.spanContext() }];
    this.#events = events.map((parent) =>
      tracing.start('insert facts', {
        kind: 'client',
        parent,
        links,
        attributes: { 'db.system.name': 'clickhouse', 'db.operation.name': 'INSERT' },
      }),
    );
  }

  /** ClickHouse has acknowledged an insert. */
  inserted({ kind, count }: Insert, tookMs: number): void {
    const span = this.#tracing.startRecorded(`INSERT ${kind}`, {
      kind: 'client',
      parent: this.#block.spanContext(),
      startTime: Date.now() - tookMs,
      attributes: {
        'db.system.name': 'clickhouse',
        'db.operation.name': 'INSERT',
        'db.namespace': 'tidemark_store',
        'db.collection.name': kind,
        'db.operation.batch.size': count,
      },
    });
    span.end();
  }

  /** ClickHouse did not take an insert, which is tried again. */
  failed({ kind }: Insert, code: string, attempt: number): void {
    this.#block.addEvent('insert failed', {
      'db.collection.name': kind,
      'error.type': code,
      'tidemark.attempt': attempt,
    });
  }

  /** Waits until all is inserted, and ends every span with it. */
  async untilInserted(inserting: Promise<void>): Promise<void> {
    const spans = [...this.#events, this.#block];
    try {
      await inserting;
      for (const span of spans) span.end();
    } catch (error) {
      for (const span of spans) endFailed(span, error);
      throw error;
    }
  }
}
