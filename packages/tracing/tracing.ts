import type { Span, SpanStatusCode } from '@opentelemetry/api';
import type { Registry } from 'prom-client';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { endpointOf, type TracingSettings } from './settings.ts';
import type { Tracing } from './types.ts';

export { tracedMax } from './types.ts';
export type { Span, SpanContext, SpanOptions, TraceHeaders, Tracing } from './types.ts';

/**
 * Turns traces on when the settings ask for them; otherwise OpenTelemetry's SDK is not loaded.
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

/** Sets a span to failed, for a reason out of a small list. */
export function setFailed(span: Span, reason: string): void {
  span.setAttribute('error.type', reason).setStatus({ code: failed, message: reason });
}
