import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import rateLimit from '@fastify/rate-limit';
import { Failure } from '@tidemark/service/failures';

/** Headers of every answer: the pages load nothing but their own, and are framed by nobody. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const cookieName = 'tidemark_session';
const cookieDays = 30;
const tokenLengthMin = 16;
const loginsPerMinute = 10;

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether the settings may be run with: whoever can reach it must show a token, unless only this machine can.
 *
 * @throws Failure `settings.invalid`.
 */
export function assertGuarded(host: string, token: string | undefined): void {
  if (token === undefined && !isLoopback(host))
    throw new Failure(
      'settings.invalid',
      `LIVE_HOST is ${host}, which others can reach: set LIVE_TOKEN (${tokenLengthMin} characters or more) for them to show, or LIVE_HOST to 127.0.0.1`,
    );
  if (token !== undefined && token.length < tokenLengthMin)
    throw new Failure(
      'settings.invalid',
      `LIVE_TOKEN has ${token.length} characters: take ${tokenLengthMin} or more, for example from openssl rand -hex 24`,
    );
}

/** What anybody may have: nothing in it is data. */
function isOpen(path: string): boolean {
  return /^\/(health|ready|login)$/.test(path) || /^\/(assets|vendor)\//.test(path);
}

/**
 * Lets in who shows the token, as `Authorization: Bearer` or by the cookie that the login page sets. Without a token, who
 * calls this machine by a name of its own: a page elsewhere can make a browser call 127.0.0.1 by that page's name.
 */
export function guard(app: FastifyInstance, token: string | undefined): void {
  app.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of Object.entries(securityHeaders)) void reply.header(name, value);
    const path = request.url.split('?', 1)[0]!;
    if (isForged(request)) {
      return reply.code(403).send({ message: 'A change must come from this page, or from no page at all.' });
    }
    if (token === undefined) {
      const { hostname } = request;
      return isLoopback(hostname)
        ? undefined
        : reply
            .code(421)
            .send({ message: `Without LIVE_TOKEN this answers to 127.0.0.1, not to ${hostname}.` });
    }
    if (isOpen(path) || isKnown(request, token)) return;
    if (path === '/') return reply.redirect('/login', 303);
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .send({ message: 'Show the token: Authorization: Bearer <LIVE_TOKEN>, or log in at /login.' });
  });
  if (token !== undefined) void app.register((scope) => loginRoutes(scope, token));
}

/** A change that a page of somebody else asks for. Programs send no such header. */
function isForged({ method, headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return method !== 'GET' && method !== 'HEAD' && site !== undefined && site !== 'same-origin';
}

async function loginRoutes(scope: FastifyInstance, token: string): Promise<void> {
  await scope.register(rateLimit, { max: loginsPerMinute, timeWindow: 60_000 });
  scope.post<{ Body: { token?: unknown } | null }>('/login', async (request, reply) => {
    const given = request.body?.token;
    if (typeof given !== 'string' || !isSame(given, token))
      return reply.code(401).send({ message: 'That is not the token.' });
    return signIn(request, reply, token);
  });
  scope.post('/logout', (_request, reply) =>
    reply
      .header('set-cookie', `${cookieName}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`)
      .code(204)
      .send(),
  );
}

function signIn(request: FastifyRequest, reply: FastifyReply, token: string): FastifyReply {
  const isSecure = request.headers['x-forwarded-proto'] === 'https' || request.protocol === 'https';
  const cookie = [
    `${cookieName}=${sessionOf(token)}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${cookieDays * 86_400}`,
    ...(isSecure ? ['Secure'] : []),
  ];
  return reply.header('set-cookie', cookie.join('; ')).code(204).send();
}

/** What the cookie holds: it proves the token and does not give it away. Another token ends all sessions. */
function sessionOf(token: string): string {
  return createHmac('sha256', token).update('tidemark live session').digest('base64url');
}

function isKnown({ headers }: FastifyRequest, token: string): boolean {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isSame(bearer, token);
  const cookie = new RegExp(`(?:^|; )${cookieName}=([^;]*)`).exec(headers.cookie ?? '')?.[1];
  return cookie !== undefined && isSame(cookie, sessionOf(token));
}

/** Compares in a time that tells nothing of where they differ. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
