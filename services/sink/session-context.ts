import type { FactBlockCodec } from '@tidemark/events/fact-block-codec';
import type { KafkaClient, OffsetOf } from '@tidemark/kafka/client';
import type { CommittedOffset } from '@tidemark/kafka/offsets';
import type { Tracing } from '@tidemark/tracing/tracing';
import type { RowWriter } from './rows.ts';
import type { Tables } from './tables.ts';
import type { SinkTelemetry } from './telemetry.ts';

/** The partitions this instance has from one rebalance to the next. */
export type Assignment = {
  readonly group: string;
  readonly partitions: readonly number[];
  /** The group's offsets of partitions of the topic, its own or others, as of one instant. */
  readonly committed: (partitions: readonly number[]) => Promise<readonly CommittedOffset[]>;
  /**
   * Commits all the offsets or none, as a member of this generation of the group; does not return before it is known
   * to have happened. Throws `kafka.generation-over` when the group has rebalanced since.
   */
  readonly commit: (offsets: readonly OffsetOf[]) => Promise<void>;
  /** Asks the group whether this generation is still the present one. Throws `kafka.generation-over` when it is not. */
  readonly confirm: () => Promise<void>;
};

/** What a session works with. */
export type SessionContext = {
  readonly kafka: KafkaClient;
  readonly tables: Tables;
  readonly topic: string;
  readonly codec: FactBlockCodec;
  readonly writers: ReadonlyMap<string, RowWriter>;
  readonly telemetry: SinkTelemetry;
  /** `undefined` when traces are off. */
  readonly tracing?: Tracing | undefined;
  readonly limits: SinkLimits;
};

/** How much and how often. */
export type SinkLimits = {
  /** Bytes of facts, as they are in Kafka, in one block. */
  readonly blockBytesMax: number;
  /** Bytes read ahead while a block is being inserted. */
  readonly aheadBytesMax: number;
  /** The longest time from one block's begin to the next one's while facts wait; see `Pace`. */
  readonly blockIntervalMsMax: number;
};
