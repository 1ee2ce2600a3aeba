import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Log } from '@tidemark/service/log';
import { imbalancesQuery } from './history.ts';
import type { HistoryReader } from './history-reader.ts';

/** Watches whether the books balance. */
export type BooksWatch = {
  /** Counts now, whatever the schedule says. Never fails: that it could not is what it tells. */
  readonly look: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What one count came to, and how long it took. */
export type Look = { readonly imbalances: number | undefined; readonly tookMs: number };

/** The sink has had time to start by then. */
const firstMs = 30_000;
const usualMs = 15 * 60_000;
const soonMs = 60_000;

/**
 * When to count again. The view goes through all movements there are, so what that costs bounds how often: at most a
 * sixtieth of the time, a fifteenth while something is wrong.
 */
export function nextLookMs({ imbalances, tookMs }: Look): number {
  // Facts of one moment come in several blocks: what was found between two of them is gone a minute later.
  if (imbalances !== 0) return Math.max(soonMs, 15 * tookMs);
  return Math.max(usualMs, 60 * tookMs);
}

/**
 * Counts `audit_imbalances` now and then and tells of it as gauges. What is not known, since ClickHouse is away or did not
 * answer, is absent from `/metrics`, never 0. Without a ClickHouse nothing is counted.
 */
export function watchBooks(options: {
  readonly history: HistoryReader;
  readonly registry: Registry;
  readonly log: Log;
}): BooksWatch {
  const { history, registry, log } = options;
  const stopping = new AbortController();
  let last: Look | undefined;
  const failures = new Counter({
    name: 'tidemark_audit_failures_total',
    help: 'Counts of audit_imbalances that came to nothing.',
    registers: [registry],
  });
  const known = (name: string, help: string, value: (look: Look) => number | undefined): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const now = last === undefined || history.state() !== 'up' ? undefined : value(last);
        if (now === undefined) this.remove();
        else this.set(now);
      },
    });
  known(
    'tidemark_audit_imbalances',
    'Rows of audit_imbalances at the last count: 0 when the books balance.',
    (look) => look.imbalances,
  );
  known(
    'tidemark_audit_seconds',
    'How long the last count of audit_imbalances took.',
    ({ imbalances, tookMs }) => (imbalances === undefined ? undefined : tookMs / 1000),
  );

  const look = async (): Promise<void> => {
    const begun = performance.now();
    const imbalances = await counted(history, stopping.signal).catch((error: unknown) => {
      if (stopping.signal.aborted) return undefined;
      failures.inc();
      log.warn({ err: error }, 'Whether the books balance could not be read.');
      return undefined;
    });
    last = { imbalances, tookMs: performance.now() - begun };
    if (imbalances !== undefined && imbalances > 0) log.error({ imbalances }, 'The books do not balance.');
  };
  const run = async (): Promise<void> => {
    for (
      let wait = firstMs;
      history.state() !== 'off';
      wait = last === undefined ? soonMs : nextLookMs(last)
    ) {
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await look();
    }
  };
  const running = run();
  return {
    look,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function counted(history: HistoryReader, abort: AbortSignal): Promise<number> {
  const [row] = await history.patiently<{ imbalances: number }>(imbalancesQuery(), abort);
  if (row === undefined) throw new Error('audit_imbalances was counted without an answer');
  return row.imbalances;
}
