import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from './failures.ts';
import { GuessLimit, originOf } from './guess-limit.ts';

/** How many characters a token has at least. */
export const tokenLengthMin = 16;

/** Whether only this machine can reach the address or name, as a server listens on it or a `Host` header gives it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Where a server listens, and what its callers have to show; with the names of the two settings. */
export type Exposure = {
  readonly host: string;
  readonly token: string | undefined;
  readonly hostVariable: string;
  readonly tokenVariable: string;
};

/**
 * Whether a server may run like this: who can reach it must show a token, unless only this machine can reach it.
 *
 * @throws Failure `settings.invalid`.
 */
export function assertGuarded({ host, token, hostVariable, tokenVariable }: Exposure): void {
  if (token === undefined && !isLoopback(host))
    throw new Failure(
      'settings.invalid',
      `${hostVariable} ${host} is reachable from other machines: set ${tokenVariable} (${tokenLengthMin} characters or more), or ${hostVariable} to 127.0.0.1`,
    );
  if (token !== undefined && token.length < tokenLengthMin)
    throw new Failure(
      'settings.invalid',
      `${tokenVariable} has ${token.length} characters: use ${tokenLengthMin} or more, for example from openssl rand -hex 24`,
    );
}

/** Headers of every answer: it is taken for nothing but what it is, and embedded by nobody. */
export const answerHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * What every HTTP server of the system refuses, whoever asks:
 *
 * - 400: a request target that is no plain path: an absolute address, `..`, `%2e%2e`, a backslash. Routes and proxies would
 *   read it differently.
 * - 421, with `isLocal`: a `Host` that does not name this machine. A page elsewhere can make a browser call 127.0.0.1 by
 *   that page's own name (DNS rebinding).
 * - 403: a write that a page of another origin asks for. Programs send neither `Sec-Fetch-Site` nor `Origin`.
 *
 * @param isLocal Whether only this machine is to be answered, because no secret protects the server.
 */
export function guardRequests(app: FastifyInstance, { isLocal }: { readonly isLocal: boolean }): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(answerHeaders);
    if (isOverTls(request)) void reply.header('strict-transport-security', 'max-age=31536000');
    if (!isPlain(request.url))
      return reply
        .code(400)
        .send({ message: 'Send a path without "..", encoded dots or an address before it.' });
    if (isLocal && !isLoopback(request.hostname))
      return reply
        .code(421)
        .send({ message: `Without a token this answers to 127.0.0.1, not to ${request.hostname}.` });
    if (isForeignWrite(request))
      return reply.code(403).send({ message: 'A change must come from this page, or from no page at all.' });
    return undefined;
  });
}

/** Whether the browser, or the proxy that speaks for it, came by TLS. */
export function isOverTls({ headers, protocol }: FastifyRequest): boolean {
  return headers['x-forwarded-proto'] === 'https' || protocol === 'https';
}

function isPlain(target: string): boolean {
  if (!target.startsWith('/')) return false;
  const path = target.split(/[?#]/, 1)[0]!;
  // The parser resolves dots, encoded ones too, and takes a second slash for the begin of an address.
  return !path.startsWith('//') && URL.parse(path, 'http://tidemark.invalid')?.pathname === path;
}

function isForeignWrite({ method, headers, host }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false;
  const { 'sec-fetch-site': site, origin } = headers;
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && URL.parse(origin)?.host !== host;
}

/** The secret of an `Authorization: Bearer` header. */
export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** Compares in a time that does not depend on where the two differ. */
export function isSameSecret(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Whether a caller has shown the token: `limited` after too many wrong ones, when the token is not even compared. */
export type Shown = 'right' | 'wrong' | 'missing' | 'limited';

/** Compares what callers show with a token, and limits how often they may be wrong. */
export type TokenCheck = (request: FastifyRequest, given: string | undefined) => Shown;

/**
 * A check of a token.
 *
 * @param now Milliseconds of a clock that only goes forward.
 */
export function tokenCheck(token: string, now: () => number = () => performance.now()): TokenCheck {
  const limit = new GuessLimit(now);
  return (request, given) => {
    if (given === undefined) return 'missing';
    const origin = originOf(request);
    if (limit.isSpent(origin)) return 'limited';
    if (isSameSecret(given, token)) return 'right';
    limit.count(origin, given);
    return 'wrong';
  };
}

/** Whether a path says nothing but how a service is, so that whatever watches it needs no token. */
export function isProbe(path: string): boolean {
  return path === '/health' || path === '/ready';
}

/**
 * Lets in who bears the token: 401 for everybody else, 429 after too many wrong ones.
 *
 * @param open Paths that anybody may ask for; nothing in their answers is data.
 * @param isKnown Another way to be known, such as a session.
 */
export function guardByToken(
  app: FastifyInstance,
  {
    check,
    tokenVariable,
    isOpen,
    isKnown = () => false,
  }: {
    readonly check: TokenCheck;
    readonly tokenVariable: string;
    readonly isOpen: (path: string) => boolean;
    readonly isKnown?: (request: FastifyRequest) => boolean;
  },
): void {
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    if (isOpen(path) || isKnown(request)) return undefined;
    const shown = check(request, bearerOf(request));
    if (shown === 'right') return undefined;
    if (shown === 'limited')
      return reply
        .code(429)
        .header('retry-after', 60)
        .send({ message: 'Too many wrong tokens; try again in a minute.' });
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .send({ message: `Send the token: Authorization: Bearer <${tokenVariable}>.` });
  });
}
