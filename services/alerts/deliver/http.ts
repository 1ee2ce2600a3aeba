import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { isPublic, PrivateAddress, publicLookup } from './addresses.ts';
import type { Outcome } from './outcome.ts';

/** A request to a receiver. */
export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Posts once. Never throws. */
export type Poster = { readonly post: (post: Post) => Promise<Outcome>; readonly close: () => Promise<void> };

/** Characters of an answer that are kept as the reason of a failure. */
const answerMax = 300;

/**
 * Posts to receivers within a timeout, without following redirects, and only to public addresses unless private ones are
 * allowed.
 *
 * @param timeoutMs For connecting, and for the answer.
 */
export function poster({ allowPrivate, timeoutMs }: { allowPrivate: boolean; timeoutMs: number }): Poster {
  const agent = new Agent({
    connect: { timeout: timeoutMs, ...(allowPrivate ? {} : { lookup: publicLookup }) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 1_000,
  });
  const post = async ({ url, headers, body }: Post): Promise<Outcome> => {
    try {
      const { hostname } = new URL(url);
      // The agent looks up names only, so a literal address has to be checked here.
      const isLiteral = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
      if (!allowPrivate && isLiteral && !isPublic(hostname)) throw new PrivateAddress(hostname, hostname);
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', 'user-agent': 'tidemark-alerts', ...headers },
        body,
        signal: AbortSignal.timeout(2 * timeoutMs),
      });
      const text = (await answer.body.text()).slice(0, answerMax);
      return outcomeOf(answer.statusCode, answer.headers['retry-after'], text);
    } catch (error) {
      if (error instanceof PrivateAddress) return { status: 'refused', reason: error.message };
      return { status: 'retry', reason: reasonOf(error) };
    }
  };
  return { post, close: () => agent.destroy() };
}

function outcomeOf(status: number, retryAfter: string | string[] | undefined, text: string): Outcome {
  if (status >= 200 && status < 300) return { status: 'delivered' };
  const reason = `the receiver answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status >= 300 && status < 400)
    return { status: 'refused', reason: `the receiver answered ${status}; redirects are not followed` };
  // Too early, too many requests, timed out: these 4xx are not about the message itself.
  if (status < 500 && ![408, 425, 429].includes(status)) return { status: 'refused', reason };
  const seconds = Number(retryAfter);
  return Number.isFinite(seconds) && seconds > 0
    ? { status: 'retry', reason, afterMs: seconds * 1_000 }
    : { status: 'retry', reason };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'TimeoutError' ? 'the receiver did not answer in time' : error.message;
}
