import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { isFailure } from '@tidemark/service/failures';
import { ByteBudget } from './byte-budget.ts';
import { itemsOf } from './body.ts';
import type { CollectorOptions } from './collector-options.ts';
import { judgeAll, type Remark, type Verdicts } from './intake.ts';
import { apiKeyOf, type ApiKey } from './keys.ts';
import { publishOperation } from './openapi.ts';
import { RequestTrace } from './request-trace.ts';
import type { Telemetry } from './telemetry.ts';

declare module 'fastify' {
  interface FastifyRequest {
    apiKey: ApiKey | null;
  }
}

type Publish = { Querystring: { strict?: string | string[] } };

const retryAfterS = 1;

/** Answers with a status and a sentence on what is wrong and how to fix it. */
export function problem(reply: FastifyReply, status: number, message: string): FastifyReply {
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

/**
 * Publishes the records and sends the answer about all events of the request.
 *
 * @param status That of the answer once Kafka has acknowledged.
 */
export async function publishAndAnswer(
  reply: FastifyReply,
  verdicts: Verdicts,
  { outlet, log }: CollectorOptions,
  telemetry: Telemetry,
  trace: RequestTrace | undefined,
  status: number = statusOf(verdicts),
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
  return reply.code(status).send(answerOf(verdicts));
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
  const { outlet, now, tracing, bodyBytesMax, itemsMax, retention, keepsFreeText } = options;
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
    const verdicts = await judgeAll(items, {
      key: request.apiKey!,
      now: now(),
      strict,
      cloudEvents,
      retention,
      keepsFreeText,
    });
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

/** Adds `POST /v1/events`: who may send, how much, and what becomes of each event. */
export async function addPublishing(
  app: FastifyInstance,
  options: CollectorOptions,
  telemetry: Telemetry,
): Promise<void> {
  app.decorateRequest('apiKey', null);
  await app.register(async (scope) => {
    const budget = limitsOf(options);
    scope.addHook('onRequest', gate(options, budget));
    await scope.register(rateLimit, {
      max: (_request, key) => budget.requestsMax(key),
      timeWindow: 1_000,
      keyGenerator: (request) => request.apiKey?.name ?? request.ip,
    });
    scope.post<Publish>(
      '/v1/events',
      { config: { operation: publishOperation } },
      publishHandler(options, telemetry, budget),
    );
  });
}
