import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as soon, setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Broker, Cluster, KafkaClient, WireRequest } from './client.ts';
import { PartitionFetcher } from './partition-fetcher.ts';

type Fetch = { readonly leader: number; readonly maxWaitMs: number };

/** Where a fetch of one partition of topic `t` has the epoch: behind the head, the topic, and the partition's number. */
const epochAt = 29 + 2 + 't'.length + 4 + 4;

/** Brokers 1, 2, … that have nothing to read; partition n is led by `leaders[n]`. Each keeps what it was asked for. */
class QuietBrokers {
  readonly asked: Fetch[] = [];
  /** How often all connections were closed. */
  closed = 0;
  lastRequest: Buffer = Buffer.alloc(0);
  /** Settled when topics may be looked up. */
  lookUp: Promise<void> = Promise.resolve();
  /** Whether nobody says who leads. */
  isMute = false;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #leaders: readonly number[];
  /** What is known of the leaders since metadata was asked for. */
  #known: readonly number[];

  constructor(leaders: readonly number[]) {
    this.#leaders = leaders;
    this.#known = leaders;
  }

  elect(leaders: readonly number[]): void {
    this.#leaders = leaders;
  }

  /** The broker hangs up. */
  fail(leader: number): void {
    this.#waiting.get(leader)!.reject(Object.assign(new Error(), { name: 'KafkaJSConnectionClosedError' }));
  }

  /** The broker's time to wait is over: it answers with nothing. */
  async answer(leader: number): Promise<void> {
    const fetches = this.asked.length;
    this.#waiting.get(leader)!.resolve({ fetched: [] });
    while (this.asked.length === fetches) await soon();
  }

  /** Something has come to partition 0: the broker answers with so many bytes, the begin of a longer batch. */
  bring(leader: number, size: number): void {
    const bytes = Buffer.alloc(size);
    bytes.writeInt32BE(1_000_000, 8);
    const place = { topic: 't', partition: 0, errorCode: 0, aborted: [] };
    const ends = { highWatermark: 0, lastStableOffset: 0 };
    this.#waiting.get(leader)!.resolve({ fetched: [{ ...place, ...ends, bytes }] });
  }

  get leadersAsked(): number[] {
    return this.asked.map(({ leader }) => leader);
  }

  /** The fetcher has asked who leads. */
  async untilElected(): Promise<void> {
    while (this.#known !== this.#leaders) await soon();
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
        this.closed++;
        for (const waiting of this.#waiting.values()) waiting.reject(new Error('disconnected'));
        return Promise.resolve();
      },
      addMultipleTargetTopics: () => this.lookUp,
      refreshMetadataIfNecessary: () => Promise.resolve(),
      refreshMetadata: () => {
        if (this.isMute) return Promise.reject(new Error('nobody answers'));
        this.#known = this.#leaders;
        return Promise.resolve();
      },
      findTopicPartitionMetadata: () =>
        this.#known.map((leader, partitionId) => ({ partitionId, leader, leaderEpoch: 7 })),
      findBroker: ({ nodeId }: { nodeId: number }) => Promise.resolve(brokerOf(nodeId)),
    } as unknown as Cluster;
    return { newCluster: () => cluster, log: pino({ level: 'silent' }) } as unknown as KafkaClient;
  }

  async #send(leader: number, { request }: WireRequest): Promise<unknown> {
    const { buffer } = await request.encode();
    this.lastRequest = buffer;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(leader, answer);
    this.asked.push({ leader, maxWaitMs: buffer.readInt32BE(4) });
    return answer.promise;
  }
}

function fetcherOf(brokers: QuietBrokers, restMs = 0): PartitionFetcher {
  return new PartitionFetcher(brokers.client, {
    maxWaitMs: 500,
    restMs,
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

test('a partition without a leader leaves the others running, and is read as soon as it has one', async () => {
  const brokers = new QuietBrokers([1, -1, 2]);
  const fetcher = fetcherOf(brokers);
  for (const partition of [0, 1, 2]) fetcher.read({ topic: 't', partition }, 0);
  await brokers.untilAsked(2);
  assert.deepEqual(new Set(brokers.leadersAsked), new Set([1, 2]));
  for (const leader of [1, 2]) await brokers.answer(leader);
  brokers.elect([1, 3, 2]);
  await brokers.untilAsked(5);
  assert.equal(brokers.leadersAsked.at(-1), 3);
  await fetcher.stop();
});

test('a broker that fails leaves the fetches from the others under way', async () => {
  const brokers = new QuietBrokers([1, 2]);
  const fetcher = fetcherOf(brokers);
  for (const partition of [0, 1]) fetcher.read({ topic: 't', partition }, 0);
  await brokers.untilAsked(2);
  brokers.elect([2, 2]);
  brokers.fail(1);
  // The leader that is left is asked for both partitions once it has answered: it was not hung up on.
  await brokers.untilElected();
  await brokers.answer(2);
  assert.deepEqual([brokers.leadersAsked, brokers.closed], [[1, 2, 2], 0]);
  await fetcher.stop();
});

test('connections that are given up while topics are looked up end nothing', async () => {
  const brokers = new QuietBrokers([1, 2]);
  const fetcher = fetcherOf(brokers);
  fetcher.read({ topic: 't', partition: 0 }, 0);
  await brokers.untilAsked(1);
  const lookUp = Promise.withResolvers<void>();
  brokers.lookUp = lookUp.promise;
  fetcher.read({ topic: 't', partition: 1 }, 0);
  brokers.isMute = true;
  brokers.fail(1);
  while (brokers.closed === 0) await sleep(10);
  brokers.isMute = false;
  lookUp.resolve();
  await brokers.untilAsked(3);
  assert.deepEqual(new Set(brokers.leadersAsked.slice(1)), new Set([1, 2]));
  await fetcher.stop();
});

test('after a fetch that brought little the broker rests, after one that brought much or nothing it does not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const brokers = new QuietBrokers([1]);
  const fetcher = fetcherOf(brokers, 50);
  fetcher.read({ topic: 't', partition: 0 }, 0);
  await brokers.untilAsked(1);
  brokers.bring(1, 16 * 1024);
  await brokers.untilAsked(2);
  await brokers.answer(1);
  brokers.bring(1, 40);
  for (let turn = 0; turn < 20; turn++) await soon();
  t.mock.timers.tick(49);
  for (let turn = 0; turn < 20; turn++) await soon();
  assert.equal(brokers.asked.length, 3);
  t.mock.timers.tick(1);
  await brokers.untilAsked(4);
  await fetcher.stop();
});

test('a fetch says which of the leaders of a partition it asks', async () => {
  const brokers = new QuietBrokers([1]);
  const fetcher = fetcherOf(brokers);
  fetcher.read({ topic: 't', partition: 0 }, 0);
  await brokers.untilAsked(1);
  assert.equal(brokers.lastRequest.readInt32BE(epochAt), 7);
  await fetcher.stop();
});
