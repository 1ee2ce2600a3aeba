import { families, topicOf, type Family } from '@tidemark/events/families';
import type { KafkaClient } from '@tidemark/kafka/client';
import { type Delivery, PartitionFetcher } from '@tidemark/kafka/partition-fetcher';

/** Records that may wait to be taken before no more are asked for. */
const waitingMax = 4_000;

/** What was fetched of one family's partition. */
export type Arrived = Delivery & { readonly family: Family };

/** Reads one partition number of all topics in which events arrive. */
export class Arrivals {
  readonly #partition: number;
  readonly #familyOfTopic: ReadonlyMap<string, Family>;
  readonly #fetcher: PartitionFetcher;
  readonly #failed = Promise.withResolvers<never>();
  #waiting: Arrived[] = [];
  #records = 0;
  #came = Promise.withResolvers<void>();

  /** @param offsets Where each family is read from. */
  constructor(client: KafkaClient, partition: number, offsets: ReadonlyMap<Family, number>) {
    this.#partition = partition;
    const topicIn = (family: Family): string => topicOf(family, client.settings.KAFKA_PREFIX);
    this.#familyOfTopic = new Map(families.map((family) => [topicIn(family), family]));
    this.#failed.promise.catch(() => undefined);
    this.#fetcher = new PartitionFetcher(client, {
      maxBytesPerPartition: 256 * 1024,
      onDelivery: (delivery) => this.#offer(delivery),
      onFatal: (error) => this.#failed.reject(error),
    });
    for (const [family, offset] of offsets) this.#fetcher.read({ topic: topicIn(family), partition }, offset);
  }

  /**
   * What came since the last call, at least one record; nothing when the signal is aborted.
   *
   * @throws Failure when no more can be read.
   */
  async next(signal: AbortSignal): Promise<readonly Arrived[]> {
    const wake = (): void => this.#came.resolve();
    signal.addEventListener('abort', wake);
    try {
      while (this.#records === 0 && !signal.aborted)
        await Promise.race([this.#came.promise, this.#failed.promise]);
    } finally {
      signal.removeEventListener('abort', wake);
    }
    const taken = this.#waiting;
    this.#waiting = [];
    this.#records = 0;
    this.#came = Promise.withResolvers();
    for (const topic of this.#familyOfTopic.keys())
      this.#fetcher.resume({ topic, partition: this.#partition });
    return signal.aborted ? [] : taken;
  }

  async stop(): Promise<void> {
    await this.#fetcher.stop();
  }

  #offer(delivery: Delivery): void {
    this.#waiting.push({ ...delivery, family: this.#familyOfTopic.get(delivery.topic)! });
    this.#records += delivery.records.length;
    if (this.#records === 0) return;
    if (this.#records >= waitingMax)
      for (const topic of this.#familyOfTopic.keys())
        this.#fetcher.pause({ topic, partition: this.#partition });
    this.#came.resolve();
  }
}
