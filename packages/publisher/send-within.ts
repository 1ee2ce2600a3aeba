import { endFailed, type Span, type TraceHeaders } from '@tidemark/tracing/tracing';
import type { EventRecord } from './event-sender.ts';

/** Sends records and ends the span when they are acknowledged, or failed; the headers, if any, go with each of them. */
export async function sendWithin(
  span: Span,
  headers: TraceHeaders | undefined,
  records: readonly EventRecord[],
  send: (records: readonly EventRecord[]) => Promise<void>,
): Promise<void> {
  try {
    await send(headers === undefined ? records : records.map((record) => ({ ...record, headers })));
    span.end();
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}
