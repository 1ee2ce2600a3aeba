/**
 * W3C trace context in and out of headers, of HTTP requests and of Kafka records alike.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
import { ROOT_CONTEXT, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import { parseTraceParent, TRACE_PARENT_HEADER, W3CTraceContextPropagator } from '@opentelemetry/core';
import { type Carrier, tracedMax, type TraceHeaders } from './types.ts';

/** Names the events' contexts in the header of a transaction's last block of facts: `traceparent`s between commas. */
const eventsHeader = 'tidemark-traces';

const propagator = new W3CTraceContextPropagator();
/** By the standard no header is longer; a longer one is ignored. */
const headerBytesMax = 1_024;

/** Where a `traceparent` has the digit whose lowest bit says whether the trace is recorded. */
const flagsEnd = 54;
const evenDigits: ReadonlySet<number | undefined> = new Set(Buffer.from('02468ace'));

const getter = {
  keys: (headers: Carrier): string[] => Object.keys(headers),
  get(headers: Carrier, name: string): string | undefined {
    const value = headers[name];
    const text = typeof value === 'string' || Buffer.isBuffer(value) ? value : value?.join(',');
    return text === undefined || text.length > headerBytesMax ? undefined : text.toString();
  },
};

/** The trace that headers belong to; `undefined` when they name none that can be read. */
export function contextIn(headers: Carrier): SpanContext | undefined {
  if (headers[TRACE_PARENT_HEADER] === undefined) return undefined;
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, getter));
}

/** The same, of a trace that is recorded; `undefined` for all others. */
export function sampledIn(headers: Carrier): SpanContext | undefined {
  const given = headers[TRACE_PARENT_HEADER];
  // Other clients may put one into every record; this check finds most that are not recorded.
  if (given === undefined || (Buffer.isBuffer(given) && evenDigits.has(given[flagsEnd]))) return undefined;
  const context = contextIn(headers);
  return context !== undefined && isSampled(context) ? context : undefined;
}

/** Whether a trace is recorded. */
export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** The headers that continue a trace. */
export function headersOf(context: SpanContext): TraceHeaders {
  const headers: Record<string, string> = {};
  propagator.inject(trace.setSpanContext(ROOT_CONTEXT, context), headers, {
    set: (carrier, name, value) => void (carrier[name] = value),
  });
  // An empty tracestate has no meaning.
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
}

/** The header that continues the traces of several events, `tracedMax` of them at most; without their `tracestate`. */
export function eventsHeadersOf(contexts: readonly SpanContext[]): TraceHeaders {
  const texts = contexts.slice(0, tracedMax).map((context) => headersOf(context)[TRACE_PARENT_HEADER]);
  return texts.length === 0 ? {} : { [eventsHeader]: texts.join(',') };
}

/** The contexts in that header, `tracedMax` of them at most; those that cannot be read are skipped. */
export function eventsIn(headers: Carrier): SpanContext[] {
  const texts = headers[eventsHeader]?.toString().split(',', tracedMax) ?? [];
  return texts.flatMap((text) => {
    const context = parseTraceParent(text);
    return context === null ? [] : [{ ...context, isRemote: true }];
  });
}
