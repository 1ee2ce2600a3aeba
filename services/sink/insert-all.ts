import { setTimeout as sleep } from 'node:timers/promises';
import { isFailure, type Failure } from '@tidemark/service/failures';
import type { Insert } from './inserts.ts';
import type { Tables } from './tables.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** Calls about the work of `insertAll`. */
export type InsertEvents = {
  readonly inserted: (insert: Insert, tookMs: number) => void;
  /** An attempt failed and is made again. */
  readonly failed: (insert: Insert, failure: Failure, attempt: number) => void;
};

/**
 * Inserts every part of a block, several at a time, each until ClickHouse has it: an insert whose materialized view
 * threw, or whose answer was lost, may be half done, and the same token completes it. It gives up only when `signal` is
 * aborted, and then throws its reason.
 */
export async function insertAll(
  tables: Pick<Tables, 'insert'>,
  inserts: readonly Insert[],
  signal: AbortSignal,
  events: InsertEvents,
): Promise<void> {
  await Promise.all(inserts.map((insert) => insertUntilDone(tables, insert, signal, events)));
}

async function insertUntilDone(
  tables: Pick<Tables, 'insert'>,
  insert: Insert,
  signal: AbortSignal,
  events: InsertEvents,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      await tables.insert(insert, signal);
      events.inserted(insert, performance.now() - startedAt);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isFailure(error)) throw error;
      events.failed(insert, error, attempt);
    }
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
    // Spread, so that several instances do not come back all at once.
    await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}
