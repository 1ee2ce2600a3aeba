import type { FastifyReply, FastifyRequest, RouteGenericInterface } from 'fastify';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { sendWithin } from '@tidemark/publisher/send-within';
import { messagingSpan } from '@tidemark/tracing/messaging';
import { setFailed, type Span, type Tracing } from '@tidemark/tracing/tracing';

/** The trace of one request: the sender's or a new one. Most are not recorded, and then it does nothing. */
export class RequestTrace {
  readonly #tracing: Tracing;
  readonly #span: Span;

  constructor(tracing: Tracing, { method, headers, routeOptions }: FastifyRequest) {
    const route = routeOptions.url ?? '';
    this.#tracing = tracing;
    this.#span = tracing.start(`${method} ${route}`, {
      kind: 'server',
      parent: tracing.contextIn(headers),
      attributes: { 'http.request.method': method, 'http.route': route },
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

/** A handler of a route within the trace of each of its requests; `undefined` for one when traces are off. */
export function withTrace<Route extends RouteGenericInterface>(
  tracing: Tracing | undefined,
  handle: (
    request: FastifyRequest<Route>,
    reply: FastifyReply,
    trace: RequestTrace | undefined,
  ) => Promise<FastifyReply>,
) {
  return async (request: FastifyRequest<Route>, reply: FastifyReply): Promise<FastifyReply> => {
    if (tracing === undefined) return handle(request, reply, undefined);
    const trace = new RequestTrace(tracing, request as FastifyRequest);
    let status = 500;
    try {
      const answer = await handle(request, reply, trace);
      status = reply.statusCode;
      return answer;
    } finally {
      trace.end(status);
    }
  };
}
