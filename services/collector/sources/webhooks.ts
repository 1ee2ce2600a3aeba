import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Family } from '@tidemark/events/families';
import { shopifyEvents } from '@tidemark/sources/shopify';
import { stripeEvents } from '@tidemark/sources/stripe';
import type { Translated } from '@tidemark/sources/translated';
import { zendeskEvents } from '@tidemark/sources/zendesk';
import { problem, publishAndAnswer } from '../answers.ts';
import type { WebhookName } from '../collector-options.ts';
import { judgeAll } from '../intake.ts';
import type { ApiKey } from '../keys.ts';
import type { Intake } from '../publishing.ts';
import { type RequestTrace, withTrace } from '../request-trace.ts';
import { webhookOperation } from './operations.ts';
import { shopifySignature, type SignatureCheck, stripeSignature, zendeskSignature } from './signatures.ts';

type Webhook = {
  readonly name: WebhookName;
  readonly title: string;
  readonly families: readonly Family[];
  readonly signatureFault: SignatureCheck;
  readonly translate: (body: unknown, headers: IncomingHttpHeaders) => Translated;
};

const webhooks: readonly Webhook[] = [
  {
    name: 'stripe',
    title: 'Stripe',
    families: ['subscription', 'purchase'],
    signatureFault: stripeSignature,
    translate: stripeEvents,
  },
  {
    name: 'shopify',
    title: 'Shopify',
    families: ['purchase', 'cart'],
    signatureFault: shopifySignature,
    translate: (body, headers) => shopifyEvents(headers['x-shopify-topic']?.toString(), body),
  },
  {
    name: 'zendesk',
    title: 'Zendesk',
    families: ['contact'],
    signatureFault: zendeskSignature,
    translate: zendeskEvents,
  },
];

/** Who publishes: the signature stands for a key, with the limits of all keys. */
function keyOf({ name, title, families }: Webhook): ApiKey {
  return {
    // No name of COLLECTOR_KEYS may share its bytes.
    name: `webhooks of ${title}`,
    source: name,
    limits: { requestsPerSecond: undefined, bytesPerSecond: undefined },
    families: new Set(families),
    loopbackOnly: false,
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const bytesOf = ({ body }: FastifyRequest): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

/** Lets signed deliveries on, within the limits of the source's key. What is not signed is charged to nobody. */
function signatureGate({ options, admission }: Intake, webhook: Webhook, secrets: readonly string[]) {
  const key = keyOf(webhook);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const body = bytesOf(request);
    const fault = webhook.signatureFault(request.headers, { body, secrets, nowMs: options.now() });
    if (fault !== undefined) return problem(reply, 401, fault);
    request.apiKey = key;
    return admission.refuse(key, reply);
  };
}

/**
 * A delivery that gives no event is answered with 200, since its source would only send it again; what can be sent again
 * with another result has another status.
 */
function delivery({ options, telemetry, admission }: Intake, { name, translate }: Webhook) {
  const { now, retention, keepsFreeText, log } = options;
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    trace: RequestTrace | undefined,
  ): Promise<FastifyReply> => {
    const end = telemetry.seconds.startTimer();
    const [bytes, key] = [bytesOf(request), request.apiKey!];
    admission.charge(key, bytes.length);
    const { events, passedOver, fault } = translate(parsed(bytes), request.headers);
    if (fault !== undefined) return problem(reply, 400, fault);
    for (const reason of passedOver) telemetry.passedOver.inc({ source: name, reason });
    const verdicts = await judgeAll(
      events.map((value) => ({ value })),
      { key, now: now(), strict: true, cloudEvents: false, retention, keepsFreeText },
    );
    if (verdicts.rejectedCount > 0)
      log.warn({ source: name, rejected: verdicts.rejected }, 'Events of a webhook were rejected.');
    const answer = await publishAndAnswer(reply, verdicts, { options, telemetry, trace }, 200);
    end();
    return answer;
  };
}

/** Adds `POST /v1/sources/<name>` for each source of webhooks that has secrets. */
export async function addWebhooks(scope: FastifyInstance, intake: Intake): Promise<void> {
  const { tracing, webhookSecrets } = intake.options;
  for (const webhook of webhooks) {
    const secrets = webhookSecrets?.[webhook.name] ?? [];
    if (secrets.length === 0) continue;
    await scope.register(async (own) => {
      // Whose a delivery is, is known once its body is read.
      own.addHook('preHandler', signatureGate(intake, webhook, secrets));
      const config = {
        operation: webhookOperation(webhook.title),
        rateLimit: { hook: 'preHandler' as const },
      };
      own.post(`/v1/sources/${webhook.name}`, { config }, withTrace(tracing, delivery(intake, webhook)));
    });
  }
}
