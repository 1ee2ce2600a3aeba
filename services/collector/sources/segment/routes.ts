import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { objectIn } from '@tidemark/sources/translated';
import { keyGate, refuseWhileFull } from '../../admission.ts';
import { problem, publishAndAnswer } from '../../answers.ts';
import { parse } from '../../body.ts';
import type { Carried } from '../../cloud-events.ts';
import { judgeAll, type Remark, type Verdicts } from '../../intake.ts';
import { writeKeyOf } from '../../keys.ts';
import { hasMoreElements, plainBody, type Refused } from '../../plain-body.ts';
import { type Intake, statusOf } from '../../publishing.ts';
import { type RequestTrace, withTrace } from '../../request-trace.ts';
import { batchOperation, callOperation } from '../operations.ts';
import { readSegmentMapping } from './mapping-file.ts';
import { calls, messageEvents } from './message.ts';

type Sent = { readonly messages: readonly unknown[]; readonly bytes: number };
type Unpack = (body: unknown) => readonly unknown[] | undefined;

/** Each message of a batch, with the context that the batch has for all. */
const ofBatch: Unpack = (body) => {
  const { batch, context } = objectIn(body) ?? {};
  if (!Array.isArray(batch)) return undefined;
  return batch.map((message: unknown) => {
    const own = objectIn(message);
    return own === undefined || context === undefined
      ? message
      : { ...own, context: { ...objectIn(context), ...objectIn(own['context']) } };
  });
};

const ofCall =
  (type: string): Unpack =>
  (body) => {
    const message = objectIn(body);
    return message === undefined ? undefined : [{ ...message, type }];
  };

async function sentIn(
  { headers, body }: FastifyRequest,
  unpack: Unpack,
  { bytesMax, itemsMax }: { readonly bytesMax: number; readonly itemsMax: number },
): Promise<Sent | Refused> {
  // The content type is not looked at: RudderStack's library for Node calls its compressed bodies those of a form.
  const given = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const bytes = await plainBody(headers, given, { bytesMax, itemsMax });
  if (!Buffer.isBuffer(bytes)) return bytes;
  if (hasMoreElements(bytes, itemsMax, 2))
    return { status: 413, refused: `The body has more than ${itemsMax} messages; send several batches.` };
  const carried = parse(bytes, 'The body');
  if (!('value' in carried)) return { status: 400, refused: carried.fault.message };
  const messages = unpack(carried.value);
  return messages === undefined
    ? { status: 400, refused: 'Send a message as a JSON object, or {"batch": [messages]} to /v1/batch.' }
    : { messages, bytes: bytes.length };
}

/** The verdicts with the places of the messages instead of those of their events. */
function byMessage(verdicts: Verdicts, places: readonly number[]): Verdicts {
  const placed = (remarks: readonly Remark[]): readonly Remark[] =>
    remarks.map((remark) => ({ ...remark, index: places[remark.index]! }));
  return { ...verdicts, rejected: placed(verdicts.rejected), warnings: placed(verdicts.warnings) };
}

/** So many rejected events are in a line of the log. */
const loggedMax = 10;

function receiver({ options, telemetry, admission }: Intake, unpack: Unpack) {
  const { bodyBytesMax, itemsMax, now, retention, keepsFreeText, outlet, log } = options;
  const mapping = options.segmentMapping ?? readSegmentMapping('');
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    trace: RequestTrace | undefined,
  ): Promise<FastifyReply> => {
    const end = telemetry.seconds.startTimer();
    const sent = await sentIn(request, unpack, { bytesMax: bodyBytesMax, itemsMax });
    if ('refused' in sent) return problem(reply, sent.status, sent.refused);
    const key = request.apiKey!;
    admission.charge(key, sent.bytes);
    const places: number[] = [];
    const items = sent.messages.flatMap((message, index): readonly Carried[] => {
      const { items: ofMessage, passedOver } = messageEvents(message, mapping);
      if (passedOver !== undefined) telemetry.passedOver.inc({ source: 'segment', reason: passedOver });
      places.push(...ofMessage.map(() => index));
      return ofMessage;
    });
    const rules = { key, now: now(), strict: true, cloudEvents: false, retention, keepsFreeText };
    const verdicts = byMessage(await judgeAll(items, rules), places);
    if (outlet.isFull) return refuseWhileFull(reply);
    // Libraries do not show their users what is in the answer.
    if (verdicts.rejectedCount > 0)
      log.warn(
        { source: 'segment', key: key.name, rejected: verdicts.rejected.slice(0, loggedMax) },
        'Messages were rejected.',
      );
    const status = verdicts.rejectedCount === 0 ? 200 : statusOf(verdicts, 200);
    const answer = await publishAndAnswer(reply, verdicts, { options, telemetry, trace }, status);
    end();
    return answer;
  };
}

/** Adds Segment's protocol: `POST /v1/batch`, and `/v1/track` and the other calls. */
export async function addSegment(scope: FastifyInstance, intake: Intake): Promise<void> {
  const { options, admission } = intake;
  await scope.register(async (own) => {
    const wanted = {
      scheme: 'Basic realm="tidemark"',
      message:
        'Send an API key of the collector as the write key: it is the name of Basic, the password is empty.',
    };
    own.addHook(
      'onRequest',
      keyGate(admission, (request) => writeKeyOf(options.keys, request), wanted),
    );
    const add = (path: string, operation: ReturnType<typeof callOperation>, unpack: Unpack): void =>
      void own.post(path, { config: { operation } }, withTrace(options.tracing, receiver(intake, unpack)));
    for (const call of calls) add(`/v1/${call}`, callOperation(call), ofCall(call));
    add('/v1/batch', batchOperation, ofBatch);
  });
}
