import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Log } from '@tidemark/service/log';
import { imbalancesQuery } from './history.ts';
import type { HistoryReader } from './history-reader.ts';

/** Counts the imbalances that the reconciliation view `audit_imbalances` lists. */
export type ReconciliationWatch = {
  /** Counts now, whatever the schedule says. It never throws: a failure is counted and logged. */
  readonly look: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The result of one count (`undefined` when it failed), and how long it took. */
export type Look = { readonly imbalances: number | undefined; readonly tookMs: number };

/** The sink has started by then. */
const firstMs = 30_000;
const usualMs = 15 * 60_000;
const soonMs = 60_000;

/**
 * How long to wait before the next count, in milliseconds. The view reads all movements, so its cost limits how often it
 * is read: for at most a sixtieth of the time, or a fifteenth while there are imbalances.
 */
export function nextLookMs({ imbalances, tookMs }: Look): number {
  // Facts of one moment come in several blocks: an imbalance found between two of them is gone a minute later.
  if (imbalances !== 0) return Math.max(soonMs, 15 * tookMs);
  return Math.max(usualMs, 60 * tookMs);
}

/**
 * Counts `audit_imbalances` regularly and reports the number in gauges. While ClickHouse is away or has not answered, the
 * gauges are absent from `/metrics`, never 0. Without a ClickHouse it counts nothing.
 */
export function watchReconciliation(options: {
  readonly history: HistoryReader;
  readonly registry: Registry;
  readonly log: Log;
}): ReconciliationWatch {
  const { history, registry, log } = options;
  const stopping = new AbortController();
  let last: Look | undefined;
  const failures = new Counter({
    name: 'tidemark_audit_failures_total',
    help: 'Counts of audit_imbalances that failed.',
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
    'Rows of audit_imbalances at the last count: 0 when all sums agree.',
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
      log.warn({ err: error }, 'The view audit_imbalances could not be read.');
      return undefined;
    });
    const isSecond = (last?.imbalances ?? 0) > 0;
    last = { imbalances, tookMs: performance.now() - begun };
    if (imbalances === undefined || imbalances === 0) return;
    if (isSecond) log.error({ imbalances }, 'The reconciliation found imbalances, as it did before.');
    else
      log.info({ imbalances }, 'Sums are between two blocks, or disagree: the reconciliation looks again.');
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
  const [row] = await history.slowRows<{ imbalances: number }>(imbalancesQuery(), abort);
  if (row === undefined) throw new Error('the count of audit_imbalances has no row');
  return row.imbalances;
}
