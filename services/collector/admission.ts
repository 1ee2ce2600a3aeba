import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problem, retryAfterS } from './answers.ts';
import { ByteBudget } from './byte-budget.ts';
import type { CollectorOptions } from './collector-options.ts';
import type { ApiKey } from './keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who publishes, once it is known. */
    apiKey: ApiKey | null;
  }
}

/** Decides which requests of a key may go on. */
export type Admission = {
  /** Answers a request that must wait: its key is over its bytes a second, or Kafka cannot take more. */
  readonly refuse: (key: ApiKey, reply: FastifyReply) => FastifyReply | undefined;
  /** Charges a key for a body, in bytes. */
  readonly charge: (key: ApiKey, bytes: number) => void;
  /** Requests a second of a key. */
  readonly requestsMax: (key: ApiKey) => number;
};

/** The limits of the keys, each its own or that of all, and of what Kafka takes. */
export function admissionOf({ outlet, requestsPerSecond, bytesPerSecond }: CollectorOptions): Admission {
  const accounts = new ByteBudget(() => performance.now());
  const bytesOf = ({ limits }: ApiKey): number => limits.bytesPerSecond ?? bytesPerSecond;
  const waitMs = (key: ApiKey): number => (bytesOf(key) === 0 ? 0 : accounts.waitMs(key.name, bytesOf(key)));
  return {
    refuse(key, reply) {
      const wait = waitMs(key);
      if (wait > 0) {
        reply.header('retry-after', Math.ceil(wait / 1_000));
        const message = `The key "${key.name}" is over its bytes a second; send the same events again later.`;
        return problem(reply, 429, message);
      }
      if (outlet.isFull) return refuseWhileFull(reply);
      if (outlet.unavailable === undefined) return undefined;
      reply.header('retry-after', retryAfterS);
      const message = `Kafka is away; send the same events again later. ${outlet.unavailable.message}`;
      return problem(reply, 503, message);
    },
    charge(key, bytes) {
      if (bytesOf(key) > 0) accounts.charge(key.name, bytes, bytesOf(key));
    },
    // The limiter knows no 0.
    requestsMax: ({ limits }) => (limits.requestsPerSecond ?? requestsPerSecond) || Number.MAX_SAFE_INTEGER,
  };
}

/** The answer while Kafka does not keep up. */
export function refuseWhileFull(reply: FastifyReply): FastifyReply {
  reply.header('retry-after', retryAfterS);
  return problem(reply, 429, 'Kafka can not keep up; send the same events again later.');
}

/** Limits the requests of each key over all routes that are added to the scope from now on. */
export async function limitRequests(scope: FastifyInstance, { requestsMax }: Admission): Promise<void> {
  scope.decorateRequest('apiKey', null);
  await scope.register(rateLimit, {
    max: ({ apiKey }) => (apiKey === null ? 0 : requestsMax(apiKey)),
    timeWindow: 1_000,
    keyGenerator: ({ apiKey, ip }) => apiKey?.name ?? ip,
  });
}

/**
 * Lets nobody but holders of a key on, before the body is read.
 *
 * @param keyOf Reads the key that a request carries.
 * @param wanted What to send, a sentence; with the scheme that the answer asks for.
 */
export function keyGate(
  { refuse }: Admission,
  keyOf: (request: FastifyRequest) => ApiKey | undefined,
  wanted: { readonly scheme: string; readonly message: string },
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const key = keyOf(request);
    if (key === undefined) {
      reply.header('www-authenticate', wanted.scheme);
      return problem(reply, 401, wanted.message);
    }
    request.apiKey = key;
    return refuse(key, reply);
  };
}
