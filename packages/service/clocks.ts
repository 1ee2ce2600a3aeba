import { Gauge, type Registry } from 'prom-client';
import type { Log } from './log.ts';

/** What a server answered to the question what time it is. All in milliseconds since the epoch. */
export type ReportedTime = {
  /** Which server, for example `Kafka broker 1`. */
  readonly server: string;
  /** By its clock, at a moment between the next two. */
  readonly at: number;
  /** By this service's clock, before the question. */
  readonly askedAt: number;
  /** By this service's clock, after the answer. */
  readonly answeredAt: number;
};

/** Compares this service's clock with those of its servers. */
export type ClockWatch = {
  /** Takes note of an answer. */
  readonly report: (time: ReportedTime) => void;
  /** A sentence for each server whose clock differs by ten seconds or more; empty while all agree. */
  readonly warnings: () => readonly string[];
};

const differenceMaxMs = 10_000;

/**
 * By how much a server's clock is ahead of this service's, in milliseconds; negative when it is behind. What may be the
 * time that the answer took is none.
 */
export function differenceMs({ at, askedAt, answeredAt }: ReportedTime): number {
  if (at < askedAt) return at - askedAt;
  return Math.max(0, at - answeredAt);
}

/** Starts with no server known. What differs is logged when it begins and when it is over. */
export function watchClocks(registry: Registry, log: Log): ClockWatch {
  const differences = new Map<string, number>();
  const gauge = new Gauge({
    name: 'tidemark_clock_difference_seconds',
    help: 'By how much the clock of a server is ahead of this service’s; negative when it is behind. What the time of an answer explains is 0.',
    labelNames: ['server'],
    registers: [registry],
  });
  const differs = (ms: number | undefined): boolean => Math.abs(ms ?? 0) >= differenceMaxMs;
  return {
    report(time) {
      const { server } = time;
      const before = differences.get(server);
      const now = differenceMs(time);
      differences.set(server, now);
      gauge.set({ server }, now / 1000);
      if (differs(now) && !differs(before)) log.warn(sentence(server, now));
      if (!differs(now) && differs(before)) log.info({ server }, 'The clocks agree again.');
    },
    warnings: () =>
      [...differences].filter(([, ms]) => differs(ms)).map(([server, ms]) => sentence(server, ms)),
  };
}

function sentence(server: string, ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  return (
    `The clock of ${server} is ${seconds} s ${ms > 0 ? 'ahead of' : 'behind'} this machine’s: what falls due and what ` +
    'is late is counted wrong by as much. Correct the clock that is wrong: docs/runbooks/clocks-differ.md.'
  );
}
