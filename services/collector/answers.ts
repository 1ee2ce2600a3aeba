import type { FastifyReply } from 'fastify';
import type { EventRecord } from '@tidemark/publisher/event-sender';
import { isFailure } from '@tidemark/service/failures';
import type { CollectorOptions } from './collector-options.ts';
import type { Verdicts } from './intake.ts';
import type { RequestTrace } from './request-trace.ts';
import type { Telemetry } from './telemetry.ts';

/** When a sender that must wait may try again, in seconds. */
export const retryAfterS = 1;

/** Answers with a status and a sentence on what is wrong and how to fix it. */
export function problem(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

/** Where the events of a request go, and what is counted and traced of it. */
export type Publication = {
  readonly options: Pick<CollectorOptions, 'outlet' | 'log'>;
  readonly telemetry: Telemetry;
  /** `undefined` when traces are off. */
  readonly trace: RequestTrace | undefined;
};

/**
 * Publishes the records and sends the answer about all events of the request.
 *
 * @param status That of the answer once Kafka has acknowledged.
 */
export async function publishAndAnswer(
  reply: FastifyReply,
  verdicts: Verdicts,
  { options: { outlet, log }, telemetry, trace }: Publication,
  status: number,
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
