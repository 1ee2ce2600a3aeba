import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { execute, type Command } from './commands.ts';
import { afterAttempt, deliveriesOf, due, type Delivery } from './deliver/outbox.ts';
import type { Outcome } from './deliver/outcome.ts';
import type { Evaluate } from './evaluator.ts';
import type { Receiver } from './receivers/receiver.ts';
import type { Rule } from './rules/rule.ts';
import type { Instant } from './series/series-store.ts';
import { AlertState, decodeChange, encodeChange, type StateChange } from './state.ts';
import type { Generation } from '@tidemark/topics/generation';
import { alertsGroup } from '@tidemark/topics/groups';
import type { AlertTelemetry } from './telemetry.ts';

/** What the leading instance needs. */
export type SessionContext = {
  readonly kafka: KafkaClient;
  /** What is shared by all generations is meant: the topics, the group and the transactions of the alerts. */
  readonly names: Generation;
  readonly rules: readonly Rule[];
  readonly receivers: readonly Receiver[];
  readonly evaluate: Evaluate;
  readonly evaluationIntervalMs: number;
  readonly deliveryTimeoutMs: number;
  readonly deliver: (receiver: Receiver, delivery: Delivery) => Promise<Outcome>;
  readonly telemetry: AlertTelemetry;
  readonly now: () => Instant;
};

/** The source of commands. */
export type Inbox = {
  /** Starts reading where the previous leader stopped; called once no other instance can commit. */
  readonly begin: () => Promise<void>;
  /** The commands since the last call, each with the offset after it. */
  readonly take: () => readonly { readonly command: Command; readonly next: number }[];
};

type Attempt = { readonly delivery: Delivery; readonly outcome: Outcome };

/**
 * Leads: evaluates the rules and sends notifications until `signal` is aborted. In each evaluation:
 *
 * 1. One transaction commits the changed alerts, the deliveries to make, and the offset of the executed commands. Its
 *    producer fences the previous leader: if two instances believe that they lead, one fails here, before it has sent
 *    anything.
 * 2. Only committed deliveries are sent, under the id they were committed with.
 * 3. The result of a delivery is committed with a later evaluation. After a crash in between it is sent again under the
 *    same id.
 *
 * @throws Failure `kafka.fenced`, `kafka.unavailable`, … The session is then discarded and started again.
 */
export async function lead(context: SessionContext, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const producer = new TransactionalProducer(context.kafka, {
    transactionalId: context.names.own(alertsGroup),
  });
  try {
    await producer.fence();
    await inbox.begin();
    const state = new AlertState(context.rules);
    await readPartitionToEnd(context.kafka, {
      topic: context.names.shared.alerts,
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
      await this.#waitForNext(signal);
    }
    // Deliveries that are under way get a moment to finish, so that the next leader need not repeat them.
    await Promise.race([Promise.all(this.#underWay.values()), sleep(2_000, undefined, { ref: false })]);
    if (this.#finished.length > 0) await this.#commit(undefined);
  }

  #changes: StateChange[] = [];

  #record(changes: readonly StateChange[]): void {
    for (const change of changes) {
      this.#state.apply(change);
      this.#changes.push(change);
    }
  }

  /** @returns The offset after the last executed command; `undefined` when there was none. */
  async #decide(): Promise<number | undefined> {
    const { evaluate, receivers, telemetry, now } = this.#context;
    const wallClock = now();
    let offset: number | undefined;
    for (const { command, next } of this.#inbox.take()) {
      this.#record(execute(command, this.#state));
      offset = next;
    }
    const startedAt = performance.now();
    const suppressed = evaluate(this.#state.store, wallClock);
    telemetry.evaluated(suppressed, performance.now() - startedAt);
    this.#state.store.tidy(wallClock);
    for (const notification of this.#state.store.notifications(wallClock)) {
      telemetry.notified(notification);
      this.#record(
        deliveriesOf(notification, receivers, wallClock).map((value) => ({
          type: 'delivery',
          id: value.id,
          value,
        })),
      );
    }
    return offset;
  }

  async #commit(offset: number | undefined): Promise<void> {
    const { now, deliveryTimeoutMs, names, telemetry } = this.#context;
    for (const { delivery, outcome } of this.#finished.splice(0)) {
      const after = afterAttempt(delivery, outcome, now(), randomInt(1_000) / 1_000, deliveryTimeoutMs);
      telemetry.attempted(delivery, outcome, after);
      this.#underWay.delete(delivery.receiver);
      this.#record([{ type: 'delivery', id: delivery.id, value: after ?? null }]);
    }
    const changes = [...this.#state.store.take(), ...this.#changes.splice(0)];
    telemetry.state(this.#state);
    if (changes.length === 0 && offset === undefined) return;
    const offsets = offset === undefined ? [] : [{ topic: names.shared.alertCommands, partition: 0, offset }];
    const records = changes.map(encodeChange);
    await this.#producer.commit({
      sends: [{ topic: names.shared.alerts, partition: 0, records }],
      offsets,
      groupId: names.own(alertsGroup),
    });
  }

  #deliver(): void {
    const { receivers, deliver, now } = this.#context;
    for (const delivery of due(this.#state.deliveries.values(), now())) {
      if (this.#underWay.has(delivery.receiver)) continue;
      const receiver = receivers.find(({ name }) => name === delivery.receiver);
      const attempt =
        receiver === undefined
          ? Promise.resolve<Outcome>({
              status: 'refused',
              reason: 'the rules file has no such receiver any more',
            })
          : deliver(receiver, delivery);
      const done = attempt.then((outcome) => {
        // It stays under way until its result is in the state, because `due` is asked again before that.
        this.#finished.push({ delivery, outcome });
        this.#wake();
      });
      this.#underWay.set(delivery.receiver, done);
    }
  }

  async #waitForNext(signal: AbortSignal): Promise<void> {
    if (this.#finished.length > 0) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    await sleep(this.#context.evaluationIntervalMs, undefined, { signal: either }).catch(() => undefined);
  }
}
