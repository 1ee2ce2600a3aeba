/**
 * The functions that take the place of kafkajs's faulty ones, in its own shapes: offsets as strings,
 * every record with the context of its batch.
 */
import { type AbortedTransaction, isAbortKey } from './committed-records.ts';
import {
  type Decompress,
  decodeRecordBatches,
  type KafkaRecord,
  type RecordBatch,
} from './record-batches.ts';

/** What kafkajs hands from its fetch decoder to its consumer. */
export type KafkajsMessage = {
  readonly magicByte: 2;
  readonly attributes: 0;
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: KafkaRecord['headers'];
  readonly isControlRecord: boolean;
  readonly batchContext: KafkajsBatchContext;
};

type KafkajsBatchContext = {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly partitionLeaderEpoch: number;
  readonly inTransaction: boolean;
  readonly isControlBatch: boolean;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly maxTimestamp: string;
  readonly timestampType: 0 | 1;
  readonly magicByte: 2;
};

type KafkajsDecoder = {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
};

/**
 * In place of `protocol/requests/fetch/v4/decodeMessages.js`, which all later versions use.
 *
 * Compaction may have removed the last records of a batch. Such a batch gets a control record at its
 * last offset, so that kafkajs's position moves past it (its issue 1072). Otherwise a reader at the end
 * of a compacted log fetches the same emptied batch for ever.
 */
export function decodeMessages(
  decompress: Decompress,
): (decoder: KafkajsDecoder) => Promise<KafkajsMessage[]> {
  return async (decoder) => {
    const size = decoder.readInt32();
    if (size <= 0 || !decoder.canReadBytes(size)) return [];
    const messages: KafkajsMessage[] = [];
    for (const batch of await decodeRecordBatches(decoder.readBytes(size), decompress)) {
      const batchContext = contextOf(batch);
      for (const record of batch.records) messages.push(kafkajsMessageOf(record, batchContext));
      if (batch.records.at(-1)?.offset !== batch.lastOffset) messages.push(endOf(batch, batchContext));
    }
    return messages;
  };
}

/** In place of `consumer/filterAbortedMessages.js`: the same answer Kafka's own client gives. */
export function filterAbortedMessages(fetched: {
  readonly messages: readonly KafkajsMessage[];
  readonly abortedTransactions?: readonly { producerId: string; firstOffset: string }[];
}): readonly KafkajsMessage[] {
  if (!fetched.abortedTransactions?.length) return fetched.messages;
  const pending: AbortedTransaction[] = fetched.abortedTransactions
    .map((entry) => ({ producerId: Number(entry.producerId), firstOffset: Number(entry.firstOffset) }))
    .toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  let next = 0;
  return fetched.messages.filter((message) => {
    const offset = Number(message.offset);
    for (
      let entry = pending[next];
      entry !== undefined && entry.firstOffset <= offset;
      entry = pending[next]
    ) {
      aborting.add(entry.producerId);
      next += 1;
    }
    const producerId = Number(message.batchContext.producerId);
    if (message.isControlRecord) {
      if (isAbortKey(message.key)) aborting.delete(producerId);
      return true;
    }
    return !(message.batchContext.inTransaction && aborting.has(producerId));
  });
}

type GroupingInput = {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly unknown[];
  readonly partitioner: (input: {
    topic: string;
    partitionMetadata: readonly unknown[];
    message: unknown;
  }) => number;
};

/** In place of `producer/groupMessagesPerPartition.js`, which copies an array for every message. */
export function groupMessagesPerPartition(input: GroupingInput): Record<string, unknown[]> {
  const groups: Record<string, unknown[]> = {};
  if (input.partitionMetadata.length === 0) return groups;
  const { topic, partitionMetadata } = input;
  for (const message of input.messages) {
    const partition = input.partitioner({ topic, partitionMetadata, message });
    (groups[partition] ??= []).push(message);
  }
  return groups;
}

function contextOf(batch: RecordBatch): KafkajsBatchContext {
  return {
    firstOffset: String(batch.baseOffset),
    firstTimestamp: String(batch.firstTimestamp),
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    inTransaction: batch.transactional,
    isControlBatch: batch.control,
    lastOffsetDelta: batch.lastOffset - batch.baseOffset,
    producerId: String(batch.producerId),
    producerEpoch: batch.producerEpoch,
    firstSequence: batch.firstSequence,
    maxTimestamp: String(batch.maxTimestamp),
    timestampType: batch.logAppendTime ? 1 : 0,
    magicByte: 2,
  };
}

function kafkajsMessageOf(record: KafkaRecord, batchContext: KafkajsBatchContext): KafkajsMessage {
  return {
    magicByte: 2,
    attributes: 0,
    offset: String(record.offset),
    timestamp: String(record.timestamp),
    key: record.key,
    value: record.value,
    headers: record.headers,
    isControlRecord: batchContext.isControlBatch,
    batchContext,
  };
}

function endOf(batch: RecordBatch, batchContext: KafkajsBatchContext): KafkajsMessage {
  return {
    ...kafkajsMessageOf(
      { offset: batch.lastOffset, timestamp: batch.maxTimestamp, key: null, value: null, headers: {} },
      batchContext,
    ),
    isControlRecord: true,
  };
}
