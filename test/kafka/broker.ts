/** A broker for the tests of this folder, and short ways to write to it and read from it. */
import { randomUUID } from 'node:crypto';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { backend } from '../support/backend.ts';

/** A client of a broker that is up, and the way to let go of both. */
export type TestBroker = { readonly client: KafkaClient; readonly stop: () => Promise<void> };

/** The log of tests; silent unless `LOG_LEVEL` is set. */
export const log = createLog('test', process.env['LOG_LEVEL'] ?? 'silent');

/** A broker as `test/support/backend.ts` finds it: named by `KAFKA_BROKERS`, in a container, or embedded. */
export async function testBroker(): Promise<TestBroker> {
  const kafka = await backend({ only: 'kafka' });
  return { client: clientOf(kafka.brokers.join(',')), stop: () => kafka.close() };
}

/**
 * A client of the broker at that address.
 *
 * @param settings More of `kafkaSettings`, such as TLS and login.
 */
export function clientOf(brokers: string, settings: Readonly<Record<string, string>> = {}): KafkaClient {
  return openKafka(readSettings(kafkaSettings, { KAFKA_BROKERS: brokers, ...settings }), log);
}

/** A topic of its own for one test. */
export async function newTopic(
  client: KafkaClient,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `test-${randomUUID()}`;
  await ensureTopics(client, [{ name: topic, partitions, config }]);
  return topic;
}

/** Records with a key and a value of text. */
export const records = (...texts: string[]): { key: Buffer; value: Buffer }[] =>
  texts.map((text) => ({ key: Buffer.from(text), value: Buffer.from(text) }));
