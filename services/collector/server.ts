import { fastify, type FastifyInstance } from 'fastify';
import { guardRequests, isLoopback } from '@tidemark/service/guard';
import type { CollectorOptions } from './collector-options.ts';
import { hasDevKey, readerKeyOf } from './keys.ts';
import {
  type ApiDescription,
  describeApi,
  healthOperation,
  metricsOperation,
  answerUnknown,
  serveOpenApi,
} from '@tidemark/service/openapi';
import { collectorApi, readyOperation } from './openapi.ts';
import { admissionOf, limitRequests } from './admission.ts';
import { problem } from './answers.ts';
import { addPublishing } from './publishing.ts';
import { addSchemaRegistry } from './registry/routes.ts';
import { addSegment } from './sources/segment/routes.ts';
import { addWebhooks } from './sources/webhooks.ts';
import { telemetryOn } from './telemetry.ts';

/** For whoever operates it: whether it works. */
function addHealth(app: FastifyInstance, { outlet, warnings = () => [] }: CollectorOptions): void {
  app.get('/health', { config: { operation: healthOperation } }, () => ({ status: 'ok' }));
  app.get('/ready', { config: { operation: readyOperation } }, (_request, reply) => {
    const waiting = outlet.unavailable === undefined ? [] : [outlet.unavailable.message];
    return reply
      .code(waiting.length === 0 ? 200 : 503)
      .send({ ready: waiting.length === 0, waiting_for: waiting, warnings: warnings() });
  });
}

/** Figures, documents and schemas: open to this machine, behind any key for others. */
async function addDocuments(
  app: FastifyInstance,
  { host, keys, registry }: CollectorOptions,
  api: ApiDescription,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      if (isLoopback(host) && isLoopback(request.hostname)) return undefined;
      if (readerKeyOf(keys, request) !== undefined) return undefined;
      reply.header('www-authenticate', 'Bearer, Basic realm="tidemark"');
      return problem(reply, 401, 'Send an API key: as "Authorization: Bearer <key>", or as a password.');
    });
    serveOpenApi(scope, api);
    scope.get('/metrics', { config: { operation: metricsOperation } }, async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
    addSchemaRegistry(scope);
  });
}

/** The collector's server, not yet listening. */
export async function collectorServer(options: CollectorOptions): Promise<FastifyInstance> {
  const { bodyBytesMax, registry, outlet, log } = options;
  const telemetry = telemetryOn(registry, () => outlet.bytes);
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
  });
  // With keys alone it may be behind a proxy of this machine that passes its own name on.
  guardRequests(app, { isLocal: isLoopback(options.host) && hasDevKey(options.keys) });
  // Bodies are read as bytes: one bad line must not affect the others, and a hostile one is judged like any other.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // A connection kept alive would keep a stop waiting for its next request.
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    telemetry.requests.inc({ route, status: reply.statusCode });
  });
  const api = describeApi(app, collectorApi(options.host));
  answerUnknown(app, api, 'events go to POST /v1/events.');
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413)
      return problem(
        reply,
        413,
        `The body is over ${bodyBytesMax} bytes; send the events in several requests.`,
      );
    if (status >= 500) log.error({ err: error }, 'A request failed.');
    return problem(
      reply,
      status,
      status >= 500 ? 'The collector failed; send the events again.' : error.message,
    );
  });
  await app.register(async (scope) => {
    const admission = admissionOf(options);
    const intake = { options, telemetry, admission };
    await limitRequests(scope, admission);
    await addPublishing(scope, intake);
    await addSegment(scope, intake);
    await addWebhooks(scope, intake);
  });
  addHealth(app, options);
  await addDocuments(app, options, api);
  return app;
}
