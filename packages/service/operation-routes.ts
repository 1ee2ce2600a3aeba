import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import {
  answer,
  type ApiDescription,
  healthOperation,
  listOf,
  metricsOperation,
  objectOf,
  type Operation,
  serveOpenApi,
} from './openapi.ts';

/** What the routes are served from. */
export type OperationRoutes = {
  readonly description: ApiDescription;
  /** What `GET /ready` answers, such as `Whether it evaluates`. */
  readonly readySummary: string;
  /** What the service waits for before it works, one sentence each. */
  readonly waitingFor: () => readonly string[];
  readonly registry: Registry;
};

/** Serves what an operator of an API asks for: `/health`, `/ready` that says why not, `/openapi.json` and `/metrics`. */
export function operationRoutes(
  app: FastifyInstance,
  { description, readySummary, waitingFor, registry }: OperationRoutes,
): void {
  app.get('/health', { config: { operation: healthOperation } }, () => ({ status: 'ok' }));
  app.get('/ready', { config: { operation: readyOperation(readySummary) } }, (_request, reply) => {
    const waiting = waitingFor();
    return reply
      .code(waiting.length === 0 ? 200 : 503)
      .send({ ready: waiting.length === 0, waiting_for: waiting });
  });
  serveOpenApi(app, description);
  app.get('/metrics', { config: { operation: metricsOperation } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

function readyOperation(summary: string): Operation {
  const readiness = objectOf({ ready: { type: 'boolean' }, waiting_for: listOf({ type: 'string' }) });
  return {
    operationId: 'getReady',
    summary,
    tags: ['operation'],
    isOpen: true,
    responses: {
      200: answer('It does.', readiness),
      503: answer('It does not; the body says why.', readiness),
    },
  };
}
