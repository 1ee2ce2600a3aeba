import type { SeenService, ServicesSeen } from './services.ts';

const answerMs = 3_000;

/** Asks each service whether it is ready. */
export async function lookAtServices(
  services: readonly { readonly name: string; readonly url: string }[],
): Promise<ServicesSeen> {
  return {
    services: await Promise.all(services.map(async (one) => ({ ...one, answer: await ask(one.url) }))),
  };
}

async function ask(url: string): Promise<SeenService['answer']> {
  try {
    const answer = await fetch(new URL('/ready', url), { signal: AbortSignal.timeout(answerMs) });
    const body = (await answer.json()) as { waiting_for?: readonly string[]; warnings?: readonly string[] };
    return { isReady: answer.ok, waitingFor: body.waiting_for ?? [], warnings: body.warnings ?? [] };
  } catch {
    return 'nothing';
  }
}
