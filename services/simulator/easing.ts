import { setTimeout as sleep } from 'node:timers/promises';
import { sumOf } from '@tidemark/service/metrics-text';

/** Records that the processor may be behind: half a second of its work. */
const behindMax = 1_500;
const askAgainMs = 50;
const answerTimeoutMs = 2_000;

/**
 * Waits while the processor is behind. A history that is published faster than it is counted would make every event of
 * somebody else wait at its end. A processor that does not answer is not waited for: the collector takes events all the same.
 *
 * @param processor Where its `/metrics` are.
 * @throws The signal's reason when it aborts.
 */
export async function untilKeptUp(processor: URL, signal: AbortSignal): Promise<void> {
  while ((await recordsBehind(processor, signal)) > behindMax) await sleep(askAgainMs, undefined, { signal });
}

async function recordsBehind(processor: URL, signal: AbortSignal): Promise<number> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    const response = await fetch(new URL('/metrics', processor), { signal: within });
    return response.ok ? sumOf(await response.text(), 'tidemark_processor_lag_records') : 0;
  } catch {
    signal.throwIfAborted();
    return 0;
  }
}
