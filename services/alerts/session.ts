import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { carryOut, type Command } from './commands.ts';
import { afterAttempt, deliveriesOf, due, type Delivery } from './deliver/outbox.ts';
import type { Outcome } from './deliver/outcome.ts';
import type { Receiver, Rule } from './rules/rule.ts';
import type { Instant } from './series/series-book.ts';
import {
  alertsTopic,
  AlertState,
  commandsTopic,
  decodeChange,
  encodeChange,
  type StateChange,
} from './state.ts';
import type { AlertTelemetry } from './telemetry.ts';
import type { watch } from './watch.ts';

/** What the leading instance works with. */
export type SessionContext = {
  readonly kafka: KafkaClient;
  readonly groupId: string;
  readonly rules: readonly Rule[];
  readonly receivers: readonly Receiver[];
  readonly look: ReturnType<typeof watch>;
  readonly lookEveryMs: number;
  readonly giveUpAfterMs: number;
  readonly deliver: (receiver: Receiver, delivery: Delivery) => Promise<Outcome>;
  readonly telemetry: AlertTelemetry;
  readonly now: () => Instant;
};

/** Where commands come in. */
export type Inbox = {
  /** Begins to read them where the leaders before stopped; called when no other can commit any more. */
  readonly begin: () => Promise<void>;
  /** Those that have come since, with the offset after each. */
  readonly take: () => readonly { readonly command: Command; readonly next: number }[];
};

type Attempt = { readonly delivery: Delivery; readonly outcome: Outcome };

/**
 * Leads: looks, decides, tells, until `signal` is aborted. For each look:
 *
 * 1. what was decided, what is to be delivered, and how far commands are carried out is committed in one transaction of
 *    a producer that fences the leader before: of two that believe to lead, one fails here, before it has told anything;
 * 2. only what is committed is delivered, under the key it was committed with;
 * 3. that it was delivered is committed with a later look. A crash in between tells it again, under the same key.
 *
 * @throws Failure `kafka.fenced`, `kafka.unavailable`, … Then all it held is thrown away and it is begun anew.
 */
export async function lead(context: SessionContext, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const producer = new TransactionalProducer(context.kafka, { transactionalId: 'tidemark-alerts' });
  try {
    await producer.fence();
    await inbox.begin();
    const state = new AlertState(context.rules);
    await readPartitionToEnd(context.kafka, {
      topic: alertsTopic,
      partition: 0,
      from: 0,
      signal,
      onRecords: (records) => {
        for (const record of records) {
          const change = decodeChange(record);
          if (change !== undefined) state.apply(change);
        }
      },
    });
    await new Leader(context, inbox, producer, state).run(signal);
  } finally {
    await producer.close();
  }
}

class Leader {
  readonly #context: SessionContext;
  readonly #inbox: Inbox;
  readonly #producer: TransactionalProducer;
  readonly #state: AlertState;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #finished: Attempt[] = [];
  #wake: () => void = () => undefined;

  constructor(context: SessionContext, inbox: Inbox, producer: TransactionalProducer, state: AlertState) {
    this.#context = context;
    this.#inbox = inbox;
    this.#producer = producer;
    this.#state = state;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const offset = await this.#decide();
      await this.#commit(offset);
      this.#deliver();
      await this.#untilNext(signal);
    }
    // What is on its way is given a moment, so that it need not be told again by who leads next.
    await Promise.race([Promise.all(this.#underWay.values()), sleep(2_000, undefined, { ref: false })]);
    if (this.#finished.length > 0) await this.#commit(undefined);
  }

  #changes: StateChange[] = [];

  #note(changes: readonly StateChange[]): void {
    for (const change of changes) {
      this.#state.apply(change);
      this.#changes.push(change);
    }
  }

  /** @returns The offset up to which commands are carried out, where there were any. */
  async #decide(): Promise<number | undefined> {
    const { look, receivers, telemetry, now } = this.#context;
    const wallClock = now();
    let offset: number | undefined;
    for (const { command, next } of this.#inbox.take()) {
      this.#note(carryOut(command, this.#state));
      offset = next;
    }
    const startedAt = performance.now();
    telemetry.held(look(this.#state.alerts, wallClock));
    telemetry.looked(performance.now() - startedAt);
    this.#state.alerts.tidy(wallClock);
    for (const notice of this.#state.alerts.notices(wallClock)) {
      telemetry.noticed(notice);
      this.#note(
        deliveriesOf(notice, receivers, wallClock).map((value) => ({
          type: 'delivery',
          id: value.id,
          value,
        })),
      );
    }
    return offset;
  }

  async #commit(offset: number | undefined): Promise<void> {
    const { now, giveUpAfterMs, groupId, telemetry } = this.#context;
    for (const { delivery, outcome } of this.#finished.splice(0)) {
      const after = afterAttempt(delivery, outcome, now(), randomInt(1_000) / 1_000, giveUpAfterMs);
      telemetry.attempted(delivery, outcome, after);
      this.#underWay.delete(delivery.receiver);
      this.#note([{ type: 'delivery', id: delivery.id, value: after ?? null }]);
    }
    const changes = [...this.#state.alerts.take(), ...this.#changes.splice(0)];
    telemetry.state(this.#state);
    if (changes.length === 0 && offset === undefined) return;
    const offsets = offset === undefined ? [] : [{ topic: commandsTopic, partition: 0, offset }];
    const records = changes.map(encodeChange);
    await this.#producer.commit({ sends: [{ topic: alertsTopic, partition: 0, records }], offsets, groupId });
  }

  #deliver(): void {
    const { receivers, deliver, now } = this.#context;
    for (const delivery of due(this.#state.deliveries.values(), now())) {
      if (this.#underWay.has(delivery.receiver)) continue;
      const receiver = receivers.find(({ name }) => name === delivery.receiver);
      const attempt =
        receiver === undefined
          ? Promise.resolve<Outcome>({ status: 'refused', reason: 'there is no such receiver any more' })
          : deliver(receiver, delivery);
      const done = attempt.then((outcome) => {
        // It stays under way until what became of it is in the state: what is due is looked for in the meantime.
        this.#finished.push({ delivery, outcome });
        this.#wake();
      });
      this.#underWay.set(delivery.receiver, done);
    }
  }

  async #untilNext(signal: AbortSignal): Promise<void> {
    if (this.#finished.length > 0) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    await sleep(this.#context.lookEveryMs, undefined, { signal: either }).catch(() => undefined);
  }
}
