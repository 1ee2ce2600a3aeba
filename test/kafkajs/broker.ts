/** A broker for the tests of this folder, and short ways to write to it and read from it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../infra/embedded/kafka.ts';
import { freePort } from '../../infra/embedded/ports.ts';
import { ensureTopics } from '../../services/kafka/admin.ts';
import { type KafkaClient, openKafka } from '../../services/kafka/client.ts';
import { kafkaSettings } from '../../services/kafka/settings.ts';
import { createLog } from '../../services/kit/log.ts';
import { readSettings } from '../../services/kit/settings.ts';

/** A client of a broker that is up, and the way to let go of both. */
export type TestBroker = { readonly client: KafkaClient; readonly stop: () => Promise<void> };

export const log = createLog('test', process.env['LOG_LEVEL'] ?? 'silent');

/** The broker named by `KAFKA_BROKERS`, else an embedded one of its own. */
export async function testBroker(): Promise<TestBroker> {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers !== undefined) return { client: clientOf(brokers), stop: () => Promise.resolve() };
  const dataDir = await mkdtemp(join(tmpdir(), 'kafka-test-'));
  const kafka = await startKafka({ dataDir, port: await freePort(), log });
  const stop = async (): Promise<void> => {
    await kafka.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { client: clientOf(kafka.brokers), stop };
}

function clientOf(brokers: string): KafkaClient {
  return openKafka(readSettings(kafkaSettings, { KAFKA_BROKERS: brokers }), log);
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

/** Waits until `condition` holds; fails after `ms`, saying what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 20_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Records with a key and a value of text. */
export const records = (...texts: string[]): { key: Buffer; value: Buffer }[] =>
  texts.map((text) => ({ key: Buffer.from(text), value: Buffer.from(text) }));
