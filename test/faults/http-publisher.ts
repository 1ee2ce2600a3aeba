/** Publishes to the collector as a backend does: it tries again until the events are accepted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';

const retryMs = 300;
const answerMs = 20_000;

/** The result of posting. */
export type Posted = {
  /** Requests that were not answered with 202, and so made again. */
  readonly again: number;
};

/**
 * Posts events until a collector has accepted all of them, to one after the other.
 *
 * @throws Error when it rejects one; the signal's reason when it is aborted.
 */
export async function postUntilAccepted(
  ports: readonly number[],
  events: readonly ContractEvent[],
  signal: AbortSignal,
): Promise<Posted> {
  const body = JSON.stringify(events);
  for (let again = 0; ; again++) {
    signal.throwIfAborted();
    const answer = await post(ports[again % ports.length]!, body);
    if (answer?.status === 202) {
      if (answer.accepted === events.length) return { again };
      throw new Error(`the collector rejected good events: ${answer.text.slice(0, 500)}`);
    }
    if (answer?.status === 400)
      throw new Error(`the collector rejected it all: ${answer.text.slice(0, 500)}`);
    await sleep(retryMs);
  }
}

type Answer = { readonly status: number; readonly accepted: number | undefined; readonly text: string };

async function post(port: number, body: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
      method: 'POST',
      headers: { authorization: 'Bearer dev-key', 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(answerMs),
    });
    const text = await response.text();
    const accepted =
      response.status === 202 ? (JSON.parse(text) as { accepted: number }).accepted : undefined;
    return { status: response.status, accepted, text };
  } catch {
    // The collector is down, or the connection broke: the publisher posts again.
    return undefined;
  }
}
