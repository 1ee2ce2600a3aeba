import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { isFailure, type Failure } from '@tidemark/service/failures';
import { guardRequests, isLoopback } from '@tidemark/service/guard';
import type { Log } from '@tidemark/service/log';
import type { Tracing } from '@tidemark/tracing/tracing';
import { ByteBudget } from './byte-budget.ts';
import { itemsOf } from './body.ts';
import { judgeAll, type Remark, type Verdicts } from './intake.ts';
import { apiKeyOf, hasDevKey, readerKeyOf, type ApiKey, type ApiKeys } from './keys.ts';
import { openApiDocument } from './openapi.ts';
import { RequestTrace } from './request-trace.ts';
import { addSchemaRegistry } from './schema-registry.ts';
import { telemetryOn, type Telemetry } from './telemetry.ts';

/** Where accepted events go. */
export type Outlet = {
  /** Why nothing can be written now; `undefined` while it can. */
  readonly unavailable: Failure | undefined;
  /** Whether no more can be taken for now. */
  readonly isFull: boolean;
  readonly bytes: number;
  /** Resolves once all records are durable; throws a Failure when some may not be. */
  readonly send: (records: readonly EventRecord[]) => Promise<void>;
};

/** What the collector's server needs. */
export type CollectorOptions = {
  readonly outlet: Outlet;
  readonly keys: ApiKeys;
  /** The address it listens on. */
  readonly host: string;
  /** Greatest body, in bytes. */
  readonly bodyBytesMax: number;
  /** Most events of a request. */
  readonly itemsMax: number;
  /** Requests a second of one key that has no limit of its own; 0 for no limit. */
  readonly requestsPerSecond: number;
  /** Bytes of bodies a second of one key that has no limit of its own, uncompressed; 0 for no limit. */
  readonly bytesPerSecond: number;
  readonly registry: Registry;
  readonly log: Log;
  /** `undefined` when traces are off. */
  readonly tracing?: Tracing | undefined;
  /** The time, milliseconds since the epoch. */
  readonly now: () => number;
};

declare module 'fastify' {
  interface FastifyRequest {
    apiKey: ApiKey | null;
  }
}

type Publish = { Querystring: { strict?: string | string[] } };

const retryAfterS = 1;

function problem(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

function statusOf({ accepted, forbidden }: Verdicts): 202 | 400 | 403 {
  if (accepted > 0) return 202;
  return forbidden ? 403 : 400;
}

const nothing: Remark = { index: 0, event_id: null, path: '$', message: 'The body has no event.' };

function strictnessOf(given: string | string[] | undefined): boolean | undefined {
  if (given === undefined || given === 'false' || given === '0') return false;
  return given === 'true' || given === '1' ? true : undefined;
}

/** Publishes the records and sends the answer about all events of the request. */
async function publishAndAnswer(
  reply: FastifyReply,
  verdicts: Verdicts,
  { outlet, log }: CollectorOptions,
  telemetry: Telemetry,
  trace: RequestTrace | undefined,
): Promise<FastifyReply> {
  const send = (given: readonly EventRecord[]): Promise<void> => outlet.send(given);
  const { records, accepted, tooLate, rejectedCount } = verdicts;
  try {
    if (records.length > 0) await (trace === undefined ? send(records) : trace.send(records, send));
  } catch (error) {
    if (!isFailure(error)) throw error;
    log.warn({ err: error, records: records.length }, 'Events were not acknowledged.');
    reply.header('retry-after', retryAfterS);
    return problem(reply, 503, 'Kafka has not acknowledged the events; send them again: each counts once.');
  }
  telemetry.events.inc({ verdict: 'accepted' }, accepted);
  telemetry.events.inc({ verdict: 'too_late' }, tooLate);
  telemetry.events.inc({ verdict: 'rejected' }, rejectedCount - tooLate);
  return reply.code(statusOf(verdicts)).send(answerOf(verdicts));
}

/** The body of an answer; what is none is left out. */
function answerOf({ accepted, rejected, rejectedCount, warnings, warningCount }: Verdicts): object {
  const rejectedOmitted = rejectedCount - rejected.length;
  const warningsOmitted = warningCount - warnings.length;
  return {
    accepted,
    rejected,
    ...(rejectedOmitted > 0 ? { rejected_omitted: rejectedOmitted } : {}),
    ...(warningCount > 0 ? { warnings } : {}),
    ...(warningsOmitted > 0 ? { warnings_omitted: warningsOmitted } : {}),
  };
}

function publishHandler(options: CollectorOptions, telemetry: Telemetry, budget: Budget) {
  const { outlet, now, tracing, bodyBytesMax, itemsMax } = options;
  const limits = { bytesMax: bodyBytesMax, itemsMax };
  const publish = async (
    request: FastifyRequest<Publish>,
    reply: FastifyReply,
    trace: RequestTrace | undefined,
  ): Promise<FastifyReply> => {
    const end = telemetry.seconds.startTimer();
    const strict = strictnessOf(request.query.strict);
    if (strict === undefined)
      return problem(
        reply,
        400,
        'The parameter "strict" is given once, as true, 1, false or 0, or left out.',
      );
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const body = await itemsOf(request.headers, bytes, limits);
    if ('refused' in body) return problem(reply, body.status, body.refused);
    const { items, cloudEvents } = body;
    budget.charge(request.apiKey!.name, body.bytes);
    const verdicts = await judgeAll(items, { key: request.apiKey!, now: now(), strict, cloudEvents });
    if (verdicts.accepted + verdicts.rejectedCount === 0)
      return reply.code(400).send({ accepted: 0, rejected: [nothing] });
    if (outlet.isFull) {
      // It may have become full while the body was read.
      reply.header('retry-after', retryAfterS);
      return problem(reply, 429, 'Kafka can not keep up; send the same events again later.');
    }
    const answer = await publishAndAnswer(reply, verdicts, options, telemetry, trace);
    end();
    return answer;
  };
  return async (request: FastifyRequest<Publish>, reply: FastifyReply): Promise<FastifyReply> => {
    if (tracing === undefined) return publish(request, reply, undefined);
    const trace = new RequestTrace(tracing, request.headers);
    let status = 500;
    try {
      const answer = await publish(request, reply, trace);
      status = reply.statusCode;
      return answer;
    } finally {
      trace.end(status);
    }
  };
}

/** What each key may send: its own limits, or those of all. */
function limitsOf({ keys, requestsPerSecond, bytesPerSecond }: CollectorOptions) {
  const ownLimits = new Map([...keys.values()].map(({ name, limits }) => [name, limits]));
  const requestsOf = (key: string): number => ownLimits.get(key)?.requestsPerSecond ?? requestsPerSecond;
  const bytesOf = (key: string): number => ownLimits.get(key)?.bytesPerSecond ?? bytesPerSecond;
  const accounts = new ByteBudget(() => performance.now());
  return {
    /** Requests a second of a key, for the limiter, which knows no 0. */
    requestsMax: (key: string): number => requestsOf(key) || Number.MAX_SAFE_INTEGER,
    waitMs: (key: string): number => (bytesOf(key) === 0 ? 0 : accounts.waitMs(key, bytesOf(key))),
    charge: (key: string, bytes: number): void => {
      if (bytesOf(key) > 0) accounts.charge(key, bytes, bytesOf(key));
    },
  };
}

type Budget = ReturnType<typeof limitsOf>;

/** Decides before the body is read whether a request may go on. */
function gate({ outlet, keys }: CollectorOptions, budget: Budget) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const key = apiKeyOf(keys, request);
    if (key === undefined) {
      reply.header('www-authenticate', 'Bearer');
      return problem(
        reply,
        401,
        'The header "Authorization: Bearer <key>" is missing or its key is not known here.',
      );
    }
    request.apiKey = key;
    const waitMs = budget.waitMs(key.name);
    if (waitMs > 0) {
      reply.header('retry-after', Math.ceil(waitMs / 1_000));
      return problem(
        reply,
        429,
        `The key "${key.name}" is over its bytes a second; send the same events again later.`,
      );
    }
    if (outlet.unavailable === undefined && !outlet.isFull) return undefined;
    reply.header('retry-after', retryAfterS);
    return outlet.isFull
      ? problem(reply, 429, 'Kafka can not keep up; send the same events again later.')
      : problem(
          reply,
          503,
          `Kafka is away; send the same events again later. ${outlet.unavailable?.message ?? ''}`,
        );
  };
}

/** For whoever operates it: whether it works. */
function addHealth(app: FastifyInstance, { outlet }: CollectorOptions): void {
  app.get('/health', () => ({ status: 'ok' }));
  app.get('/ready', (_request, reply) => {
    const waiting = outlet.unavailable === undefined ? [] : [outlet.unavailable.message];
    return reply
      .code(waiting.length === 0 ? 200 : 503)
      .send({ ready: waiting.length === 0, waiting_for: waiting });
  });
}

/** Figures, documents and schemas: open to this machine, behind any key for others. */
async function addDocuments(app: FastifyInstance, { host, keys, registry }: CollectorOptions): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      if (isLoopback(host) && isLoopback(request.hostname)) return undefined;
      if (readerKeyOf(keys, request) !== undefined) return undefined;
      reply.header('www-authenticate', 'Bearer, Basic realm="tidemark"');
      return problem(reply, 401, 'Send an API key: as "Authorization: Bearer <key>", or as a password.');
    });
    const document = JSON.stringify(openApiDocument());
    scope.get('/openapi.json', (_request, reply) => reply.type('application/json').send(document));
    scope.get('/metrics', async (_request, reply) =>
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
  app.decorateRequest('apiKey', null);
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
  app.setNotFoundHandler((_request, reply) =>
    problem(reply, 404, 'There is nothing here; events go to POST /v1/events.'),
  );
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
    const budget = limitsOf(options);
    scope.addHook('onRequest', gate(options, budget));
    await scope.register(rateLimit, {
      max: (_request, key) => budget.requestsMax(key),
      timeWindow: 1_000,
      keyGenerator: (request) => request.apiKey?.name ?? request.ip,
    });
    scope.post<Publish>('/v1/events', publishHandler(options, telemetry, budget));
  });
  addHealth(app, options);
  await addDocuments(app, options);
  return app;
}
