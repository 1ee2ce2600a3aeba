import { encodeEvent } from '@tidemark/events/codec';
import type { FactBlockCodec } from '@tidemark/events/fact-block-codec';
import { entityKeyOf } from '@tidemark/events/entity';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { partitionOf } from '@tidemark/events/partition-of';
import type { OutgoingRecord, Send } from '@tidemark/kafka/transactional-producer';
import type { CartEvent } from '@tidemark/events/types';
import type { KeyedRecord, Output, Received } from '@tidemark/runtime/task';
import type { Generation } from '@tidemark/topics/generation';
import type { BatchTrace } from './batch-trace.ts';
import { hopHeader, receivedAtHeader, type DeadLetter } from '@tidemark/runtime/intake';

/** Facts in one record at most: mostly a block of some 100 kB. */
const factsPerBlockMax = 1_000;
/** Bytes of a block at most; one that is larger is cut in half. */
const factBlockBytesMax = 512 * 1024;

/** The limit of a dead letter's value and key in bytes; records in Kafka are compressed, and may have been larger. */
const letterBytesMax = { value: 1024 * 1024, key: 64 * 1024 };
/** The limit after such a dead letter was refused, as by a topic with a smaller limit. */
const shortLetterBytesMax = { value: 64 * 1024, key: 1024 };

/** The blocks of facts of one transaction, one record a block. */
function factRecords(facts: Output['facts'], recordedAt: number, codec: FactBlockCodec): OutgoingRecord[] {
  const records: OutgoingRecord[] = [];
  for (const [kind, signed] of facts) {
    for (let from = 0; from < signed.length; from += factsPerBlockMax)
      for (const value of blocksOf(signed.slice(from, from + factsPerBlockMax)))
        records.push({ key: Buffer.from(kind), value });

    function blocksOf(facts: typeof signed): Buffer[] {
      const block = codec.encode(kind, { recordedAt, facts });
      if (block.length <= factBlockBytesMax || facts.length === 1) return [block];
      const half = facts.length >>> 1;
      return [...blocksOf(facts.slice(0, half)), ...blocksOf(facts.slice(half))];
    }
  }
  return records;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Changelog or counter records, keyed by their id. */
function keyedRecords(records: readonly KeyedRecord[]): OutgoingRecord[] {
  return records.map(({ id, value }) => ({
    key: Buffer.from(id),
    value: value && bufferOf(value),
  }));
}

/** A record in another entity's partition, on its way to its own with the time it was received first. */
export function strayRecord({ key, bytes, receivedAt, hop }: Received): OutgoingRecord {
  return {
    key: Buffer.from(key),
    value: bufferOf(bytes),
    headers: { [hopHeader]: hop === 'again' ? 'again' : 'stray', [receivedAtHeader]: String(receivedAt) },
  };
}

/** The topics that are written to, and how many partitions they have. */
type Destination = { readonly names: Generation; readonly partitions: number };

/** A derived event on its way to the partition of its entity. */
function derivedSend(
  event: CartEvent,
  recordedAt: number,
  { names, partitions }: Destination,
  trace: BatchTrace | undefined,
): Send {
  const key = entityKeyOf(event);
  const headers = { [hopHeader]: 'derived', [receivedAtHeader]: String(recordedAt) };
  const record = { key: Buffer.from(key), value: encodeEvent(event), headers };
  const traced = trace?.derived(event.event_id, record) ?? record;
  return { topic: names.eventsOf('cart'), partition: partitionOf(key, partitions), records: [traced] };
}

/** All that a batch publishes beside what it moves and sets aside. */
export function outputSends(
  output: Output,
  partition: number,
  recordedAt: number,
  context: Destination & { readonly factCodec: FactBlockCodec },
  trace: BatchTrace | undefined,
): Send[] {
  const { names, factCodec } = context;
  const facts = factRecords(output.facts, recordedAt, factCodec);
  return [
    { topic: names.facts, partition, records: trace?.facts(facts) ?? facts },
    { topic: names.state, partition, records: keyedRecords(output.entities) },
    { topic: names.archive, partition, records: keyedRecords(output.archive) },
    { topic: names.counters, partition, records: keyedRecords(output.counters) },
    ...output.derived.map((event) => derivedSend(event, recordedAt, context, trace)),
  ];
}

/**
 * A record set aside: its own bytes (of one that is too large the first; of who was forgotten none), with the reason and where it
 * stood.
 *
 * @param short Whether few of its bytes are kept, because a dead letter with more was refused.
 */
export function deadLetterRecord(
  record: KafkaRecord,
  from: { readonly topic: string; readonly partition: number },
  { family, source, reason, path, message }: DeadLetter,
  receivedAt: number,
  short = false,
): OutgoingRecord {
  const { key, value } = reason === 'forgotten' ? { key: null, value: null } : record;
  const kept = short ? shortLetterBytesMax : letterBytesMax;
  return {
    key: key && key.subarray(0, kept.key),
    value: value && value.subarray(0, kept.value),
    headers: {
      ...(key && key.length > kept.key ? { original_key_bytes: String(key.length) } : {}),
      ...(value && value.length > kept.value ? { original_bytes: String(value.length) } : {}),
      family,
      source,
      reason,
      path,
      message,
      topic: from.topic,
      partition: String(from.partition),
      offset: String(record.offset),
      received_at: String(receivedAt),
    },
  };
}

/** Joins what goes to the same partition, keeping its order. */
export function joinSends(sends: readonly Send[]): Send[] {
  const joined = new Map<string, { topic: string; partition: number; records: OutgoingRecord[] }>();
  for (const { topic, partition, records } of sends) {
    if (records.length === 0) continue;
    const key = `${topic}/${partition}`;
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { topic, partition, records: [...records] });
    else known.records.push(...records);
  }
  return [...joined.values()];
}
