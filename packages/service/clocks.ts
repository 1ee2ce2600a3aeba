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

/** An answer says nothing any more after this time. */
const freshForMs = 10 * 60_000;

/**
 * Starts with no server known. What differs is logged when it begins and when it is over. A server that has not answered
 * for ten minutes is known no longer.
 *
 * @param now Milliseconds of a clock that only goes forward.
 */
export function watchClocks(
  registry: Registry,
  log: Log,
  now: () => number = () => performance.now(),
): ClockWatch {
  const servers = new Map<string, { readonly aheadMs: number; readonly heardAt: number }>();
  const forget = (): void => {
    for (const [server, { heardAt }] of servers) if (now() - heardAt > freshForMs) servers.delete(server);
  };
  new Gauge({
    name: 'tidemark_clock_difference_seconds',
    help: 'By how much the clock of a server is ahead of this service’s; negative when it is behind. What the time of an answer explains is 0.',
    labelNames: ['server'],
    registers: [registry],
    collect() {
      forget();
      this.reset();
      for (const [server, { aheadMs }] of servers) this.set({ server }, aheadMs / 1000);
    },
  });
  return {
    report(time) {
      const { server } = time;
      const before = servers.get(server)?.aheadMs ?? 0;
      const aheadMs = differenceMs(time);
      servers.set(server, { aheadMs, heardAt: now() });
      if (differs(aheadMs) && !differs(before)) log.warn(sentence(server, aheadMs));
      if (!differs(aheadMs) && differs(before)) log.info({ server }, 'The clocks agree again.');
    },
    warnings() {
      forget();
      return [...servers].flatMap(([server, { aheadMs }]) =>
        differs(aheadMs) ? [sentence(server, aheadMs)] : [],
      );
    },
  };
}

function differs(ms: number): boolean {
  return Math.abs(ms) >= differenceMaxMs;
}

function sentence(server: string, ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  return (
    `The clock of ${server} is ${seconds} s ${ms > 0 ? 'ahead of' : 'behind'} this machine’s: what falls due and what ` +
    'is late is counted wrong by as much. Correct the clock that is wrong: docs/runbooks/clocks-differ.md.'
  );
}
