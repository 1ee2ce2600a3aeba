import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Failure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import type { Insert } from './inserts.ts';
import type { Plan } from './plan.ts';
import type { Start } from './start.ts';
import type { VerificationTelemetry } from './verification.ts';

/** Events of the sink: each drives a log line and metrics. */
export type SinkTelemetry = VerificationTelemetry & {
  readonly assigned: (partitions: readonly number[]) => void;
  readonly replaying: (plan: Plan) => void;
  readonly inserted: (insert: Insert, tookMs: number) => void;
  /** ClickHouse did not take an insert; it is tried again. */
  readonly insertFailed: (insert: Insert, failure: Failure, attempt: number) => void;
  /** A block cannot even be made; it is tried again. */
  readonly unreadable: (error: unknown, plan: Plan) => void;
  readonly blockDone: () => void;
  /** It is known where the tables stand: blocks can be inserted. */
  readonly begun: () => void;
  /** A session ended with a failure that may pass; it is begun anew. */
  readonly brokeOff: (failure: Failure) => void;
  /** Positions are with the tables. */
  readonly recorded: (insert: Insert) => void;
  /** Kafka had no offset, or an older one, where the tables have their own position. */
  readonly recovered: (starts: readonly Start[]) => void;
  /** The tables and the offsets disagree: nothing is inserted until a person has acted. */
  readonly refused: (failure: Failure) => void;
  readonly waiting: (bytes: number) => void;
  readonly lag: (partition: number, records: number) => void;
  /** The reasons why nothing is inserted now, or what is there is wrong, a sentence each; empty when there is none. */
  readonly blocked: () => readonly string[];
};

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Log lines and metrics of the sink. An alert uses `tidemark_sink_blocked`: it is 1 while a block cannot be inserted. */
export function sinkTelemetry(log: Log, registry: Registry): SinkTelemetry {
  const registers = [registry];
  const rows = new Counter({
    name: 'tidemark_sink_rows_inserted_total',
    help: 'Facts that ClickHouse has acknowledged, repeats after a crash included.',
    labelNames: ['kind'],
    registers,
  });
  const blocks = new Counter({
    name: 'tidemark_sink_blocks_inserted_total',
    help: 'Blocks inserted whole.',
    registers,
  });
  const replays = new Counter({
    name: 'tidemark_sink_blocks_replayed_total',
    help: 'Blocks that were planned before this instance had the partitions, and inserted again.',
    registers,
  });
  const failures = new Counter({
    name: 'tidemark_sink_insert_failures_total',
    help: 'Attempts to insert that failed; each is repeated with the same token.',
    labelNames: ['kind', 'code'],
    registers,
  });
  const blockedGauge = new Gauge({
    name: 'tidemark_sink_blocked',
    help: '1 while a block cannot be inserted and is tried again and again.',
    registers,
  });
  const insertSeconds = new Histogram({
    name: 'tidemark_sink_insert_seconds',
    help: 'Time of one acknowledged insert.',
    buckets: seconds,
    registers,
  });
  const ageSeconds = new Histogram({
    name: 'tidemark_sink_fact_age_seconds',
    help: 'From the recording of a fact to its being in ClickHouse, of the oldest of an insert.',
    buckets: seconds,
    registers,
  });
  const waitingBytes = new Gauge({
    name: 'tidemark_sink_waiting_bytes',
    help: 'Read, not yet in a block.',
    registers,
  });
  const lag = new Gauge({
    name: 'tidemark_sink_lag_records',
    help: 'Records of a partition, up to its last stable offset, that are not in ClickHouse yet.',
    labelNames: ['partition'],
    registers,
  });

  const verified = new Counter({
    name: 'tidemark_sink_rollups_verified_total',
    help: 'Parts of rollups that were compared with their facts.',
    registers,
  });
  const rollupDifferences = new Gauge({
    name: 'tidemark_sink_rollup_differences',
    help: 'Keys of a rollup that were not what the facts add up to when it was last verified, 100 at most.',
    labelNames: ['rollup'],
    registers,
  });

  const verifiedAt = new Gauge({
    name: 'tidemark_sink_verified_timestamp_seconds',
    help: 'When a part of a rollup was last compared, in seconds since 1970.',
    registers,
  });

  const reasons = new Map<string, string>();
  const wrong = new Map<string, string>();
  let isBegun = false;
  const setReason = (what: string, reason: string | undefined): void => {
    if (reason === undefined) reasons.delete(what);
    else reasons.set(what, reason);
    blockedGauge.set(reasons.size > 0 ? 1 : 0);
  };

  const answersAgain = (insert: Insert): void => {
    if (reasons.has(insert.kind)) log.info({ kind: insert.kind }, 'ClickHouse takes inserts again.');
    setReason(insert.kind, undefined);
  };

  return {
    assigned(partitions) {
      reasons.clear();
      blockedGauge.set(0);
      isBegun = partitions.length === 0;
      lag.reset();
      log.debug({ partitions }, 'A session begins.');
    },
    replaying(plan) {
      replays.inc();
      log.info({ plan }, 'A planned block is inserted again.');
    },
    inserted(insert, tookMs) {
      answersAgain(insert);
      rows.inc({ kind: insert.kind }, insert.count);
      insertSeconds.observe(tookMs / 1_000);
      ageSeconds.observe(Math.max(0, Date.now() - insert.recordedAt) / 1_000);
    },
    insertFailed(insert, failure, attempt) {
      const { kind, count, token } = insert;
      failures.inc({ kind, code: failure.code });
      setReason(kind, `ClickHouse did not take rows of ${kind} in ${attempt} attempts: ${failure.message}`);
      const fields = { err: failure, kind, count, token, attempt };
      if (failure.code === 'clickhouse.unavailable')
        log.warn(fields, 'ClickHouse does not answer; trying again.');
      else log.error(fields, 'ClickHouse refuses a block; trying again.');
    },
    unreadable(error, plan) {
      setReason('block', 'A block of facts cannot be read: is this sink older than the processor?');
      log.error({ err: error, plan }, 'A block of facts cannot be read; trying again.');
    },
    blockDone() {
      blocks.inc();
    },
    begun() {
      isBegun = true;
      setReason('session', undefined);
    },
    brokeOff(failure) {
      setReason('session', `The session broke off and begins anew: ${failure.message}`);
      log.warn({ err: failure }, 'A session broke off; it is begun anew.');
    },
    recorded: answersAgain,
    recovered(starts) {
      const positions = Object.fromEntries(starts.map(({ partition, next }) => [partition, next]));
      log.warn(
        { positions },
        'The offsets of the group are lost or too old; the sink goes on where the tables stand.',
      );
    },
    refused(failure) {
      setReason('positions', failure.message);
      log.error({ err: failure }, 'The sink inserts nothing until it is started again.');
    },
    checked(table, differences) {
      verified.inc();
      verifiedAt.setToCurrentTime();
      rollupDifferences.set({ rollup: table }, differences);
      if (differences === 0) wrong.delete(table);
      else
        wrong.set(
          table,
          `Rollup ${table} is not what its facts add up to, so views are wrong: see docs/runbooks/rollup-differs.md.`,
        );
    },
    waiting: (bytes) => waitingBytes.set(bytes),
    lag: (partition, records) => lag.set({ partition }, records),
    blocked: () => [
      ...(isBegun || reasons.size > 0 ? reasons.values() : ['It is being asked where the tables stand.']),
      ...wrong.values(),
    ],
  };
}
