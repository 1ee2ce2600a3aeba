import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/**
 * Waits until a condition holds, looking twenty times a second.
 *
 * @param what What is waited for, as it reads after "for" in the error.
 * @param condition What it throws counts as not yet, so that a server may still be starting.
 * @throws Error after `timeoutMs`; its cause is what the condition threw last, if it threw.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`waited ${Math.round(timeoutMs / 1000)} s in vain for ${what}`, { cause: last });
    await sleep(pollMs);
  }
}
