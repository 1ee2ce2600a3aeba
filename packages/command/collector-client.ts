import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { CommandError, exitCodes } from './work.ts';

/** An event that the collector rejects, with the path and the fix it names. */
export type Rejection = {
  readonly index: number;
  readonly event_id: string | null;
  readonly path: string;
  readonly message: string;
};

/** The collector's answer to a batch. */
export type Answer = { readonly accepted: number; readonly rejected: readonly Rejection[] };

/** Where and how events are posted. */
export type CollectorOptions = {
  readonly url: URL;
  /** Sent as a bearer token. */
  readonly key: string;
  /** Gives up. Events that are not acknowledged by then may be accepted or not. */
  readonly signal: AbortSignal;
  /** Called when a batch must be sent again, with the reason and the pause. */
  readonly onTrouble?: (trouble: { readonly reason: string; readonly pauseMs: number }) => void;
};

const answerTimeoutMs = 30_000;
const pauseMsFirst = 200;
const pauseMsMax = 5_000;

/**
 * Posts a batch and gives up after a time.
 *
 * @param timeoutMs How long to try.
 * @throws CommandError `notReady` when the collector has not acknowledged by then; else as `post`.
 */
export async function postWithin(
  events: readonly object[],
  timeoutMs: number,
  options: Omit<CollectorOptions, 'signal'>,
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await post(events, { ...options, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CommandError(
      exitCodes.notReady,
      `The collector at ${options.url.origin} did not acknowledge within ${timeoutMs / 1000} s. Events may be sent again: one event_id counts once.`,
    );
  }
}

/**
 * Posts a batch as NDJSON until the collector has acknowledged it: the same events with the same ids, so that an event
 * that is accepted twice is counted once. It waits as long as the collector says when it is over its rate, and with
 * growing pauses while the collector or Kafka is away. It cuts a batch in two that is over the body limit.
 *
 * @throws Failure `settings.invalid` when the key or the address is refused; the signal's reason when it aborts.
 */
export async function post(events: readonly object[], options: CollectorOptions): Promise<Answer> {
  const body = events.map((event) => JSON.stringify(event)).join('\n');
  for (let pauseMs = pauseMsFirst; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    const attempt = await send(body, options);
    options.signal.throwIfAborted();
    if ('answer' in attempt) return attempt.answer;
    if (attempt.tooLarge && events.length > 1) return postHalves(events, options);
    const waitMs = attempt.afterMs ?? pauseMs;
    options.onTrouble?.({ reason: attempt.reason, pauseMs: waitMs });
    await sleep(waitMs, undefined, { signal: options.signal });
  }
}

type Attempt =
  | { readonly answer: Answer }
  | { readonly reason: string; readonly afterMs?: number; readonly tooLarge?: boolean };

async function send(body: string, { url, key, signal }: CollectorOptions): Promise<Attempt> {
  const target = new URL('/v1/events', url);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
  const within = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, { method: 'POST', headers, body, signal: within });
    text = await response.text();
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    return { reason: `${target.origin} does not answer (${cause?.code ?? String(error)})` };
  }
  const { status } = response;
  if (status === 202 || status === 400) return { answer: answerOf(text, target) };
  if (status === 413) return { reason: 'over the body limit', tooLarge: true };
  if (status === 401 || status === 403 || status === 404) {
    throw new Failure(
      'settings.invalid',
      `The collector at ${target.href} answers ${status}: ${text.slice(0, 200)}. Correct --collector or --key`,
    );
  }
  const after = Number(response.headers.get('retry-after'));
  const reason = `the collector answers ${status}`;
  return after > 0 ? { reason, afterMs: after * 1_000 } : { reason };
}

function answerOf(text: string, target: URL): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new Failure('settings.invalid', `The server at ${target.href} is no collector`, { cause });
  }
}

async function postHalves(events: readonly object[], options: CollectorOptions): Promise<Answer> {
  const middle = events.length >> 1;
  const first = await post(events.slice(0, middle), options);
  const second = await post(events.slice(middle), options);
  const rejected = second.rejected.map((one) => ({ ...one, index: one.index + middle }));
  return { accepted: first.accepted + second.accepted, rejected: [...first.rejected, ...rejected] };
}
