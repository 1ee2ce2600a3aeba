import type { FactBlockCodec } from '@tidemark/events/fact-block-codec';
import type { Family, Retention } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { Group } from '@tidemark/kafka/group';
import type { Log } from '@tidemark/service/log';
import type { Definition } from '@tidemark/metrics/definition/definition';
import type { Codec } from '@tidemark/runtime/task';
import type { Forgotten } from '@tidemark/topics/forgotten';
import type { Generation } from '@tidemark/topics/generation';
import type { Tracing } from '@tidemark/tracing/tracing';
import type { Stamp } from './stamp.ts';
import type { CommitPace } from './commit-pace.ts';
import type { Disks } from './disk.ts';
import type { PurchasesCounted } from './purchase-watch.ts';
import type { Telemetry } from './telemetry.ts';

/** All that the tasks of one process share: Kafka, the definitions, limits, and the clock. */
export type ProcessorContext = {
  readonly client: KafkaClient;
  /** The group that reads for all tasks, and hands what comes to the task of its partition. */
  readonly reader: () => Pick<Group, 'seek' | 'pause' | 'resume'>;
  readonly groupId: string;
  readonly families: readonly Family[];
  /** The topics of the generation that is counted. */
  readonly names: Generation;
  readonly partitions: number;
  /** How old events may be when they are received. */
  readonly retention: Retention;
  /** Whether comments are stored. */
  readonly keepsFreeText: boolean;
  readonly definitions: readonly Definition[];
  /** Called when a task is ready, so that readers come to know by which versions is counted. */
  readonly announceVersions: () => void;
  readonly codec: Codec;
  readonly factCodec: FactBlockCodec;
  /** Whose state this processor works on; any other is refused. */
  readonly stamp: Stamp;
  readonly storeDirectory: string;
  /** Where the stores are kept. */
  readonly disks: Disks;
  /** Reads who was forgotten. */
  readonly forgotten: () => Promise<Forgotten>;
  /** Whether to go on behind events that Kafka has deleted before they were counted. */
  readonly passesOverDeleted: boolean;
  /** What the entities of all tasks may take of memory, about. */
  readonly cacheBytes: number;
  /** What the stores of all tasks may keep in memory until it is written. */
  readonly storeBufferBytes: number;
  /** How long counters are kept by quarter hours, in milliseconds. */
  readonly countersKeptMs: number;
  /** How far purchases are counted in all partitions; `undefined` as long as that is not known. */
  readonly purchasesCounted: () => PurchasesCounted | undefined;
  /** How long a task that keeps up waits between two transactions. */
  readonly commitPace: CommitPace;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** `undefined` when traces are off. */
  readonly tracing: Tracing | undefined;
  readonly now: () => number;
};
