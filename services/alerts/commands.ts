import type { KafkaClient } from '@tidemark/kafka/client';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { requeued } from './deliver/outbox.ts';
import type { Silence } from './lifecycle/alert.ts';
import type { Instant } from './series/series-store.ts';
import type { Generation } from '@tidemark/topics/generation';
import { type AlertState, type StateChange } from './state.ts';

/** A command of a user. `at` is the wall clock. */
export type Command =
  | {
      readonly type: 'acknowledge';
      readonly id: string;
      readonly by: string;
      readonly note: string;
      readonly at: Instant;
    }
  | { readonly type: 'silence'; readonly silence: Silence }
  | { readonly type: 'unsilence'; readonly id: string; readonly at: Instant }
  | { readonly type: 'retry-dead-letters'; readonly receiver: string | null; readonly at: Instant };

/** Executes a command. @returns The deliveries it changed; the alert store records its own changes. */
export function execute(command: Command, state: AlertState): StateChange[] {
  switch (command.type) {
    case 'acknowledge':
      state.store.acknowledge(command.id, command.by, command.note, command.at);
      return [];
    case 'silence':
      state.store.silence(command.silence);
      return [];
    case 'unsilence':
      state.store.unsilence(command.id, command.at);
      return [];
    case 'retry-dead-letters': {
      const { receiver, at } = command;
      return [...state.deliveries.values()]
        .filter(({ status }) => status === 'dead')
        .filter((one) => receiver === null || one.receiver === receiver)
        .map((one) => ({ type: 'delivery', id: one.id, value: requeued(one, at) }));
    }
  }
}

/** Writes commands to their topic, one at a time. */
export class CommandWriter {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #transactionalId: string;
  #producer: TransactionalProducer | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @param instance A name that no other instance has. */
  constructor(client: KafkaClient, { own, shared }: Generation, instance: string) {
    this.#client = client;
    this.#topic = shared.alertCommands;
    this.#transactionalId = own(`tidemark-alert-commands-${instance}`);
  }

  /** @throws Failure when Kafka does not acknowledge the command; it may then be written or not. */
  async write(command: Command): Promise<void> {
    const written = this.#last.then(() => this.#write(command));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#producer?.close();
  }

  async #write(command: Command): Promise<void> {
    if (this.#producer === undefined || this.#producer.broken !== undefined) {
      this.#producer = new TransactionalProducer(this.#client, { transactionalId: this.#transactionalId });
      await this.#producer.fence();
    }
    const record = { key: null, value: Buffer.from(JSON.stringify(command)) };
    const sends = [{ topic: this.#topic, partition: 0, records: [record] }];
    await this.#producer.commit({ sends, offsets: [], groupId: '' });
  }
}
