import type { Family } from '../events/families.ts';
import type { FactBlockCodec } from '../events/fact-block-codec.ts';
import type { Log } from '../kit/log.ts';
import type { Definition } from '../metrics/kit/definition.ts';
import type { Codec } from '../runtime/task.ts';
import type { RawRecord } from './intake.ts';
import type { Send } from './outgoing.ts';
import type { Telemetry } from './telemetry.ts';

/** Commits a task's transactions; the first failure ends it. */
export type Committer = {
  /** Makes every older committer of this partition powerless and aborts what it left open. */
  readonly fence: () => Promise<void>;
  readonly commit: (transaction: {
    readonly sends: readonly Send[];
    readonly offsets: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
    }[];
    readonly groupId: string;
  }) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

/** Where a partition is to be read from, and where it ends. */
export type StartOffset = { readonly from: number; readonly end: number };

/** All that tasks of one process share: Kafka, the definitions, limits, and the clock. */
export type ProcessorContext = {
  readonly groupId: string;
  readonly families: readonly Family[];
  readonly partitions: number;
  readonly definitions: readonly Definition[];
  readonly codec: Codec;
  readonly factCodec: FactBlockCodec;
  /** Names cluster and application; local state of another origin is thrown away. */
  readonly origin: string;
  readonly storeDirectory: string;
  /** Over all tasks. */
  readonly cachedEntitiesMax: number;
  /** Least time between two transactions of a task while it keeps up. */
  readonly commitIntervalMs: number;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  readonly openProducer: (partition: number) => Committer;
  readonly startOffsets: (partition: number) => Promise<ReadonlyMap<Family, StartOffset>>;
  readonly changelogEnds: (
    partition: number,
  ) => Promise<{ readonly state: number; readonly counters: number }>;
  /** Reads committed records from `from` to the end as it is now, and returns the offset reached. */
  readonly readToEnd: (read: {
    readonly topic: string;
    readonly partition: number;
    readonly from: number;
    readonly onRecords: (records: readonly RawRecord[]) => void;
  }) => Promise<number>;
  readonly seek: (topic: string, partition: number, offset: number) => void;
  readonly pause: (partition: number) => void;
  readonly resume: (partition: number) => void;
};
