import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { passedOn } from './operations.ts';

/** Where the alerts service is, and the token it requires. */
export type AlertsAddress = { readonly url: URL | undefined; readonly token: string | undefined };

/** A command is answered once it is carried out, which the alerts service waits ten seconds for. */
const answerTimeoutMs = 13_000;
const bodyBytesMax = 8_192;

/** What the dashboard asks for, and nothing else of the alerts service. */
const routes: readonly (readonly [method: HTTPMethods, url: string, operationId: string, summary: string])[] =
  [
    ['GET', '/v1/alerts', 'listAlerts', 'Alerts, the latest first'],
    ['GET', '/v1/alerts/:id', 'getAlert', 'One alert with its timeline'],
    ['POST', '/v1/alerts/:id/ack', 'acknowledgeAlert', 'Say who looks after an alert'],
    ['GET', '/v1/silences', 'listSilences', 'Silences, past ones included'],
    ['POST', '/v1/silences', 'createSilence', 'Mute notifications for a time'],
    ['DELETE', '/v1/silences/:id', 'endSilence', 'End a silence now'],
    ['GET', '/v1/rules', 'listRules', 'The rules that are evaluated'],
  ];

/**
 * Passes requests about alerts on to the alerts service, so that the page needs one address only. The target is built from the
 * route and its id, so no caller can send the token to another address or path. The answer is 503 with a code when there is no
 * alerts service (`alerts.off`), or when it does not answer (`alerts.away`).
 */
export function alertsProxy(app: FastifyInstance, { url: address, token }: AlertsAddress): void {
  const pass = async (route: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (address === undefined)
      return reply
        .code(503)
        .send({ code: 'alerts.off', message: 'No alerts service: ALERTS_URL is not set.' });
    try {
      const answer = await fetch(targetOf(address, route, request), {
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
      // A refused, broken or late answer is the same for the page.
      return reply.code(503).send({ code: 'alerts.away', message: 'The alerts service does not answer.' });
    }
  };
  for (const [method, url, operationId, summary] of routes)
    app.route({
      method,
      url,
      config: { operation: passedOn(operationId, summary) },
      bodyLimit: bodyBytesMax,
      exposeHeadRoute: false,
      handler: (request, reply) => pass(url, request, reply),
    });
}

function targetOf(address: URL, route: string, { params, url }: FastifyRequest): URL {
  const { id } = params as { readonly id?: string };
  const target = new URL(address);
  target.pathname = id === undefined ? route : route.replace(':id', encodeURIComponent(id));
  const query = url.indexOf('?');
  target.search = query === -1 ? '' : url.slice(query);
  return target;
}

function hasBody({ body }: FastifyRequest): boolean {
  return body !== undefined && body !== null;
}
