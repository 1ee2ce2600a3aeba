import type { FactBlockCodec } from '../events/fact-block-codec.ts';
import type { Family } from '../events/families.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { Group } from '../kafka/group.ts';
import type { Log } from '../kit/log.ts';
import type { Definition } from '../metrics/kit/definition.ts';
import type { Codec } from '../runtime/task.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { Telemetry } from './telemetry.ts';

/** All that the tasks of one process share: Kafka, the definitions, limits, and the clock. */
export type ProcessorContext = {
  readonly client: KafkaClient;
  /** The group that reads for all tasks, and hands what comes to the task of its partition. */
  readonly reader: () => Pick<Group, 'seek' | 'pause' | 'resume'>;
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
  /** `undefined` when traces are off. */
  readonly tracing: Tracing | undefined;
  readonly now: () => number;
};
