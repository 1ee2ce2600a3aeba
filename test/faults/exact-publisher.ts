/** Publishes straight to Kafka, each record exactly once, even when the broker fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient, TopicPartition } from '@tidemark/kafka/client';
import { committedOffsets } from '@tidemark/kafka/offsets';
import type { Send } from '../../packages/kafka/send-plan.ts';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';

const groupId = 'test-publisher';
const retryMs = 300;

/**
 * A publisher whose count is exact: the number of each batch is committed with it. When a commit was not answered, the
 * number shows whether it happened.
 */
export class ExactPublisher {
  readonly #client: KafkaClient;
  readonly #signal: AbortSignal;
  /** Where the number of the last batch is kept, as if it were an offset. */
  readonly #ledger: TopicPartition;
  #producer: TransactionalProducer | undefined;
  #batches = 0;

  /** @param signal Gives up. */
  constructor(client: KafkaClient, signal: AbortSignal) {
    this.#client = client;
    this.#ledger = { topic: `${client.settings.KAFKA_PREFIX}dead-letters`, partition: 0 };
    this.#signal = signal;
  }

  /**
   * Publishes all of it, once; returns when it is certain. Throws only when the signal is aborted.
   *
   * @param given To topics without the prefix.
   */
  async publish(given: readonly Send[]): Promise<void> {
    const { KAFKA_PREFIX: prefix } = this.#client.settings;
    const sends = given.map((send) => ({ ...send, topic: `${prefix}${send.topic}` }));
    const batch = this.#batches + 1;
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        if (await this.#attempt(sends, batch)) break;
      } catch {
        // The next attempt begins by reading whether this one was committed.
        await this.#drop();
        await sleep(retryMs);
      }
    }
    this.#batches = batch;
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  async #attempt(sends: readonly Send[], batch: number): Promise<boolean> {
    if (this.#producer === undefined) {
      this.#producer = new TransactionalProducer(this.#client, { transactionalId: groupId });
      await this.#producer.fence();
      const [known] = await committedOffsets(this.#client, groupId, [this.#ledger]);
      if (known?.offset === batch) return true;
    }
    await this.#producer.commit({ sends, offsets: [{ ...this.#ledger, offset: batch }], groupId });
    return true;
  }

  async #drop(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }
}
