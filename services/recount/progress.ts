import type { Fed } from './feeder.ts';

const everyMs = 2_000;

/** Reports how much of the histories is fed, and how long the rest may take. */
export function progress({
  entities,
  now,
  report,
}: {
  /** How many there are. */
  readonly entities: number;
  readonly now: () => number;
  readonly report: (sentence: string) => void;
}): { readonly onFed: (fed: Fed) => void; readonly onHistory: () => void } {
  const begunAt = now();
  let reportedAt = begunAt;
  let done = 0;
  let events = 0;
  return {
    onFed(fed) {
      done += fed.entities;
      events += fed.events;
      if (now() - reportedAt < everyMs) return;
      reportedAt = now();
      const tookMs = now() - begunAt;
      const leftS = done === 0 ? undefined : Math.ceil(((entities - done) * tookMs) / done / 1_000);
      report(
        `${done} of ${entities} entities fed, ${events} events by this run; about ${leftS ?? '?'} s left, then the archive.`,
      );
    },
    onHistory: () => report(`All histories are fed, ${events} events by this run. What arrives is fed now.`),
  };
}
