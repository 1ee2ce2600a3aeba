import type { Attributes, Link, Span, SpanContext, SpanStatusCode } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import type { Carrier, TraceHeaders } from './propagation.ts';
import { endpointOf, type TracingSettings } from './settings.ts';

export type { TraceHeaders } from './propagation.ts';
export type { Span, SpanContext } from '@opentelemetry/api';

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

/**
 * Turns traces on where the settings ask for them; where they don't, nothing of OpenTelemetry's SDK is even loaded.
 *
 * @param service Its name, without the system's.
 * @returns `undefined` when traces are off.
 */
export async function startTracing(
  service: string,
  settings: TracingSettings,
  log: Log,
  registry: Registry,
): Promise<Tracing | undefined> {
  const endpoint = endpointOf(settings);
  if (endpoint === undefined) return undefined;
  const { openTracing } = await import('./sdk.ts');
  return openTracing({ service, endpoint, settings, log, registry });
}

const failed: SpanStatusCode.ERROR = 2;

/**
 * Ends a span that failed. Only the failure's code, or the error's name, goes with it: messages may quote what customers
 * wrote.
 */
export function endFailed(span: Span, error: unknown): void {
  setFailed(span, isFailure(error) ? error.code : error instanceof Error ? error.name : 'unknown');
  span.end();
}

/** Marks a span as failed for a reason out of a small list. */
export function setFailed(span: Span, reason: string): void {
  span.setAttribute('error.type', reason).setStatus({ code: failed, message: reason });
}
