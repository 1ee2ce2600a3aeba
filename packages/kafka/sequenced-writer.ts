import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@tidemark/service/failures';
import { type Cluster, type KafkaClient, partitionKey, type TopicPartition } from './client.ts';
import { type OutgoingBatch, produce, type Produced, type Transactional } from './produce-request.ts';
import { encodeRecordBatch } from './record-batch-encoder.ts';
import type { Send } from './send-plan.ts';
import { failureCodeOf, failureOf, hintOf, passingErrors } from './wire-errors.ts';

/** Who writes: as the broker named it. */
export type ProducerIdentity = { readonly producerId: number; readonly producerEpoch: number };

/** How far a send reached: the offset after its last record (a transaction's end marker comes on top). */
export type Written = TopicPartition & { readonly nextOffset: number };

/** A batch the broker will not have. Nothing of it is written, and the writer can go on. */
export type Refused = TopicPartition & { readonly failure: Failure };

/** What became of a round. */
export type Outcome = { readonly written: readonly Written[]; readonly refused: readonly Refused[] };

type Pending = OutgoingBatch & { readonly count: number; readonly nextSequence: number };

const retryAfterMs = { first: 20, most: 200 };
const maxSequence = 2 ** 31 - 1;

/**
 * Writes batches with the producer's sequence numbers: one request for each leader, at most one batch
 * for each partition at a time. Every batch must be in an answer. A batch without an answer, or with a
 * passing error, is sent again to the leader of that moment. It keeps its number, so the broker
 * recognises it and writes it once. (Fault 4 of kafkajs: when it sends again, it takes the answer of a
 * broker for all partitions that the broker leads by then. Batches of partitions that moved are lost.)
 */
export class SequencedWriter {
  readonly #cluster: Cluster;
  readonly #transactional: Transactional | null;
  readonly #identity: ProducerIdentity;
  readonly #onTime: KafkaClient['onTime'];
  readonly #sequences = new Map<string, number>();

  /** @param onTime Hears what time it is by the brokers' clocks. */
  constructor(
    cluster: Cluster,
    identity: ProducerIdentity,
    transactional: Transactional | null,
    onTime: KafkaClient['onTime'] = () => undefined,
  ) {
    this.#cluster = cluster;
    this.#onTime = onTime;
    this.#identity = identity;
    this.#transactional = transactional;
  }

  /**
   * Writes one round, partitions apart, and waits until every batch is acknowledged or refused.
   *
   * @throws Failure when that took longer than `deadlineMs`. Then it is unknown which batches are
   * written, and this writer must not be used again.
   */
  async write(round: readonly Send[], timestamp: number, deadlineMs: number): Promise<Outcome> {
    const deadline = performance.now() + deadlineMs;
    const outcome: { written: Written[]; refused: Refused[] } = { written: [], refused: [] };
    let pending = round.map((send) => this.#encode(send, timestamp));
    let pauseMs = retryAfterMs.first;
    for (let isFirst = true; ; isFirst = false) {
      const { answers, trouble } = await this.#produceOnce(pending, isFirst);
      const again: Pending[] = [];
      for (const batch of pending) {
        const answer = answers.find((one) => one.topic === batch.topic && one.partition === batch.partition);
        if (answer?.errorCode === 0) outcome.written.push(this.#acknowledged(batch, answer));
        // Surely not refused for good; sent again under the same sequence it is written once.
        else if (answer === undefined || passingErrors.has(answer.errorCode)) again.push(batch);
        else outcome.refused.push({ ...whereOf(batch), failure: refusal(batch, answer.errorCode) });
      }
      if (again.length === 0) return outcome;
      pending = again;
      if (performance.now() > deadline) throw unanswered(pending[0]!, deadlineMs, trouble);
      await sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, retryAfterMs.most);
      await this.#cluster.refreshMetadata().catch(() => undefined);
    }
  }

  /** One request to each leader; those that cannot be asked leave their batches without an answer. */
  async #produceOnce(
    pending: readonly Pending[],
    isFirst: boolean,
  ): Promise<{ answers: readonly Produced[]; trouble: unknown }> {
    const byLeader = Map.groupBy(pending, (batch) => this.leaderOf(batch));
    const requests = [...byLeader].map(async ([leader, batches]) => {
      if (leader === undefined) return [];
      const broker = await this.#cluster.findBroker({ nodeId: leader });
      const askedAt = Date.now();
      const answers = await produce(broker, this.#transactional, batches);
      // A batch that is sent again may have been written long before.
      const at = isFirst
        ? answers.find(({ errorCode, writtenAt }) => errorCode === 0 && writtenAt > 0)?.writtenAt
        : undefined;
      if (at !== undefined)
        this.#onTime({ server: `Kafka broker ${leader}`, at, askedAt, answeredAt: Date.now() });
      return answers;
    });
    const results = await Promise.allSettled(requests);
    const trouble = results.find((result) => result.status === 'rejected')?.reason as unknown;
    // What is not the connection's fault would only come again.
    if (trouble !== undefined && failureOf(trouble, 'writing').code !== 'kafka.unavailable') throw trouble;
    return {
      answers: results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
      trouble,
    };
  }

  /** The number of the broker that leads the partition; `undefined` while none is known. */
  leaderOf({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.#cluster
      .findTopicPartitionMetadata(topic)
      .find((one) => one.partitionId === partition)?.leader;
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  #encode({ topic, partition, records }: Send, timestamp: number): Pending {
    const firstSequence = this.#sequences.get(partitionKey({ topic, partition })) ?? 0;
    const transactional = this.#transactional !== null;
    const bytes = encodeRecordBatch(records, { ...this.#identity, timestamp, firstSequence, transactional });
    const nextSequence = addToSequence(firstSequence, records.length);
    return { topic, partition, bytes, count: records.length, nextSequence };
  }

  #acknowledged(batch: Pending, { baseOffset }: Produced): Written {
    const { topic, partition, count, nextSequence } = batch;
    this.#sequences.set(partitionKey(batch), nextSequence);
    return { topic, partition, nextOffset: baseOffset + count };
  }
}

/** Sequences go round from 2^31 − 1 to 0. */
export function addToSequence(sequence: number, count: number): number {
  return sequence > maxSequence - count ? count - (maxSequence - sequence) - 1 : sequence + count;
}

function refusal({ topic, partition }: TopicPartition, errorCode: number): Failure {
  const where = `partition ${partition} of ${topic}`;
  return new Failure(
    failureCodeOf(errorCode),
    `writing to ${where} failed with Kafka's error code ${errorCode}${hintOf(errorCode)}`,
  );
}

function unanswered(batch: TopicPartition, deadlineMs: number, cause: unknown): Failure {
  const where = `partition ${batch.partition} of ${batch.topic}`;
  return new Failure('kafka.unavailable', `${where} took no record within ${deadlineMs} ms`, { cause });
}

function whereOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
