import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Cluster } from './client.ts';
import { coordinatorErrors, wireCodeOf, wireErrors } from './wire-errors.ts';

/** Pauses before asking a busy coordinator again; the transaction before is mostly done in a few ms. */
const retryAfterMs = { first: 2, most: 20 };
const kindOf = { group: 0, transaction: 1 } as const;

/** The brokers that coordinate a producer's transactions and groups. */
export class Coordinators {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, Broker>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /**
   * Asks a coordinator, again while the error passes.
   *
   * @param isPassing Whether to ask again after an error; when left out, where the coordinator is busy with the transaction
   * before, loading or moved elsewhere.
   */
  async ask<Answer>(
    id: string,
    kind: keyof typeof kindOf,
    retryTimeoutMs: number,
    ask: (broker: Broker) => Promise<Answer>,
    isPassing: (error: unknown) => boolean = isBusy,
  ): Promise<Answer> {
    const deadline = performance.now() + retryTimeoutMs;
    for (let pauseMs = retryAfterMs.first; ; pauseMs = Math.min(2 * pauseMs, retryAfterMs.most)) {
      try {
        return await ask(await this.#coordinator(id, kind));
      } catch (error) {
        if (!isPassing(error) || performance.now() > deadline) throw error;
        if (wireCodeOf(error) !== wireErrors.concurrentTransactions) this.#known.delete(`${kind} ${id}`);
        await sleep(pauseMs);
      }
    }
  }

  async #coordinator(id: string, kind: keyof typeof kindOf): Promise<Broker> {
    const known = this.#known.get(`${kind} ${id}`);
    if (known !== undefined) return known;
    const found = await this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType: kindOf[kind] });
    this.#known.set(`${kind} ${id}`, found);
    return found;
  }
}

function isBusy(error: unknown): boolean {
  const code = wireCodeOf(error);
  return (
    // A cluster whose first transaction this is makes the coordinators' topic only now.
    (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound') ||
    code === wireErrors.concurrentTransactions ||
    code === wireErrors.unknownTopicOrPartition ||
    (code !== undefined && coordinatorErrors.has(code))
  );
}
