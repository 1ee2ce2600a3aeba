import type { Attributes, Link, Span, SpanContext } from '@opentelemetry/api';

export type { Span, SpanContext } from '@opentelemetry/api';

/** Headers of a request or of a record. */
export type Carrier = Readonly<Record<string, Buffer | string | readonly string[] | undefined>>;

/** `traceparent`, and `tracestate` where there is one. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** The limit of traces that are followed one by one, or linked to, in one batch or block. */
export const tracedMax = 128;

/** Describes a span. */
export type SpanOptions = {
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** Its parent; without one, it begins a trace. */
  readonly parent?: SpanContext | undefined;
  readonly attributes?: Attributes;
  readonly links?: Link[];
  /** Milliseconds since the epoch; now when not given. */
  readonly startTime?: number;
};

/** The tracing of a service, while traces are on. Nothing here throws, waits or does I/O. */
export type Tracing = {
  /** Begins a span, sampled as the settings say. One that is not recorded costs little. */
  readonly start: (name: string, options: SpanOptions) => Span;
  /** Begins a span that is always recorded: of work for many traces, some of which are recorded. */
  readonly startRecorded: (name: string, options: SpanOptions) => Span;
  /** The trace that headers belong to, recorded or not. */
  readonly contextIn: (headers: Carrier) => SpanContext | undefined;
  /** The trace that headers belong to, when it is recorded. */
  readonly sampledIn: (headers: Carrier) => SpanContext | undefined;
  /** The headers that continue a span's trace; `undefined` when it is not recorded. */
  readonly headersOf: (span: Span) => TraceHeaders | undefined;
  /** The header that continues the traces of several spans, `tracedMax` of them at most. */
  readonly eventsHeadersOf: (spans: readonly Span[]) => TraceHeaders;
  /** The contexts in that header. */
  readonly eventsIn: (headers: Carrier) => readonly SpanContext[];
  /** Sends the spans that wait, for two seconds at most. */
  readonly close: () => Promise<void>;
};
