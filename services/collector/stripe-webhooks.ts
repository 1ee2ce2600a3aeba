import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { stripeEvents } from '@tidemark/sources/stripe';
import type { CollectorOptions } from './collector-options.ts';
import { judgeAll } from './intake.ts';
import type { ApiKey } from './keys.ts';
import { stripeOperation } from './openapi.ts';
import { problem, publishAndAnswer } from './publishing.ts';
import { stripeSignatureFault } from './stripe-signature.ts';
import type { Telemetry } from './telemetry.ts';

/** Who publishes: the signature stands for a key. */
const stripeKey: ApiKey = {
  name: 'stripe',
  source: 'stripe',
  limits: { requestsPerSecond: undefined, bytesPerSecond: undefined },
  families: new Set(['subscription', 'purchase']),
  loopbackOnly: false,
};

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Adds `POST /v1/sources/stripe`, where there are secrets. A delivery that gives no event is answered with 200, since Stripe would
 * only send it again; what can be sent again with another result has another status.
 */
export function addStripe(app: FastifyInstance, options: CollectorOptions, telemetry: Telemetry): void {
  const { outlet, now, retention, log, stripeSecrets = [] } = options;
  if (stripeSecrets.length === 0) return;
  const take = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const header = request.headers['stripe-signature'];
    const unsigned = stripeSignatureFault(header?.toString(), bytes, stripeSecrets, now());
    if (unsigned !== undefined) return problem(reply, 401, unsigned);
    if (outlet.unavailable !== undefined || outlet.isFull)
      return problem(reply.header('retry-after', 1), 503, 'Kafka can not take events now; send it again.');
    const { events, passedOver, fault } = stripeEvents(parsed(bytes));
    if (fault !== undefined) return problem(reply, 400, fault);
    for (const reason of passedOver) telemetry.passedOver.inc({ source: 'stripe', reason });
    const verdicts = await judgeAll(
      events.map((value) => ({ value })),
      { key: stripeKey, now: now(), strict: true, cloudEvents: false, retention },
    );
    if (verdicts.rejectedCount > 0)
      log.warn({ rejected: verdicts.rejected }, 'Events of a webhook of Stripe were rejected.');
    return publishAndAnswer(reply, verdicts, options, telemetry, undefined, 200);
  };
  app.post('/v1/sources/stripe', { config: { operation: stripeOperation } }, take);
}
