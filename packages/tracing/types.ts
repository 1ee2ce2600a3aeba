import type { Attributes, Link, Span, SpanContext } from '@opentelemetry/api';

export type { Span, SpanContext } from '@opentelemetry/api';

/** Headers of a request or of a record. */
export type Carrier = Readonly<Record<string, Buffer | string | readonly string[] | undefined>>;

/** `traceparent`, and `tracestate` where there is one. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** At most so many traces are followed one by one, or linked to, in one batch or block. */
export const tracedMax = 128;

/** What a span is of. */
export type SpanOptions = {
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** What it is a part of; without, it begins a trace. */
  readonly parent?: SpanContext | undefined;
  readonly attributes?: Attributes;
  readonly links?: Link[];
  /** Milliseconds since the epoch; now when not given. */
  readonly startTime?: number;
};

/** What a service traces with, while traces are on. Nothing here throws, waits or does I/O. */
export type Tracing = {
  /** Begins a span, sampled as the settings say; one that isn't recorded costs little and leads nowhere. */
  readonly start: (name: string, options: SpanOptions) => Span;
  /** Begins a span that is recorded for sure: of what serves many traces, some of which are recorded. */
  readonly startRecorded: (name: string, options: SpanOptions) => Span;
  /** The trace that headers belong to, recorded or not. */
  readonly contextIn: (headers: Carrier) => SpanContext | undefined;
  /** The trace that headers belong to, when it is recorded. */
  readonly sampledIn: (headers: Carrier) => SpanContext | undefined;
  /** The headers by which a span's trace goes on; `undefined` when it isn't recorded. */
  readonly headersOf: (span: Span) => TraceHeaders | undefined;
  /** The header that carries on the traces of several spans, `tracedMax` of them at most. */
  readonly eventsHeadersOf: (spans: readonly Span[]) => TraceHeaders;
  /** The contexts in that header. */
  readonly eventsIn: (headers: Carrier) => readonly SpanContext[];
  /** Sends what is left, for no longer than two seconds. */
  readonly close: () => Promise<void>;
};
