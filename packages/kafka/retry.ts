import { setTimeout as sleep } from 'node:timers/promises';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';

const pauseMs = { first: 250, most: 5_000 };

/**
 * Does work that needs Kafka, with retries while Kafka is away: a service that is started before its broker waits for it.
 *
 * @param onAway Takes why Kafka cannot be had for now, a sentence; `undefined` once the work is done.
 * @throws A failure that a retry cannot help; the signal's reason when it is aborted.
 */
export async function onceReachable<Result>(
  work: () => Promise<Result>,
  log: Log,
  signal: AbortSignal,
  onAway: (reason: string | undefined) => void = () => undefined,
): Promise<Result> {
  for (let ms = pauseMs.first; ; ms = Math.min(2 * ms, pauseMs.most)) {
    signal.throwIfAborted();
    try {
      const result = await work();
      onAway(undefined);
      return result;
    } catch (error) {
      if (!isFailure(error) || error.retry !== 'backoff') throw error;
      onAway(`Kafka does not answer yet: ${error.what}.`);
      log.warn({ err: error, pauseMs: ms }, 'Kafka does not answer yet; trying again.');
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}
