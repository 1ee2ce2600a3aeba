import type { IncomingHttpHeaders } from 'node:http';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { sendWithin } from '@tidemark/publisher/send-within';
import { messagingSpan } from '@tidemark/tracing/messaging';
import { setFailed, type Span, type Tracing } from '@tidemark/tracing/tracing';

/** The trace of one request: the sender's or a new one. Most are not recorded, and then it does nothing. */
export class RequestTrace {
  readonly #tracing: Tracing;
  readonly #span: Span;

  constructor(tracing: Tracing, headers: IncomingHttpHeaders) {
    this.#tracing = tracing;
    this.#span = tracing.start('POST /v1/events', {
      kind: 'server',
      parent: tracing.contextIn(headers),
      attributes: { 'http.request.method': 'POST', 'http.route': '/v1/events' },
    });
  }

  /** Sends records, whose headers carry the trace on when it is recorded. */
  async send(
    records: readonly EventRecord[],
    send: (records: readonly EventRecord[]) => Promise<void>,
  ): Promise<void> {
    if (!this.#span.isRecording()) return send(records);
    const topics = records.map(({ topic }) => topic);
    const { name, attributes } = messagingSpan('send', topics, records.length);
    const parent = this.#span.spanContext();
    const span = this.#tracing.start(name, { kind: 'producer', parent, attributes });
    return sendWithin(span, this.#tracing.headersOf(span), records, send);
  }

  /** The request is answered. */
  end(status: number): void {
    this.#span.setAttribute('http.response.status_code', status);
    if (status >= 500) setFailed(this.#span, String(status));
    this.#span.end();
  }
}
