/** Publishes straight to Kafka, each record exactly once, whatever happens to the broker meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { committedOffsets } from '@tidemark/kafka/offsets';
import type { Send } from '../../packages/kafka/send-plan.ts';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';

const groupId = 'test-publisher';
/** Where the number of the last parcel is kept, as if it were an offset. */
const ledger = { topic: 'dead-letters', partition: 0 };
const retryMs = 300;

/**
 * A publisher whose count can be trusted: the number of each parcel is committed with it, so that after a commit that was
 * not answered it can be looked up whether it happened.
 */
export class ExactPublisher {
  readonly #client: KafkaClient;
  readonly #signal: AbortSignal;
  #producer: TransactionalProducer | undefined;
  #parcels = 0;

  /** @param signal Gives up. */
  constructor(client: KafkaClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Publishes all of it, once; returns when it is certain. Throws only when the signal is aborted. */
  async publish(sends: readonly Send[]): Promise<void> {
    const parcel = this.#parcels + 1;
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        if (await this.#attempt(sends, parcel)) break;
      } catch {
        // Whatever it was, the next attempt begins by asking what became of this one.
        await this.#drop();
        await sleep(retryMs);
      }
    }
    this.#parcels = parcel;
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  async #attempt(sends: readonly Send[], parcel: number): Promise<boolean> {
    if (this.#producer === undefined) {
      this.#producer = new TransactionalProducer(this.#client, { transactionalId: groupId });
      await this.#producer.fence();
      const [known] = await committedOffsets(this.#client, groupId, [ledger]);
      if (known?.offset === parcel) return true;
    }
    await this.#producer.commit({ sends, offsets: [{ ...ledger, offset: parcel }], groupId });
    return true;
  }

  async #drop(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }
}
