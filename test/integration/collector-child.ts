import { fileURLToPath } from 'node:url';
import { spawnGuarded, type Child } from '../../infra/local/embedded/child.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { topics } from '@tidemark/topics/topics';
import type { Event } from '@tidemark/events/types';
import { decodeEvent } from '@tidemark/events/codec';
import { families, topicOf } from '@tidemark/events/families';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { openKafka } from '@tidemark/kafka/client';
import { Kafka, logLevel } from '../../packages/kafka/kafkajs.ts';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { until } from '../support/until.ts';

/** Partitions of the topics in these tests. */
export const partitions = 4;

/** The collector as a process of its own. */
export type Collector = Child & {
  readonly url: string;
  /** Posts a body to `/v1/events` with `dev-key`. */
  readonly post: (body: string | Buffer, headers?: Record<string, string>) => Promise<Answer>;
  /** Waits until `/ready` answers with the status. */
  readonly untilReady: (status: number) => Promise<void>;
};

/** What the collector answered. `retryAfter` is in seconds, as the header has it. */
export type Answer = {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly accepted: number;
  readonly rejected: readonly { index: number; event_id: string | null; path: string; message: string }[];
};

/** Makes the topics that the collector writes to. */
export async function makeTopics(brokers: readonly string[]): Promise<void> {
  const settings = readSettings(kafkaSettings, { KAFKA_BROKERS: brokers.join(',') });
  await ensureTopics(openKafka(settings, createLog('test', 'silent')), topics(partitions, ''));
}

/** Starts a collector on a free port and waits until it can write to Kafka. */
export async function startCollector(
  brokers: readonly string[],
  settings: Record<string, string> = {},
): Promise<Collector> {
  const port = await freePort();
  const lines: string[] = [];
  const child = spawnGuarded({
    command: process.execPath,
    args: [fileURLToPath(new URL('../../services/collector/main.ts', import.meta.url))],
    env: {
      ...process.env,
      KAFKA_BROKERS: brokers.join(','),
      COLLECTOR_PORT: String(port),
      COLLECTOR_DEV_KEY: 'true',
      ...settings,
    },
    output: (line) => void lines.push(line),
  });
  const url = `http://127.0.0.1:${port}`;
  const untilReady = (status: number): Promise<void> =>
    until(
      `/ready to answer ${status}`,
      async () => (await fetch(`${url}/ready`)).status === status,
      40_000,
    ).catch((cause: unknown) => {
      throw new Error(`the collector's /ready does not answer ${status}:\n${lines.join('\n')}`, { cause });
    });
  const post: Collector['post'] = async (body, headers = {}) => {
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { authorization: 'Bearer dev-key', 'content-type': 'application/json', ...headers },
    });
    const answer = (await response.json()) as Pick<Answer, 'accepted' | 'rejected'>;
    return { ...answer, status: response.status, retryAfter: response.headers.get('retry-after') };
  };
  await untilReady(200);
  return { ...child, url, post, untilReady };
}

/** An event as it stands in Kafka. */
export type Stored = { readonly event: Event; readonly key: string; readonly partition: number };

/** All events that are in Kafka, of all families. */
export async function readAll(brokers: readonly string[]): Promise<Stored[]> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await Promise.all(families.map((family) => admin.fetchTopicOffsets(topicOf(family, ''))));
  await admin.disconnect();
  const expected = ends.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const stored: Stored[] = [];
  const consumer = kafka.consumer({ groupId: `test-${process.pid}-${Math.random()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: families.map((family) => topicOf(family, '')), fromBeginning: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (expected === 0) resolve();
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      const family = families.find((one) => topicOf(one, '') === topic)!;
      const decoded = decodeEvent(family, message.value!);
      if (!decoded.ok) return reject(new Error(decoded.message));
      stored.push({ event: decoded.event, key: String(message.key), partition });
      if (stored.length >= expected) resolve();
    },
  });
  try {
    await promise;
  } finally {
    await consumer.disconnect();
  }
  return stored;
}
