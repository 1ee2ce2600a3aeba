import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the alerts service is, and what it asks to be shown. */
export type AlertsAddress = { readonly url: URL | undefined; readonly token: string | undefined };

/** A command is answered once it is carried out, which the alerts service waits ten seconds for. */
const answerTimeoutMs = 13_000;
const bodyBytesMax = 8_192;

/**
 * Passes what concerns alerts on to the alerts service, so that the page asks one address alone: `GET /v1/alerts`, and
 * acknowledging and silencing below it. 503 with a code when there is none (`alerts.off`) or it does not answer (`alerts.away`).
 */
export function alertsProxy(app: FastifyInstance, { url: address, token }: AlertsAddress): void {
  const pass = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (address === undefined)
      return reply
        .code(503)
        .send({ code: 'alerts.off', message: 'No alerts service: ALERTS_URL is not set.' });
    try {
      const answer = await fetch(new URL(request.url, address), {
        method: request.method,
        redirect: 'error',
        signal: AbortSignal.timeout(answerTimeoutMs),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(hasBody(request) ? { 'content-type': 'application/json' } : {}),
        },
        ...(hasBody(request) ? { body: JSON.stringify(request.body) } : {}),
      });
      const type = answer.headers.get('content-type') ?? 'application/json';
      return reply
        .code(answer.status)
        .type(type)
        .send(await answer.text());
    } catch {
      // Refused, broken off or too late: for the page it is one and the same.
      return reply.code(503).send({ code: 'alerts.away', message: 'The alerts service does not answer.' });
    }
  };
  for (const url of ['/v1/alerts', '/v1/alerts/*', '/v1/silences', '/v1/silences/*', '/v1/rules'])
    app.route({ method: ['GET', 'POST', 'DELETE'], url, bodyLimit: bodyBytesMax, handler: pass });
}

function hasBody({ body }: FastifyRequest): boolean {
  return body !== undefined && body !== null;
}
