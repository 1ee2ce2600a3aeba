import type { Fact, Instant } from '@tidemark/metrics/definition/definition';
import { bucketMs } from './counters.ts';

/** What is counted of the records received, beside `received` itself (rule 29). */
export type AuditCount = 'received' | 'duplicates' | 'voided' | 'late' | 'dead_lettered';

/** Received more than this after it happened is late (rule 29). */
export const lateAfterMs = 60 * 60_000;

type AuditLine = { [Count in AuditCount]: number } & {
  readonly family: string;
  readonly source: string;
  at: Instant;
};

/** Counts of one batch by family, source and quarter hour of receipt: additive, so they are published as facts. */
export class Audit {
  readonly #lines = new Map<string, AuditLine>();
  /** Mostly the next count is of the same line. */
  #last: AuditLine | undefined;

  add(count: AuditCount, family: string, source: string, receivedAt: Instant): void {
    const at = Math.floor(receivedAt / bucketMs) * bucketMs;
    const last = this.#last;
    if (last?.at === at && last.family === family && last.source === source) {
      last[count]++;
      return;
    }
    const key = `${family}\u0000${at}\u0000${source}`;
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { at, family, source, received: 0, duplicates: 0, voided: 0, late: 0, dead_lettered: 0 };
      this.#lines.set(key, line);
    }
    line[count]++;
    this.#last = line;
  }

  /** Counts a record at its first receipt, with its lateness where its event time is known. */
  receive(family: string, source: string, receivedAt: Instant, occurredAt: Instant | undefined): void {
    this.add('received', family, source, receivedAt);
    if (occurredAt !== undefined && receivedAt - occurredAt > lateAfterMs)
      this.add('late', family, source, receivedAt);
  }

  /** The counts so far as facts of kind `ingest_audit`; counting starts anew. */
  take(): Fact[] {
    const facts: Fact[] = [];
    for (const { at, ...counts } of this.#lines.values()) facts.push({ kind: 'ingest_audit', at, ...counts });
    this.#lines.clear();
    this.#last = undefined;
    return facts;
  }
}
