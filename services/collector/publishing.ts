import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Admission, keyGate, refuseWhileFull } from './admission.ts';
import { problem, publishAndAnswer } from './answers.ts';
import { itemsOf } from './body.ts';
import type { CollectorOptions } from './collector-options.ts';
import { judgeAll, type Remark, type Verdicts } from './intake.ts';
import { apiKeyOf } from './keys.ts';
import { publishOperation } from './openapi.ts';
import { type RequestTrace, withTrace } from './request-trace.ts';
import type { Telemetry } from './telemetry.ts';

type Publish = { Querystring: { strict?: string | string[] } };

/** What every route that takes events works with. */
export type Intake = {
  readonly options: CollectorOptions;
  readonly telemetry: Telemetry;
  readonly admission: Admission;
};

/** The status of an answer by what became of the events: one that is accepted decides. */
export function statusOf<Status extends number>(
  { accepted, forbidden }: Verdicts,
  accepting: Status,
): Status | 400 | 403 {
  if (accepted > 0) return accepting;
  return forbidden ? 403 : 400;
}

const nothing: Remark = { index: 0, event_id: null, path: '$', message: 'The body has no event.' };

function strictnessOf(given: string | string[] | undefined): boolean | undefined {
  if (given === undefined || given === 'false' || given === '0') return false;
  return given === 'true' || given === '1' ? true : undefined;
}

function publisher({ options, telemetry, admission }: Intake) {
  const { outlet, now, bodyBytesMax, itemsMax, retention, keepsFreeText } = options;
  const limits = { bytesMax: bodyBytesMax, itemsMax };
  return async (
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
    const key = request.apiKey!;
    admission.charge(key, body.bytes);
    const verdicts = await judgeAll(items, {
      key,
      now: now(),
      strict,
      cloudEvents,
      retention,
      keepsFreeText,
    });
    if (verdicts.accepted + verdicts.rejectedCount === 0)
      return reply.code(400).send({ accepted: 0, rejected: [nothing] });
    // It may have become full while the body was read.
    if (outlet.isFull) return refuseWhileFull(reply);
    const answer = await publishAndAnswer(
      reply,
      verdicts,
      { options, telemetry, trace },
      statusOf(verdicts, 202),
    );
    end();
    return answer;
  };
}

/** Adds `POST /v1/events`: who may send, how much, and what becomes of each event. */
export async function addPublishing(scope: FastifyInstance, intake: Intake): Promise<void> {
  const { options, admission } = intake;
  await scope.register(async (own) => {
    const wanted = {
      scheme: 'Bearer',
      message: 'The header "Authorization: Bearer <key>" is missing or its key is not known here.',
    };
    own.addHook(
      'onRequest',
      keyGate(admission, (request) => apiKeyOf(options.keys, request), wanted),
    );
    own.post<Publish>(
      '/v1/events',
      { config: { operation: publishOperation } },
      withTrace(options.tracing, publisher(intake)),
    );
  });
}
