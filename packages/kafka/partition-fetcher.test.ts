import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as soon } from 'node:timers/promises';
import { pino } from 'pino';
import type { Broker, Cluster, KafkaClient, WireRequest } from './client.ts';
import { PartitionFetcher } from './partition-fetcher.ts';

type Fetch = { readonly leader: number; readonly maxWaitMs: number };

/** Brokers 1, 2, … that have nothing to read; partition n is led by `leaders[n]`. Each keeps what it was asked for. */
class QuietBrokers {
  readonly asked: Fetch[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #leaders: readonly number[];

  constructor(leaders: readonly number[]) {
    this.#leaders = leaders;
  }

  /** The broker's time to wait is over: it answers with nothing. */
  async answer(leader: number): Promise<void> {
    const fetches = this.asked.length;
    this.#waiting.get(leader)!.resolve({ fetched: [] });
    while (this.asked.length === fetches) await soon();
  }

  async untilAsked(fetches: number): Promise<void> {
    while (this.asked.length < fetches) await soon();
  }

  get client(): KafkaClient {
    const brokerOf = (nodeId: number): Broker =>
      ({ nodeId, connectionPool: { send: (request: WireRequest) => this.#send(nodeId, request) } }) as Broker;
    const cluster = {
      connect: () => Promise.resolve(),
      disconnect: () => {
        for (const waiting of this.#waiting.values()) waiting.reject(new Error('disconnected'));
        return Promise.resolve();
      },
      addMultipleTargetTopics: () => Promise.resolve(),
      refreshMetadataIfNecessary: () => Promise.resolve(),
      findTopicPartitionMetadata: () => this.#leaders.map((leader, partitionId) => ({ partitionId, leader })),
      findBroker: ({ nodeId }: { nodeId: number }) => Promise.resolve(brokerOf(nodeId)),
    } as unknown as Cluster;
    return { newCluster: () => cluster, log: pino({ level: 'silent' }) } as unknown as KafkaClient;
  }

  async #send(leader: number, { request }: WireRequest): Promise<unknown> {
    const { buffer } = await request.encode();
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(leader, answer);
    this.asked.push({ leader, maxWaitMs: buffer.readInt32BE(4) });
    return answer.promise;
  }
}

function fetcherOf(brokers: QuietBrokers): PartitionFetcher {
  return new PartitionFetcher(brokers.client, {
    maxWaitMs: 500,
    onDelivery: () => undefined,
    onFatal: (error) => assert.fail(error as Error),
  });
}

test('each of three brokers is left to wait, for none has a paused partition', async () => {
  const brokers = new QuietBrokers([1, 2, 3]);
  const fetcher = fetcherOf(brokers);
  for (const partition of [0, 1, 2]) fetcher.read({ topic: 't', partition }, 0);
  await brokers.untilAsked(3);
  for (const leader of [1, 2, 3]) await brokers.answer(leader);
  assert.deepEqual(brokers.asked.map(({ leader, maxWaitMs }) => `${leader}: ${maxWaitMs}`).toSorted(), [
    '1: 500',
    '1: 500',
    '2: 500',
    '2: 500',
    '3: 500',
    '3: 500',
  ]);
  await fetcher.stop();
});

test('only the leader of a paused partition is asked again and again, so that it can be read on soon', async () => {
  const brokers = new QuietBrokers([1, 1, 2]);
  const fetcher = fetcherOf(brokers);
  for (const partition of [0, 1, 2]) fetcher.read({ topic: 't', partition }, 0);
  await brokers.untilAsked(2);
  fetcher.pause({ topic: 't', partition: 0 });
  for (const leader of [1, 2]) await brokers.answer(leader);
  assert.deepEqual(brokers.asked.slice(2), [
    { leader: 1, maxWaitMs: 10 },
    { leader: 2, maxWaitMs: 500 },
  ]);
  await fetcher.stop();
});
