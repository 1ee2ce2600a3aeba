/**
 * Exactly once under `kill -9`: workers that consume, transform and produce in transactions are killed at random, and
 * so is the broker. `KILLS=40 SEED=7 node --test test/kafka/kills.test.ts` for a longer run, with `TRANSACTION_VERSION=1` for
 * transactions of before Kafka 4.0.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type EmbeddedKafka, startKafka } from '../../infra/local/embedded/kafka.ts';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { IdempotentProducer } from '@tidemark/kafka/idempotent-producer';
import { followPartitions } from '@tidemark/kafka/restore';
import { until } from '../support/until.ts';
import { clientOf, log } from './broker.ts';
import { setTransactionVersion } from './features.ts';

const partitions = 3;
const kills = Number(process.env['KILLS'] ?? 8);
const seed = Number(process.env['SEED'] ?? 1);
const transactionVersion = process.env['TRANSACTION_VERSION'] === '1' ? 1 : 2;
const prefix = 'copy';
const worker = fileURLToPath(new URL('copy-worker.ts', import.meta.url));

/** A small generator, so that a run can be repeated (mulberry32). */
function chanceFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two workers, each started again when it ends, until `stop`. */
function startWorkers(brokers: string): { killOne: (chance: number) => void; stop: () => void } {
  const running: ChildProcess[] = [];
  let stopped = false;
  const start = (slot: number): void => {
    const stderr = process.env['LOG_LEVEL'] === undefined ? 'ignore' : 'inherit';
    const child = spawn(process.execPath, [worker, brokers, prefix], { stdio: ['ignore', 'ignore', stderr] });
    running[slot] = child;
    child.once('exit', () => {
      if (!stopped) setTimeout(() => start(slot), 100);
    });
  };
  for (const slot of [0, 1]) start(slot);
  const stop = (): void => {
    stopped = true;
    for (const child of running) child.kill('SIGKILL');
  };
  return { killOne: (chance) => running[Math.floor(chance * running.length)]!.kill('SIGKILL'), stop };
}

test(
  'no record is lost, doubled or out of order, whoever is killed',
  { timeout: 300_000 + kills * 5_000 },
  async (t) => {
    const chance = chanceFrom(seed);
    const dataDir = await mkdtemp(join(tmpdir(), 'kills-'));
    const port = await freePort();
    const startBroker = (): Promise<EmbeddedKafka> => startKafka({ dataDir, port, log });
    let kafka = await startBroker();
    const client = clientOf(kafka.brokers);
    await setTransactionVersion(client, transactionVersion);
    const topics = ['in', 'out', 'state'].map((name) => ({
      name: `${prefix}-${name}`,
      partitions,
      config: { 'cleanup.policy': name === 'state' ? 'compact' : 'delete' },
    }));
    await ensureTopics(client, topics);

    const seen = Array.from({ length: partitions }, (): string[] => []);
    const following = await followPartitions(client, {
      topic: `${prefix}-out`,
      partitions: [0, 1, 2],
      onDelivery: ({ partition, records }) =>
        void seen[partition]!.push(...records.map(({ value }) => String(value))),
      onFatal: (error) => assert.fail(String(error)),
    });
    const producer = new IdempotentProducer(client, 120_000);
    const sent = Array.from({ length: partitions }, () => 0);
    let feeding = true;
    const feed = async (): Promise<void> => {
      while (feeding) {
        const sends = sent.map((from, partition) => {
          const numbers = Array.from({ length: 1 + Math.floor(chance() * 60) }, (_, n) => from + n);
          sent[partition] = from + numbers.length;
          const records = numbers.map((n) => ({ key: null, value: Buffer.from(String(n)) }));
          return { topic: `${prefix}-in`, partition, records };
        });
        await producer.send(sends);
        await sleep(10);
      }
    };
    const workers = startWorkers(kafka.brokers);
    try {
      const fed = feed();
      await until('the first copies', () => seen.every((values) => values.length > 0), 60_000);
      for (let kill = 1; kill <= kills; kill++) {
        await sleep(300 + chance() * 2_500);
        if (kill % 4 === 0) {
          kafka.kill('SIGKILL');
          await kafka.exited;
          kafka = await startBroker();
        } else {
          workers.killOne(chance());
        }
      }
      feeding = false;
      await fed;
      const done = (): boolean => seen.every((values, partition) => values.length >= sent[partition]!);
      await until('all copies', done, 120_000);
      t.diagnostic(`${kills} kills, ${sent.reduce((sum, count) => sum + count, 0)} records`);
      for (const [partition, values] of seen.entries()) {
        const expected = Array.from({ length: sent[partition]! }, (_, n) => String(n));
        assert.deepEqual(values, expected, `partition ${partition}`);
      }
    } finally {
      feeding = false;
      workers.stop();
      await Promise.allSettled([following.stop(), producer.close(100)]);
      await kafka.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
