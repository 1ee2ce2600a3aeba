import { setTimeout as sleep } from 'node:timers/promises';

const askTimeoutMs = 2_000;

/**
 * Asks a service that starts what it waits for, and notes each sentence once. One that is gone at the next asking is not
 * noted, for every start waits for something a moment.
 *
 * @param note Takes a sentence.
 * @param everyMs From one asking to the next.
 */
export async function noteWaiting(
  port: number,
  note: (sentence: string) => void,
  signal: AbortSignal,
  everyMs = 5_000,
): Promise<void> {
  const noted = new Set<string>();
  let before: readonly string[] = [];
  while (!signal.aborted) {
    const now = await waitingFor(port);
    for (const sentence of now) {
      if (!before.includes(sentence) || noted.has(sentence)) continue;
      noted.add(sentence);
      note(sentence);
    }
    before = now;
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What the service says that it waits for; nothing while it does not answer. */
async function waitingFor(port: number): Promise<readonly string[]> {
  try {
    const signal = AbortSignal.timeout(askTimeoutMs);
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal });
    const { waiting_for: sentences } = (await answer.json()) as { readonly waiting_for?: readonly string[] };
    return sentences ?? [];
  } catch {
    // Not up yet, or ended: who starts it says so.
    return [];
  }
}
