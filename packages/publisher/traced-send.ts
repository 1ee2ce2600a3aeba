import { context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { messagingSpan } from '@tidemark/tracing/messaging';
import { headersOf, isSampled } from '@tidemark/tracing/propagation';
import type { EventRecord } from './event-sender.ts';
import { sendWithin } from './send-within.ts';

/**
 * Sends records as a part of the caller's trace, by the OpenTelemetry that the caller has set up. Without one, the
 * records are sent as they are.
 *
 * @param eventId The id of an event that is sent alone.
 */
export async function sendInCallersTrace(
  records: readonly EventRecord[],
  eventId: string | null,
  send: (records: readonly EventRecord[]) => Promise<void>,
): Promise<void> {
  const span = callersSpan(records, eventId);
  const spanContext = span.spanContext();
  const headers = isSampled(spanContext) ? headersOf(spanContext) : undefined;
  return sendWithin(span, headers, records, send);
}

function callersSpan(records: readonly EventRecord[], eventId: string | null): Span {
  const topics = records.map(({ topic }) => topic);
  const { name, attributes } = messagingSpan('send', topics, records.length);
  const more = eventId === null ? {} : { 'tidemark.event_id': eventId };
  const options = { kind: SpanKind.PRODUCER, attributes: { ...attributes, ...more } };
  return trace.getTracer('tidemark').startSpan(name, options, context.active());
}
