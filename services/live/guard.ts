import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  answerHeaders,
  guardByToken,
  guardRequests,
  isOverTls,
  type TokenCheck,
  tokenCheck,
} from '@tidemark/service/guard';
import { operations } from './operations.ts';
import { sessionDays, Sessions } from './sessions.ts';

/** Headers of the pages: they load nothing but their own, and are framed by nobody. */
export const securityHeaders: Readonly<Record<string, string>> = {
  ...answerHeaders,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** The prefix makes a browser refuse the cookie unless it is `Secure` and of this host alone. */
const secureCookie = '__Host-tidemark_session';
const plainCookie = 'tidemark_session';

/** What anybody may have: nothing in it is data. */
function isOpen(path: string): boolean {
  return /^\/(health|ready|login)$/.test(path) || /^\/(assets|vendor)\//.test(path);
}

/**
 * Lets in who shows the token, as `Authorization: Bearer` or by the cookie of a session that began at the login page. Without
 * a token, who calls this machine by a name of its own.
 */
export function guard(app: FastifyInstance, token: string | undefined): void {
  guardRequests(app, { isLocal: token === undefined });
  app.addHook('onRequest', async (_request, reply) => void reply.headers(securityHeaders));
  if (token === undefined) return;
  const sessions = new Sessions(Date.now);
  const check = tokenCheck(token);
  const isKnown = (request: FastifyRequest): boolean => sessions.has(sessionOf(request));
  app.addHook('onRequest', async (request, reply) => {
    const isPage = request.url.split('?', 1)[0] === '/' && request.headers.authorization === undefined;
    return isPage && !isKnown(request) ? reply.redirect('/login', 303) : undefined;
  });
  guardByToken(app, { check, tokenVariable: 'LIVE_TOKEN', isOpen, isKnown });
  loginRoutes(app, check, sessions);
}

function loginRoutes(app: FastifyInstance, check: TokenCheck, sessions: Sessions): void {
  const logIn = { config: { operation: operations.logIn } };
  app.post<{ Body: { token?: unknown } | null }>('/login', logIn, async (request, reply) => {
    const given = request.body?.token;
    const shown = check(request, typeof given === 'string' ? given : undefined);
    if (shown === 'limited')
      return reply
        .code(429)
        .header('retry-after', 60)
        .send({ message: 'Too many wrong tokens; try again in a minute.' });
    if (shown !== 'right') return reply.code(401).send({ message: 'That is not the token.' });
    return withCookie(request, reply, sessions.begin(), sessionDays * 86_400);
  });
  app.post('/logout', { config: { operation: operations.logOut } }, (request, reply) => {
    sessions.end(sessionOf(request));
    return withCookie(request, reply, '', 0);
  });
}

function withCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  session: string,
  seconds: number,
): FastifyReply {
  const isSecure = isOverTls(request);
  const cookie = [
    `${isSecure ? secureCookie : plainCookie}=${session}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${seconds}`,
    ...(isSecure ? ['Secure'] : []),
  ];
  return reply.header('set-cookie', cookie.join('; ')).code(204).send();
}

function sessionOf(request: FastifyRequest): string {
  const name = isOverTls(request) ? secureCookie : plainCookie;
  return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1] ?? '';
}
