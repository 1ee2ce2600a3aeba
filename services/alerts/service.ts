import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@tidemark/kafka/client';
import { runGroup } from '@tidemark/kafka/group';
import { committedOffsets, listOffsets } from '@tidemark/kafka/offsets';
import { followPartitions } from '@tidemark/kafka/restore';
import { isFailure } from '@tidemark/service/failures';
import { alertsGroup } from '@tidemark/topics/groups';
import type { Log } from '@tidemark/service/log';
import { CommandWriter, type Command } from './commands.ts';
import { lead, type SessionContext } from './session.ts';
import { AlertState, decodeChange } from './state.ts';

/** One instance of the alerts service, without its HTTP server and settings. */
export type AlertsInstance = {
  /** The state as read from Kafka, whichever instance leads. */
  readonly state: AlertState;
  readonly write: (command: Command) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const retryAfterMs = 500;

/**
 * Runs an instance: reads the state from Kafka, joins the group whose one partition stands for the leadership, and leads
 * while it owns that partition. A session that failed because of Kafka or another leader is started again from the
 * stored state.
 */
export async function runAlerts(
  kafka: KafkaClient,
  context: SessionContext,
  log: Log,
  onFatal: (error: unknown) => void,
): Promise<AlertsInstance> {
  const state = new AlertState(context.rules);
  const following = await followPartitions(kafka, {
    topic: context.names.shared.alerts,
    partitions: [0],
    onDelivery: ({ records }) => {
      for (const record of records) {
        const change = decodeChange(record);
        if (change !== undefined) state.apply(change);
      }
    },
    onFatal,
  });
  await following.caughtUp;
  const writer = new CommandWriter(kafka, context.names, randomUUID());
  const leadership = new Leadership(kafka, context, log, onFatal);
  return {
    state,
    write: (command) => writer.write(command),
    stop: async () => {
      await leadership.stop();
      await Promise.all([following.stop(), writer.close()]);
    },
  };
}

type PendingCommand = { readonly command: Command; readonly next: number };

/** The membership in the group, and the session that leads while this instance owns the partition of the commands. */
class Leadership {
  readonly #kafka: KafkaClient;
  readonly #context: SessionContext;
  readonly #log: Log;
  readonly #onFatal: (error: unknown) => void;
  readonly #group: ReturnType<typeof runGroup>;
  #pending: PendingCommand[] = [];
  #ending = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(kafka: KafkaClient, context: SessionContext, log: Log, onFatal: (error: unknown) => void) {
    this.#kafka = kafka;
    this.#context = context;
    this.#log = log;
    this.#onFatal = onFatal;
    this.#group = runGroup(kafka, {
      groupId: context.names.own(alertsGroup),
      topics: [context.names.shared.alertCommands],
      onAssigned: (partitions) => {
        if (!partitions.includes(0)) return;
        this.#ending = new AbortController();
        this.#ended = this.#keepLeading(this.#ending.signal);
      },
      onRevoked: async () => {
        this.#ending.abort();
        await this.#ended;
      },
      onBatch: ({ records, nextOffset }) => {
        for (const [index, { offset, value }] of records.entries()) {
          const next = index === records.length - 1 ? nextOffset : offset + 1;
          if (value !== null) this.#pending.push({ command: JSON.parse(value.toString()) as Command, next });
        }
      },
      onFatal,
    });
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#ended;
    await this.#group.stop();
  }

  async #keepLeading(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#context.telemetry.leading(true);
        await this.#lead(signal);
      } catch (error) {
        if (signal.aborted) break;
        if (!isFailure(error) || error.retry === 'never') return this.#onFatal(error);
        this.#log.warn({ err: error }, 'The session of the leader failed; it is started again.');
        await sleep(retryAfterMs, undefined, { signal }).catch(() => undefined);
      } finally {
        this.#context.telemetry.leading(false);
      }
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    await lead(
      this.#context,
      {
        // Called once the previous leader is fenced, so that the committed offset is final.
        begin: async () => {
          const { own, shared } = this.#context.names;
          const at = { topic: shared.alertCommands, partition: 0 };
          const [committed] = await committedOffsets(this.#kafka, own(alertsGroup), [at]);
          const start = (await listOffsets(this.#kafka, at.topic, [0], 'start')).get(0)!;
          this.#pending = [];
          this.#group.seek(at.topic, 0, Math.max(committed?.offset ?? start, start));
        },
        take: () => this.#pending.splice(0),
      },
      signal,
    );
  }
}
